/**
 * @file The doctor finds what is wrong, says where, and calls only lost commitments damage.
 */
import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { checkWorkspace } from "./checkWorkspace.ts";
import { freshWorkspace, meaningOf, pointsAt, snapshotAt } from "./testing.suite.ts";

async function soundWorkspace() {
  const { workspace, clock } = await freshWorkspace();
  const writer = await workspace.acquireRun(meaningOf(1), { owner: "test" });
  writer.append(pointsAt(0));
  writer.append(pointsAt(10));
  for (const step of [0, 10])
    writer.commit({ step, status: "running", numericsKey: "k", checkpoint: snapshotAt(step) });
  writer.release();
  const ledger = workspace.ledger("main");
  ledger.append({ kind: "note", key: "a", body: 1 });
  ledger.append({ kind: "note", key: "b", body: 2 });
  ledger.close();
  const { paths } = workspace.run(writer.id);
  const check = async () =>
    (await checkWorkspace(workspace, { nowMs: clock.nowMs })).map(({ severity, what, where }) => [
      severity,
      what,
      path.relative(workspace.home, where),
    ]);
  return { workspace, clock, paths, check, id: writer.id };
}

test("a sound workspace has no findings, also while it is being written", async () => {
  const { workspace, check } = await soundWorkspace();
  expect(await check()).toEqual([]);
  const writer = await workspace.acquireRun(meaningOf(1), { owner: "test" });
  writer.append(pointsAt(20));
  workspace.ledger("main").append({ kind: "note", key: "c", body: 1 });
  expect(await check()).toEqual([]);
});

test("what a kill leaves is a note", async () => {
  const { workspace, clock, paths, check, id } = await soundWorkspace();
  await workspace.acquireRun(meaningOf(1), { owner: "killed", leaseTtlMs: 10 });
  clock.nowMs += 11;
  fs.appendFileSync(paths.attemptMetrics(1), '{"step":3');
  fs.writeFileSync(path.join(paths.checkpoints, "step-000000099.safetensors"), "half");
  fs.appendFileSync(path.join(workspace.ledgerDir, "main.jsonl"), '{"seq":');
  fs.mkdirSync(path.join(workspace.runsDir, "rhalf"));
  fs.writeFileSync(path.join(workspace.ledgerDir, "head.json.1-1.tmp"), "");
  expect(await check()).toEqual([
    ["note", "stale lease: its writer died or ran out of time", `runs/${id}/attempts/2/gate`],
    ["note", "line 5 was cut off by a kill", `runs/${id}/attempts/1/metrics.jsonl`],
    [
      "note",
      "checkpoint without its description: its writing was cut short",
      `runs/${id}/checkpoints/step-000000099.safetensors`,
    ],
    ["note", "run without a manifest: its creation was cut short", "runs/rhalf"],
    ["note", "line 3 was cut off by a kill", "ledger/main.jsonl"],
    ["note", "temporary file left by a kill", "ledger/head.json.1-1.tmp"],
  ]);
});

test("what was committed and is not as it was written is damage", async () => {
  const { workspace, paths, check, id } = await soundWorkspace();
  const corrupt = (file: string, from: string, to: string) =>
    fs.writeFileSync(file, fs.readFileSync(file, "latin1").replace(from, to), "latin1");
  corrupt(paths.checkpointState(0), "weights", "weighty");
  fs.rmSync(paths.checkpointState(10));
  corrupt(paths.attemptMetrics(1), '"step"', '"stop"');
  corrupt(path.join(workspace.ledgerDir, "main.jsonl"), '"body":1', '"body":3');
  expect(await check()).toEqual([
    ["damage", expect.stringContaining("line 1 is not a point: "), `runs/${id}/attempts/1/metrics.jsonl`],
    ["damage", "checkpoint whose bytes do not match their hash", `runs/${id}/checkpoints/step-000000000.safetensors`],
    ["damage", "checkpoint whose state is missing", `runs/${id}/checkpoints/step-000000010.safetensors`],
    ["damage", expect.stringContaining("line 1 (entry 0): hash mismatch"), "ledger/main.jsonl"],
  ]);
});

test("a damaged manifest, points file or event is named with its way out", async () => {
  const { workspace, clock, paths } = await soundWorkspace();
  const first = async () => (await checkWorkspace(workspace, { nowMs: clock.nowMs }))[0];
  fs.writeFileSync(paths.events, "{}\n");
  expect(await first()).toMatchObject({
    severity: "damage",
    what: expect.stringContaining("Events, line 1"),
    mend: expect.stringContaining("delete the file"),
  });
  fs.writeFileSync(paths.points, "PAR1");
  expect(await first()).toMatchObject({ severity: "damage", what: expect.stringContaining("expected parquet") });
  fs.writeFileSync(paths.manifest, "{}");
  expect(await first()).toMatchObject({ severity: "damage", what: expect.stringContaining("Run manifest") });
});
