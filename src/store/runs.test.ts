/**
 * @file Runs on disk as users of the store see them: create, append, commit, read, resume, seal.
 */
import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { codeOf, freshWorkspace, meaningOf, pointsAt, snapshotAt } from "./testing.suite.ts";

const OWNER = { owner: "test" };

test("shows points only once a commit reaches their step", async () => {
  const { workspace } = await freshWorkspace();
  const writer = await workspace.acquireRun(meaningOf(1), OWNER);
  writer.append([...pointsAt(0), ...pointsAt(10), ...pointsAt(20)]);
  writer.commit({ step: 10, status: "running" });
  const { points, report } = await workspace.run(writer.id).points();
  expect(points.map(({ step }) => step)).toEqual([0, 0, 10, 10]);
  expect(report).toEqual({ torn: [], superseded: 0, uncommitted: 2, bad: [] });
});

test("filters by step and measure", async () => {
  const { workspace } = await freshWorkspace();
  const writer = await workspace.acquireRun(meaningOf(1), OWNER);
  writer.append([...pointsAt(0), ...pointsAt(10), ...pointsAt(20)]);
  writer.commit({ step: 20, status: "complete" });
  const { points } = await workspace.run(writer.id).points({ upToStep: 10, measures: ["loss"] });
  expect(points.map(({ step, measure }) => [step, measure])).toEqual([
    [0, "loss"],
    [10, "loss"],
  ]);
});

test("keeps NaN and infinities as values, live and sealed", async () => {
  const { workspace } = await freshWorkspace();
  const writer = await workspace.acquireRun(meaningOf(1), OWNER);
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  writer.append(odd.map((value, step) => ({ step, wallMs: 5, measure: "loss", value, se: Number.NaN, n: 3 })));
  writer.commit({ step: 2, status: "complete" });
  const live = await workspace.run(writer.id).points();
  await writer.seal();
  const sealed = await workspace.run(writer.id).points();
  expect(live.points.map(({ value }) => value)).toEqual(odd);
  expect(sealed).toEqual(live);
});

test("an attempt replaces what an earlier one wrote beyond the step that it resumed from", async () => {
  const { workspace } = await freshWorkspace();
  const first = await workspace.acquireRun(meaningOf(1), OWNER);
  first.append([...pointsAt(0), ...pointsAt(10)]);
  first.commit({ step: 10, status: "running" });
  first.append(pointsAt(20, { offset: 100 }));
  first.release();
  const second = await workspace.acquireRun(meaningOf(1), OWNER);
  second.append([...pointsAt(20), ...pointsAt(30)]);
  second.commit({ step: 30, status: "complete" });
  const { points, report } = await workspace.run(second.id).points({ measures: ["loss"] });
  expect(points.map(({ value }) => value)).toEqual([1, 1 / 11, 1 / 21, 1 / 31]);
  expect(report.superseded).toBe(2);
});

test("resuming from before the committed step withdraws what came after it", async () => {
  const { workspace } = await freshWorkspace();
  const first = await workspace.acquireRun(meaningOf(1), OWNER);
  first.append([...pointsAt(10), ...pointsAt(20)]);
  first.commit({ step: 20, status: "complete" });
  first.release();
  const second = await workspace.acquireRun(meaningOf(1), OWNER);
  second.resumeFrom(10);
  expect(workspace.run(second.id).manifest()).toMatchObject({ step: 10, status: "running" });
  second.append(pointsAt(20, { offset: 7 }));
  second.commit({ step: 20, status: "complete" });
  const { points } = await workspace.run(second.id).points({ measures: ["loss"] });
  expect(points.map(({ value }) => value)).toEqual([1 / 11, 7 + 1 / 21]);
  expect(await codeOf(() => second.resumeFrom(10))).toBe("RUN_WRITER_MISUSE");
});

test("an attempt that begins anew drops everything earlier, and may have other numerics", async () => {
  const { workspace } = await freshWorkspace();
  const first = await workspace.acquireRun(meaningOf(1), OWNER);
  first.append([{ step: 0, wallMs: 1, measure: "old", value: 1 }, ...pointsAt(10)]);
  first.commit({ step: 10, status: "running", numericsKey: "one", checkpoint: snapshotAt(10) });
  first.release();
  const second = await workspace.acquireRun(meaningOf(1), OWNER);
  expect(await codeOf(() => second.commit({ step: 20, status: "running", numericsKey: "two" }))).toBe(
    "NUMERICS_CHANGED",
  );
  second.release();
  const third = await workspace.acquireRun(meaningOf(1), OWNER);
  third.resumeFrom("start");
  third.append(pointsAt(20));
  third.commit({ step: 20, status: "complete", numericsKey: "two" });
  const reader = workspace.run(third.id);
  expect((await reader.points()).points.map(({ step }) => step)).toEqual([20, 20]);
  expect(reader.checkpoints()).toEqual([]);
  expect(reader.manifest().numericsKey).toBe("two");
});

test("a later attempt may measure old steps of a sealed run", async () => {
  const { workspace } = await freshWorkspace();
  const first = await workspace.acquireRun(meaningOf(1), OWNER);
  first.append([...pointsAt(0), ...pointsAt(10)]);
  first.commit({ step: 10, status: "complete" });
  await first.seal();
  first.release();
  expect(await codeOf(() => first.append(pointsAt(20)))).toBe("RUN_WRITER_MISUSE");
  const second = await workspace.acquireRun(meaningOf(1), OWNER);
  second.append([{ step: 0, wallMs: 2, measure: "sharpness", value: 3 }]);
  second.commit({ step: 10, status: "complete" });
  const measures = async () => (await workspace.run(second.id).points()).points.map(({ measure }) => measure);
  const wanted = ["accuracy", "loss", "sharpness", "accuracy", "loss"];
  expect(await measures()).toEqual(wanted);
  await second.seal();
  expect(await measures()).toEqual(wanted);
  expect(fs.existsSync(path.join(workspace.runsDir, second.id, "attempts", "2", "metrics.jsonl"))).toBe(false);
});

test("checkpoints come back bit for bit, and only committed ones are listed", async () => {
  const { workspace } = await freshWorkspace();
  const writer = await workspace.acquireRun(meaningOf(1), OWNER);
  for (const step of [0, 10, 20])
    writer.commit({ step, status: "running", numericsKey: "k", checkpoint: snapshotAt(step) });
  const reader = workspace.run(writer.id);
  expect(reader.checkpoints().map(({ step }) => step)).toEqual([0, 10, 20]);
  expect(reader.loadCheckpoint(10)).toEqual(snapshotAt(10));
  expect(reader.nearestCheckpoint(19)?.step).toBe(10);
  expect(reader.nearestCheckpoint(-1)).toBeUndefined();
  writer.release();
  const next = await workspace.acquireRun(meaningOf(1), OWNER);
  next.resumeFrom(10);
  expect(reader.checkpoints().map(({ step }) => step)).toEqual([0, 10]);
});

test("a changed byte in a checkpoint is CHECKPOINT_CORRUPT and names the file", async () => {
  const { workspace } = await freshWorkspace();
  const writer = await workspace.acquireRun(meaningOf(1), OWNER);
  writer.commit({ step: 5, status: "running", numericsKey: "k", checkpoint: snapshotAt(5) });
  const reader = workspace.run(writer.id);
  const file = reader.paths.checkpointState(5);
  const bytes = fs.readFileSync(file);
  bytes[bytes.length - 1] ^= 1;
  fs.writeFileSync(file, bytes);
  expect(() => reader.loadCheckpoint(5)).toThrow(/sha256[\s\S]*step-000000005\.safetensors/);
  expect(await codeOf(() => reader.loadCheckpoint(5))).toBe("CHECKPOINT_CORRUPT");
  expect(await codeOf(() => reader.loadCheckpoint(6))).toBe("CHECKPOINT_MISSING");
});

test("the hash of the data does not know the time of day, nor whether the run is sealed", async () => {
  const hashes: string[] = [];
  for (const wallMs of [1, 99]) {
    const { workspace } = await freshWorkspace();
    const writer = await workspace.acquireRun(meaningOf(1), OWNER);
    writer.append([...pointsAt(0, { wallMs }), ...pointsAt(10, { wallMs })]);
    writer.commit({ step: 10, status: "complete" });
    hashes.push(await workspace.run(writer.id).dataHash(10));
    await writer.seal();
    hashes.push(await workspace.run(writer.id).dataHash(10));
    expect(await workspace.run(writer.id).dataHash(9)).not.toBe(hashes[0]);
  }
  expect(new Set(hashes).size).toBe(1);
});

test("a branch starts at its fork", async () => {
  const { workspace } = await freshWorkspace();
  const lineage = { parent: "rparent", forkStep: 50, changes: [] };
  const writer = await workspace.acquireRun(meaningOf(1, lineage), OWNER);
  expect(workspace.run(writer.id).manifest()).toMatchObject({ status: "created", step: 50 });
  expect(await codeOf(() => writer.commit({ step: 40, status: "running" }))).toBe("RUN_WRITER_MISUSE");
});

test("events and probes come back as written", async () => {
  const { workspace } = await freshWorkspace();
  const writer = await workspace.acquireRun(meaningOf(1), OWNER);
  const events = [
    { kind: "onset" as const, measure: "loss", step: 3, low: 2, high: null, evidence: { slope: 1 }, method: "m" },
    {
      kind: "spike" as const,
      measure: "loss",
      step: null,
      low: 0,
      high: 4,
      evidence: {},
      method: "m",
    },
  ];
  const endless = { ...events[0], low: Number.NEGATIVE_INFINITY };
  expect(await codeOf(() => writer.writeEvents([endless]))).toBe("EVENTS_INVALID");
  writer.writeEvents(events);
  writer.saveProbe({ step: 5, probe: "sharpness", version: "1", result: { value: 2 } });
  const reader = workspace.run(writer.id);
  expect(reader.events()).toEqual(events);
  expect(reader.maybeProbe({ step: 5, probe: "sharpness", version: "1" })).toEqual({ value: 2 });
  expect(reader.maybeProbe({ step: 6, probe: "sharpness", version: "1" })).toBeUndefined();
});

test("a failed run says why and gives its lease back", async () => {
  const { workspace } = await freshWorkspace();
  const writer = await workspace.acquireRun(meaningOf(1), OWNER);
  writer.fail("loss became\n NaN");
  expect(workspace.run(writer.id).manifest()).toMatchObject({ status: "failed", failure: "loss became NaN" });
  const next = await workspace.acquireRun(meaningOf(1), OWNER);
  expect(next.commit({ step: 1, status: "running" }).failure).toBeUndefined();
});

test("an unknown run is RUN_NOT_FOUND, whatever the name", async () => {
  const { workspace } = await freshWorkspace();
  for (const id of ["r0", "", "..", "../ledger"]) expect(await codeOf(() => workspace.run(id))).toBe("RUN_NOT_FOUND");
});

test("a manifest that was edited no longer matches its id", async () => {
  const { workspace } = await freshWorkspace();
  const writer = await workspace.acquireRun(meaningOf(1), OWNER);
  const file = workspace.run(writer.id).paths.manifest;
  fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace('"rate": 0.1', '"rate": 0.2'));
  expect(await codeOf(() => workspace.run(writer.id).manifest())).toBe("MANIFEST_INVALID");
  fs.writeFileSync(file, "{");
  expect(await codeOf(() => workspace.run(writer.id).manifest())).toBe("MANIFEST_INVALID");
});
