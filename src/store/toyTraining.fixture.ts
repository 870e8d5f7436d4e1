/**
 * @file A worker in miniature: trains a run whose state and measures are functions of the step, resuming from
 * whatever is on disk. Test-only.
 *
 * Also a program: `node toyTraining.fixture.js HOME`, for tests that kill it. `wallMs` is always new, as in life.
 */
import { canonicalJson, type Point, type RunMeaning, type Snapshot } from "../core/index.ts";
import { Workspace } from "./workspace.ts";

export const TOY_STEPS = [0, 10, 20, 30, 40, 50] as const;
export const TOY_FORECAST_AT = 20;

export function toyMeaning(seed: number): RunMeaning {
  const factors = { data: {}, objective: {}, architecture: { width: 4 }, optimizer: { rate: 0.1 } };
  return { process: { organism: "toy", factors, changes: [] }, seeds: { init: seed }, data: {} };
}

export function toyPoints(step: number): Omit<Point, "wallMs">[] {
  const value = step === 30 ? Number.NaN : Math.sin(step);
  return [
    { step, measure: "accuracy", value, se: 0.1, n: 10 },
    { step, measure: "loss", value: 1 / (step + 1) },
  ];
}

export function toySnapshot(step: number): Snapshot {
  const data = Float32Array.from({ length: 300 }, (_, index) => Math.fround(Math.cos(step + index)));
  return { step, tensors: { w: { dtype: "float32", shape: [300], data } }, cursor: {} };
}

/** Trains to the end and seals; registers a forecast when it comes by. `report` hears of each commit that succeeded. */
export async function trainToy(
  workspace: Workspace,
  { seed = 1, report = (_: number) => {} }: { seed?: number; report?: (step: number) => void } = {},
): Promise<void> {
  const writer = await workspace.acquireRun(toyMeaning(seed), { owner: "toy" });
  const { manifest, reader } = writer;
  const register = async () => {
    const dataHash = await reader.dataHash(TOY_FORECAST_AT);
    workspace.ledger("toy").append({ kind: "forecast", key: `toy/${seed}`, body: { dataHash } });
  };
  // It may have died between the commit and the entry; saying it again adds nothing.
  if (manifest.step >= TOY_FORECAST_AT) await register();
  if (manifest.status !== "complete") {
    const from = manifest.status === "created" ? undefined : reader.nearestCheckpoint(manifest.step);
    if (from !== undefined) reader.loadCheckpoint(from.step);
    writer.resumeFrom(from?.step ?? "start");
    for (const step of TOY_STEPS.filter((step) => step > (from?.step ?? -1))) {
      const wallMs = performance.timeOrigin + performance.now();
      writer.append(toyPoints(step).map((point) => ({ ...point, wallMs })));
      const isLast = step === TOY_STEPS.at(-1);
      const hasCheckpoint = step % 20 === 0 || isLast;
      writer.commit({
        step,
        status: isLast ? "complete" : "running",
        numericsKey: "toy",
        ...(hasCheckpoint && { checkpoint: toySnapshot(step) }),
      });
      report(step);
      if (step === TOY_FORECAST_AT) await register();
    }
  }
  await writer.seal();
  writer.release();
  workspace.ledger("toy").close();
}

/** All that matters of a finished run, as one text. */
export async function toyOutcome(workspace: Workspace, seed = 1): Promise<string> {
  const { runIdOf } = await import("../core/index.ts");
  const reader = workspace.run(runIdOf(toyMeaning(seed)));
  const { id, status, step, numericsKey } = reader.manifest();
  const checkpoints = reader
    .checkpoints()
    .map(({ step, meta: { sha256, stateHash } }) => ({ step, sha256, stateHash }));
  const forecasts = workspace.ledger("toy").find({ key: `toy/${seed}` });
  return canonicalJson({
    manifest: { id, status, step, numericsKey },
    dataHash: await reader.dataHash(step),
    checkpoints,
    forecasts: forecasts.map(({ kind, body }) => ({ kind, body })),
  });
}

const [, program, home] = process.argv;
if (program?.endsWith("toyTraining.fixture.js")) {
  const workspace = await Workspace.open(home);
  for (let seed = 1; seed <= 25; seed++) await trainToy(workspace, { seed });
}
