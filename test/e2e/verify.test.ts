/**
 * @file `ontogeny verify`: a run that is as it was verifies, from any of its checkpoints and along its lineage; one that was
 * altered is caught, however well; other numerics are named before anything is replayed. And a study does the same.
 */
import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { numericsKeyOf } from "../../src/core/index.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/index.ts";
import { stateHashOf } from "../../src/store/index.ts";
import { cli, cliJson, editedTiny, endsWithTest, sleep, startCli, temporaryFolder } from "./cli.ts";

/** The tiny study, observed and branched only. */
const study = editedTiny(
  [/\ndesign:[\s\S]*$/.exec(tinyText())![0], "\n"],
  [/\npredict:[\s\S]*?\n\n/.exec(tinyText())![0], "\n"],
);
const finished = temporaryFolder();
/** A cohort run with checkpoints at 0, 20, 30, 40 and 60, and a branch of it at 30. */
let parent: string;
let branch: string;

function tinyText(): string {
  return readFileSync(new URL("tiny.yaml", import.meta.url), "utf8");
}

beforeAll(async () => {
  const { code, stderr } = await cli("run", study, "--home", finished);
  if (code !== 0) throw new Error(stderr);
  const { lineage } = await cliJson("show", "tiny", "--home", finished);
  branch = lineage.find(({ role }: { role: string }) => role === "null").run;
  parent = lineage.find(({ run }: { run: string }) => run === branch).parent;
});

function copyOfHome(): string {
  const home = temporaryFolder();
  cpSync(finished, home, { recursive: true });
  return home;
}

function checkpointFiles(home: string, run: string, step: number): { state: string; meta: string } {
  const path = join(home, "runs", run, "checkpoints", `step-${String(step).padStart(9, "0")}`);
  return { state: `${path}.safetensors`, meta: `${path}.json` };
}

/** One weight of a checkpoint moved, and every hash made to fit. */
function alterCheckpoint(home: string, run: string, step: number): void {
  const { state, meta } = checkpointFiles(home, run, step);
  const { tensors, metadata } = decodeSafetensors(readFileSync(state));
  tensors.W1.data[7] += 0.25;
  const bytes = encodeSafetensors({ tensors, metadata });
  writeFileSync(state, bytes);
  const described = JSON.parse(readFileSync(meta, "utf8"));
  described.sha256 = createHash("sha256").update(bytes).digest("hex");
  described.stateHash = stateHashOf(tensors);
  writeFileSync(meta, JSON.stringify(described));
}

/** As if the run had been made on another processor. */
function moveToOtherProcessor(home: string, run: string): void {
  const file = join(home, "runs", run, "run.json");
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  manifest.numerics.cpu = "x64 Imaginary 9000 avx2";
  manifest.numericsKey = numericsKeyOf(manifest.numerics);
  writeFileSync(file, JSON.stringify(manifest));
  const folder = join(home, "runs", run, "checkpoints");
  for (const name of readdirSync(folder).filter((entry) => entry.endsWith(".json"))) {
    const meta = JSON.parse(readFileSync(join(folder, name), "utf8"));
    writeFileSync(join(folder, name), JSON.stringify({ ...meta, numericsKey: manifest.numericsKey }));
  }
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => `${name} ${statSync(join(folder, name)).mtimeMs}`)
    .sort();
}

describe("a run as it was", () => {
  test("verifies at every checkpoint and measure, and nothing is written", async () => {
    const before = filesOf(join(finished, "runs"));
    const { code, stdout, stderr } = await cli("verify", parent, "--home", finished);
    expect(stderr).toBe(`replay of ${parent}\n`);
    expect(code).toBe(0);
    const rows = stdout.split("\n").filter((line) => line.startsWith("step"));
    expect(rows.map((row) => row.trim().split(/\s+/)[1])).toEqual(["0", "20", "30", "40", "60"]);
    for (const row of rows) expect(row).toMatch(/^step +\d+ {2}([0-9a-f]{12}) {2}\1 {2}same$/);
    expect(stdout).toMatch(
      /Steps 0 to 60, bit for bit: 5 of 5 checkpoints and (\d+) of \1 measured values are the same/,
    );
    expect(filesOf(join(finished, "runs"))).toEqual(before);
  });

  test("verifies from any checkpoint, up to any step", async () => {
    const args = ["verify", parent, "--from", "30", "--until", "40", "--home", finished];
    const { ok, from, until, checkpoints } = await cliJson(...args);
    expect({ ok, from, until }).toEqual({ ok: true, from: 30, until: 40 });
    expect(checkpoints.map(({ step }: { step: number }) => step)).toEqual([40]);
  });

  test("a branch verifies along its lineage: what is before the fork belongs to its parent", async () => {
    const { ok, checkpoints } = await cliJson("verify", branch, "--home", finished);
    expect(ok).toBe(true);
    expect(checkpoints.map(({ run, step }: { run: string; step: number }) => [run, step])).toEqual([
      [parent, 0],
      [parent, 20],
      [parent, 30],
      [branch, 60],
    ]);
    expect((await cliJson("verify", branch, "--from", "30", "--home", finished)).checkpoints).toHaveLength(1);
  });

  test("a branch of a branch keeps the change of its parent, and verifies", async () => {
    const home = copyOfHome();
    const at = (step: number) => ["--at", String(step), "--to", "60", "--home", home];
    const { treated } = await cliJson("branch", parent, ...at(20), "--set", "objective.conflictWeight=50");
    const { control, placebo } = await cliJson("branch", treated, ...at(45));
    expect(placebo.identical).toBe(true);
    const { ok, checkpoints } = await cliJson("verify", control, "--home", home);
    expect(ok).toBe(true);
    expect(checkpoints.map(({ run }: { run: string }) => run)).toEqual([parent, parent, control]);
  });

  test("a step without a checkpoint, or beyond the run, is refused with what there is", async () => {
    for (const [args, message] of [
      [["--from", "25"], /^error CHECKPOINT_MISSING: .*the step of a checkpoint \(0, 20, 30, 40, 60\), got 25/],
      [["--from", "40", "--until", "40"], /^error OUT_OF_DOMAIN: .*after 40/],
      [["--until", "61"], /^error OUT_OF_DOMAIN: .*at most at 60.*got 61/],
    ] as const) {
      const { code, stderr } = await cli("verify", parent, ...args, "--home", finished);
      expect(stderr).toMatch(message);
      expect(code).toBe(1);
    }
  });

  test("can be stopped", async () => {
    const running = endsWithTest(startCli(["verify", parent, "--home", finished]));
    while (!running.printed().includes("step")) await sleep(10); // the first checkpoint is compared, four are left
    running.killGroup("SIGINT");
    const { code, stderr } = await running.end;
    expect(stderr).toContain("it wrote nothing");
    expect(code).toBe(130);
  });
});

describe("an altered run", () => {
  test("is caught though every hash was made to fit, with the tensor and by how much", async () => {
    const home = copyOfHome();
    alterCheckpoint(home, parent, 30);
    const doctor = await cli("doctor", "--home", home);
    expect(doctor.code).toBe(0); // no hash betrays it
    expect(doctor.stdout).toMatch(/^ok +numerics: engine ontogeny-engine\/\w+; runtime onnx.*; threads 1; cpu \w+/m);
    const { code, stdout, stderr } = await cli("verify", parent, "--home", home);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^step +30 {2}[0-9a-f]{12} {2}[0-9a-f]{12} {2}DIFFERENT$/m);
    expect(stdout.match(/ same$/gm)).toHaveLength(4); // before and after it the run is what it was
    expect(stdout).toMatch(/First difference at step 30, 1 tensors .*\n {2}W1: 0\.25 of /);
    expect(stderr).toMatch(/^error REPLAY_DIFFERS: .*first in the state at step 30/m);
    const { ok, checkpoints } = await cliJson("verify", parent, "--from", "40", "--home", home);
    expect({ ok, compared: checkpoints.length }).toEqual({ ok: true, compared: 1 });
  });

  test("a state that is not what its own description says, and one that cannot be read, differ", async () => {
    const home = copyOfHome();
    const { state, meta } = checkpointFiles(home, parent, 40);
    writeFileSync(meta, readFileSync(meta, "utf8").replace(/("stateHash": ")[0-9a-f]{12}/, "$1000000000000"));
    const described = await cli("verify", parent, "--home", home);
    expect(described.stdout).toMatch(/^step +40 .*DIFFERENT {2}\(its description says 000000000000\)$/m);
    expect(described.code).toBe(1);
    writeFileSync(state, readFileSync(state).subarray(0, 1000));
    const torn = await cli("verify", parent, "--home", home);
    expect(torn.stdout).toMatch(/^step +40 {2}unreadable .*DIFFERENT {2}\(Checkpoint of step 40: expected sha256/m);
    expect(torn.code).toBe(1);
  });
});

describe("a run of other numerics", () => {
  test("is named with what differs before anything is replayed, and can be compared within a tolerance", async () => {
    const home = copyOfHome();
    moveToOtherProcessor(home, parent);
    const refused = await cli("verify", parent, "--home", home);
    expect(refused.code).toBe(1);
    expect(refused.stdout).toBe("");
    expect(refused.stderr).toMatch(
      /^error NUMERICS_DIFFER: Replay of run \w+: expected the numerics key n\w+ of this machine and build, got n\w+ in 1 run \(\w+\)\. cpu: x64 Imaginary 9000 avx2 there, .* here\. .*--across-numerics/m,
    );
    const { code, stdout } = await cli("verify", parent, "--across-numerics", "--home", home);
    expect(stdout).toContain("cpu: x64 Imaginary 9000 avx2 there");
    expect(stdout).toMatch(/within 0\.001 of the largest value: 5 of 5 checkpoints and (\d+) of \1 measured values/);
    expect(code).toBe(0);
    alterCheckpoint(home, parent, 30);
    const altered = await cli("verify", parent, "--across-numerics", "--home", home);
    expect(altered.stdout).toMatch(/^step +30 .*DIFFERENT$/m);
    expect(altered.code).toBe(1);
  });

  test("stops a study that would continue or branch it, before anything is trained, in one message", async () => {
    const home = copyOfHome();
    const { lineage } = await cliJson("show", "tiny", "--home", home);
    const cohort = lineage.filter(({ role }: { role: string }) => role === "cohort");
    for (const { run } of cohort) moveToOtherProcessor(home, run);
    const runs = readdirSync(join(home, "runs"));
    const text = readFileSync(study, "utf8").replace("values: [5, 50]", "values: [5, 20, 50]");
    const more = join(temporaryFolder(), "more.yaml");
    writeFileSync(more, text);
    const { code, stderr } = await cli("run", more, "--home", home);
    expect(code).toBe(1);
    // Three seeds and two pilot seeds are branched.
    expect(stderr).toMatch(
      /^error NUMERICS_DIFFER: Runs of this study that would be continued or branched: .* in 5 runs \(.*, …\)\. cpu: .* Nothing was trained$/m,
    );
    expect(readdirSync(join(home, "runs"))).toEqual(runs);
    // Nothing is missing of the study as it was, so it only reads.
    expect((await cli("run", study, "--home", home)).code).toBe(0);
  });
});
