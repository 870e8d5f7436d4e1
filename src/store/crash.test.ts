/**
 * @file Whatever the moment at which a writer dies, the power goes or the disk fills: what was committed stays, what
 * is there can be read, and going on gives what an undisturbed run gives.
 */
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { build } from "vite";
import { expect, test } from "vitest";
import { runIdOf } from "../core/index.ts";
import { checkWorkspace } from "./checkWorkspace.ts";
import { nodeDisk } from "./disk.ts";
import { Died, type FaultOptions, FaultyDisk } from "./faultyDisk.suite.ts";
import { maybeReadJson } from "./files.ts";
import { codeOf, HandClock, temporaryFolder } from "./testing.suite.ts";
import { TOY_STEPS, toyMeaning, toyOutcome, toyPoints, toySnapshot, trainToy } from "./toyTraining.fixture.ts";
import { Workspace } from "./workspace.ts";

const clock = new HandClock();
const openAt = (home: string, disk = nodeDisk) => Workspace.open(home, { clock: clock.read, disk });

/** The leases and locks that a dead writer leaves name this process, which lives: let them name one that cannot. */
function buryWriters(home: string): void {
  clock.nowMs += 1e9;
  for (const name of fs.readdirSync(home, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith("lease.json")) continue;
    const file = path.join(home, name);
    const lease = maybeReadJson(file);
    if (lease !== undefined) fs.writeFileSync(file, JSON.stringify({ ...lease, pidStart: "before" }));
  }
}

/** Trains until the fault; gives the last step whose commit had returned. */
async function trainUntil(home: string, options: FaultOptions): Promise<{ committed: number; died: boolean }> {
  let committed = -1;
  const report = (step: number) => {
    committed = step;
  };
  try {
    const workspace = await openAt(home, new FaultyDisk(options));
    await trainToy(workspace, { report });
    return { committed, died: false };
  } catch (error) {
    if (!(error instanceof Died)) throw error;
    return { committed, died: true };
  }
}

/** What any reader may rely on at any moment. */
async function assertReadable(home: string, committed: number): Promise<void> {
  const workspace = await openAt(home);
  const id = runIdOf(toyMeaning(1));
  if (!workspace.hasRun(id)) {
    expect(committed).toBe(-1);
    return;
  }
  const reader = workspace.run(id);
  const { step, status } = reader.manifest();
  expect(step).toBeGreaterThanOrEqual(committed);
  const { points, report } = await reader.points();
  expect(report.bad).toEqual([]);
  const values = points.map(({ wallMs: _, ...rest }) => rest);
  const steps = TOY_STEPS.filter((wanted) => wanted <= step && status !== "created");
  // Step 0 may be seen before its commit: it is the state that every run starts from.
  const wanted = steps.flatMap(toyPoints);
  expect(values.slice(0, wanted.length)).toEqual(wanted);
  expect(values.slice(wanted.length).every((point) => point.step === 0 && status === "created")).toBe(true);
  for (const checkpoint of reader.checkpoints())
    expect(reader.loadCheckpoint(checkpoint.step)).toEqual(toySnapshot(checkpoint.step));
  expect(workspace.ledger("toy").verify().ok).toBe(true);
}

async function undisturbed(): Promise<{ outcome: string; calls: number; writes: readonly number[] }> {
  const disk = new FaultyDisk();
  const workspace = await openAt(temporaryFolder(), disk);
  await trainToy(workspace);
  return { outcome: await toyOutcome(workspace), calls: disk.calls, writes: disk.writes };
}

async function finish(home: string): Promise<string> {
  buryWriters(home);
  const workspace = await openAt(home);
  await trainToy(workspace);
  expect(
    (await checkWorkspace(workspace, { nowMs: clock.nowMs })).filter(({ severity }) => severity === "damage"),
  ).toEqual([]);
  return toyOutcome(workspace);
}

test.each(["kill before", "kill in the middle", "power cut"] as const)(
  "%s, at every call where it can happen: readable, nothing committed lost, and the rest gives the same",
  async (fault) => {
    const { outcome, calls, writes } = await undisturbed();
    expect(calls).toBeGreaterThan(100);
    const moments = fault === "kill in the middle" ? writes : Array.from({ length: calls }, (_, index) => index + 1);
    for (const at of moments) {
      const home = temporaryFolder();
      const { committed, died } = await trainUntil(home, { at, fault });
      expect(died).toBe(true);
      await assertReadable(home, committed);
      expect(await finish(home)).toBe(outcome);
      fs.rmSync(home, { recursive: true });
    }
  },
);

test("dying again and again, at any calls, ends where an undisturbed run ends", async () => {
  const { outcome, calls } = await undisturbed();
  const fault = fc.constantFrom("kill before" as const, "kill in the middle" as const, "power cut" as const);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ at: fc.integer({ min: 1, max: calls }), fault }), { minLength: 2, maxLength: 5 }),
      async (deaths) => {
        const home = temporaryFolder();
        for (const death of deaths) {
          const { committed } = await trainUntil(home, death);
          await assertReadable(home, committed);
          buryWriters(home);
        }
        expect(await finish(home)).toBe(outcome);
        fs.rmSync(home, { recursive: true });
      },
    ),
    { seed: 37, numRuns: 25 },
  );
});

test("a checkpoint that is replaced by other bytes is at any moment the old one, the new one, or none", async () => {
  const meaning = toyMeaning(1);
  const train = async (workspace: Workspace, offset: number) => {
    const writer = await workspace.acquireRun(meaning, { owner: "toy" });
    const checkpoint = { ...toySnapshot(10 + offset), step: 10 };
    writer.commit({ step: 10, status: "running", numericsKey: "toy", checkpoint });
    writer.release();
  };
  let died = true;
  for (let at = 1; died; at++) {
    const home = temporaryFolder();
    await train(await openAt(home), 0);
    const code = await codeOf(async () => train(await openAt(home, new FaultyDisk({ at, fault: "kill before" })), 1));
    died = code !== undefined;
    const reader = (await openAt(home)).run(runIdOf(meaning));
    for (const { step } of reader.checkpoints())
      expect([toySnapshot(10), toySnapshot(11)].map(({ tensors }) => tensors)).toContainEqual(
        reader.loadCheckpoint(step).tensors,
      );
    fs.rmSync(home, { recursive: true });
  }
});

test("a ledger entry is on the disk when append returns, and no power cut breaks the chain", async () => {
  let died = true;
  for (let at = 1; died; at++) {
    const home = temporaryFolder();
    const kept: string[] = [];
    const code = await codeOf(async () => {
      const ledger = (await openAt(home, new FaultyDisk({ at, fault: "power cut" }))).ledger("toy");
      for (const key of ["a", "b", "c"]) kept.push(ledger.append({ kind: "note", key, body: key }).hash);
    });
    died = code !== undefined;
    buryWriters(home);
    const ledger = (await openAt(home)).ledger("toy");
    expect(ledger.verify().ok).toBe(true);
    expect(
      ledger
        .find()
        .map(({ hash }) => hash)
        .slice(0, kept.length),
    ).toEqual(kept);
    ledger.append({ kind: "note", key: "after", body: 1 });
    expect(ledger.verify().ok).toBe(true);
    fs.rmSync(home, { recursive: true });
  }
});

test("a full disk is DISK_FULL, loses nothing committed, and the same writer can go on once there is space", async () => {
  const { outcome, calls } = await undisturbed();
  for (let at = 1; at <= calls; at += 3) {
    const home = temporaryFolder();
    const disk = new FaultyDisk({ at, fault: "full" });
    let committed = -1;
    const report = (step: number) => {
      committed = step;
    };
    const code = await codeOf(async () => trainToy(await openAt(home, disk), { report }));
    if (code === undefined) continue;
    expect(code).toBe("DISK_FULL");
    await assertReadable(home, committed);
    disk.makeSpace();
    expect(await finish(home)).toBe(outcome);
    fs.rmSync(home, { recursive: true });
  }
});

test("an append that failed half-way may be tried again by the same writer", async () => {
  for (const at of [1, 2, 3]) {
    const home = temporaryFolder();
    const disk = new FaultyDisk({ at: Number.POSITIVE_INFINITY, fault: "full" });
    const writer = await (await openAt(home, disk)).acquireRun(toyMeaning(1), { owner: "toy" });
    const points = (step: number) => toyPoints(step).map((point) => ({ ...point, wallMs: 1 }));
    writer.append(points(0));
    const failing = new FaultyDisk({ at, fault: "full" });
    Object.assign(disk, { write: failing.write.bind(failing) });
    let failures = 0;
    for (const step of [10, 20, 30, 40]) {
      failing.makeSpace();
      try {
        writer.append(points(step));
      } catch (error) {
        expect((error as { code?: string }).code).toBe("DISK_FULL");
        failures += 1;
        failing.makeSpace();
        writer.append(points(step));
      }
    }
    writer.commit({ step: 40, status: "complete" });
    const { points: read, report } = await writer.reader.points();
    expect(failures).toBe(1);
    expect(report).toEqual({ torn: [], superseded: 0, uncommitted: 0, bad: [] });
    expect(read).toHaveLength(10);
  }
});

test("a disk that is really full", async ({ skip }) => {
  const home = temporaryFolder();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", home], { stdio: "ignore" });
  } catch {
    skip("mounting a small tmpfs needs root");
  }
  try {
    const workspace = await openAt(home);
    let committed = 0;
    const fill = async () => {
      for (let seed = 1; ; seed++) {
        await trainToy(workspace, { seed });
        committed = seed;
      }
    };
    expect(await codeOf(fill)).toBe("DISK_FULL");
    expect(committed).toBeGreaterThan(1);
    for (let seed = 1; seed <= committed; seed++)
      expect(JSON.parse(await toyOutcome(workspace, seed)).manifest.step).toBe(50);
    expect(
      (await checkWorkspace(workspace, { nowMs: clock.nowMs })).filter(({ severity }) => severity === "damage"),
    ).toEqual([]);
  } finally {
    execFileSync("umount", ["-l", home]);
  }
});

test("SIGKILL at random moments, ten times, then the same outcome as undisturbed", async () => {
  const folder = temporaryFolder();
  await build({
    configFile: false,
    logLevel: "silent",
    ssr: { noExternal: true, external: ["@duckdb/node-api"] },
    build: {
      ssr: path.join(import.meta.dirname, "toyTraining.fixture.ts"),
      outDir: folder,
      emptyOutDir: false,
      target: "node20",
    },
  });
  const program = path.join(folder, "toyTraining.fixture.js");
  const trainAll = (home: string, killAfterMs?: number) =>
    new Promise<NodeJS.Signals | number | null>((resolve) => {
      const child = spawn(process.execPath, [program, home], { stdio: ["ignore", "ignore", "inherit"] });
      if (killAfterMs !== undefined) setTimeout(() => child.kill("SIGKILL"), killAfterMs);
      child.on("exit", (code, signal) => resolve(signal ?? code));
    });
  const home = path.join(folder, "killed");
  const signals: unknown[] = [];
  for (let round = 0; round < 10; round++) {
    // Not random by chance: the moments spread over start-up and writing, the same in each test run.
    const fraction = createHash("sha256").update(String(round)).digest()[0] / 256;
    signals.push(await trainAll(home, 80 + 120 * fraction));
    const workspace = await Workspace.open(home);
    for (const id of workspace.runIds()) {
      const reader = workspace.run(id);
      expect((await reader.points()).report.bad).toEqual([]);
      for (const { step } of reader.checkpoints()) reader.loadCheckpoint(step);
    }
    expect(workspace.ledger("toy").verify().ok).toBe(true);
  }
  expect(signals.filter((signal) => signal === "SIGKILL").length).toBeGreaterThanOrEqual(3);
  const calm = path.join(folder, "calm");
  expect([await trainAll(home), await trainAll(calm)]).toEqual([0, 0]);
  const [killed, undisturbedWorkspace] = [await Workspace.open(home), await Workspace.open(calm)];
  expect(killed.runIds()).toEqual(undisturbedWorkspace.runIds());
  for (let seed = 1; seed <= 25; seed++)
    expect(await toyOutcome(killed, seed)).toBe(await toyOutcome(undisturbedWorkspace, seed));
});
