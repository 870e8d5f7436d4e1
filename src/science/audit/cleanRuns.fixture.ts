/**
 * @file Simulated runs with nothing wrong, of many shapes: power-law losses with noise, sigmoid accuracies counted over a
 * fixed set of items, likelihoods with standard errors, on logarithmic, linear and mixed grids, with correlated
 * checkpoints; alone or with sister seeds. For the false-alarm rates of the audit, in tests and in bench/audit.
 */
import type { EvaluationContext, MeasuredSeries, RecordedRun, Rng } from "../../core/index.ts";

export interface CleanShape {
  readonly steps: readonly number[];
  readonly tasks: number;
  /** Standard deviation of checkpoint noise in item standard errors. */
  readonly checkpointNoise: number;
  /** Lag-1 autocorrelation of checkpoint noise. */
  readonly rho: number;
  readonly seeds: number;
  readonly statesErrors: boolean;
}

export function drawShape(rng: Rng): CleanShape {
  return {
    steps: drawGrid(rng),
    tasks: [1, 3, 8, 30, 60][rng.int(5)],
    checkpointNoise: [0, 0.3, 1, 2][rng.int(4)],
    rho: [0, 0.4, 0.8][rng.int(3)],
    seeds: [1, 1, 2, 4][rng.int(4)],
    statesErrors: rng.uniform() < 0.7,
  };
}

function drawGrid(rng: Rng): number[] {
  const count = [10, 15, 27, 60][rng.int(4)];
  const kind = rng.int(3);
  if (kind === 0) return Array.from({ length: count }, (_, i) => (i + 1) * 500);
  if (kind === 1) return [...new Set(Array.from({ length: count }, (_, i) => Math.round(1.6 ** (i / 2 + 2))))];
  return [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, ...Array.from({ length: count }, (_, i) => 1000 + i * 4000)];
}

export function cleanRuns(shape: CleanShape, rng: Rng): RecordedRun[] {
  const tasks = Array.from({ length: shape.tasks }, (_, t) => drawTask(t, rng));
  return Array.from({ length: shape.seeds }, (_, seed) => cleanRun(shape, tasks, seed, rng));
}

interface Task {
  readonly name: string;
  readonly items: Float64Array;
  readonly chance: number;
  readonly top: number;
  readonly middle: number;
  readonly width: number;
  readonly floorNats: number;
  readonly scaleNats: number;
  readonly exponent: number;
}

function drawTask(index: number, rng: Rng): Task {
  const n = [100, 300, 1000, 3000][rng.int(4)];
  const chance = [0, 0.25, 0.5][rng.int(3)];
  return {
    name: `task${index}`,
    items: Float64Array.from({ length: n }, () => rng.uniform()).sort(),
    chance,
    // One task in three never leaves chance.
    top: rng.int(3) === 0 ? chance : chance + (1 - chance) * (0.1 + 0.8 * rng.uniform()),
    middle: Math.log(100) + 5 * rng.uniform(),
    width: 0.3 + rng.uniform(),
    floorNats: 1 + 2 * rng.uniform(),
    scaleNats: 2 + 6 * rng.uniform(),
    exponent: 0.15 + 0.4 * rng.uniform(),
  };
}

function cleanRun(shape: CleanShape, tasks: readonly Task[], seed: number, rng: Rng): RecordedRun {
  const { steps, statesErrors } = shape;
  const series = new Map<string, MeasuredSeries>();
  const context: EvaluationContext = { evaluator: "simulated", taskVersion: "1", shots: 0 };
  const add = (measure: string, values: number[], ses: number[]) =>
    series.set(measure, { measure, steps, values, ...(statesErrors ? { ses } : {}), contexts: steps.map(() => 0) });
  for (const task of tasks) {
    const n = task.items.length;
    const noise = correlated(shape, rng);
    const shares = steps.map((step, i) => {
      const rise = 1 / (1 + Math.exp(-(Math.log(step + 1) - task.middle) / task.width));
      const p = task.chance + (task.top - task.chance) * rise;
      const shift = (noise[i] * 0.5) / Math.sqrt(n);
      return countBelow(task.items, Math.min(1, Math.max(0, p + shift))) / n;
    });
    add(
      `${task.name}/acc`,
      shares,
      shares.map((p) => Math.sqrt((p * (1 - p)) / (n - 1))),
    );
    const wobble = correlated(shape, rng);
    const losses = steps.map(
      (step, i) =>
        task.floorNats +
        task.scaleNats * (step + 1) ** -task.exponent +
        ((0.3 + wobble[i]) * 1.2) / Math.sqrt(n) +
        (0.02 * rng.normal()) / Math.sqrt(n),
    );
    add(
      `${task.name}/loss`,
      losses,
      losses.map(() => (1.2 * (1 + 0.01 * rng.normal())) / Math.sqrt(n)),
    );
  }
  return {
    id: `clean${seed}`,
    name: `clean/seed${seed}`,
    format: "simulated",
    configuration: { seed },
    contexts: [context],
    files: [],
    specs: new Map(),
    series,
    raw: new Map(),
  };
}

/** Standard normal AR(1) noise times the shape's size. */
function correlated({ steps, rho, checkpointNoise }: CleanShape, rng: Rng): number[] {
  let state = rng.normal();
  return steps.map((_, i) => {
    if (i > 0) state = rho * state + Math.sqrt(1 - rho * rho) * rng.normal();
    return checkpointNoise * state;
  });
}

/** How many of the ascending values are below x. */
function countBelow(ascending: Float64Array, x: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] < x) low = middle + 1;
    else high = middle;
  }
  return low;
}
