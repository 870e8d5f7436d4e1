/**
 * @file Swapped checkpoints: two steps of a run, or one step of two runs, that fit better in each other's place.
 *
 * gain = mean over tasks of the squared distance to the neighbours as labelled, less that when exchanged, in units of the
 * noise nearby, each distance at most 16 of them. For noise around a level it scatters around 0 and under a trend it is
 * negative, so the positive gains of a clean run tell what chance makes: an exponential tail with their mean (at least
 * 2/√tasks). The tasks must also agree: those for the exchange outnumber those against it by three times the square root
 * of both. On a plateau a swap cannot be seen,
 * and does little harm. Steps of one run are compared up to three apart, all runs with the same tasks with each other
 * while there are at most 2,000 pairs. Needs five tasks.
 */
import type { Finding, RecordedRun } from "../../core/index.ts";
import { mean } from "../stats/moments.ts";
import { type CheckOptions, finding } from "./check.ts";
import { gainsByTask, noiseSquare, type TaskColumns, taskColumns } from "./taskColumns.ts";

const TASKS_AT_LEAST = 5;
const CAP = 36;
const APART_AT_MOST = 3;
const PAIRS_OF_RUNS_AT_MOST = 2000;

interface Exchange {
  /** One a task. */
  readonly gains: readonly number[];
  readonly runs: readonly RecordedRun[];
  /** One step for two runs, two for one. */
  readonly steps: readonly number[];
}

export function swappedCheckpoints(runs: readonly RecordedRun[], { level }: CheckOptions): Finding[] {
  const columns = runs.map(taskColumns);
  return [
    ...columns.flatMap((one) => unlikely(withinRun(one), level)),
    ...unlikely(
      pairsOf(columns).flatMap(([a, b]) => betweenRuns(a, b)),
      level,
    ),
  ];
}

function withinRun({ run, steps, tasks }: TaskColumns): Exchange[] {
  const exchanges: Exchange[] = [];
  for (let i = 1; i < steps.length - 1; i++)
    for (let j = i + 1; j < Math.min(steps.length - 1, i + 1 + APART_AT_MOST); j++) {
      const gains = gainsByTask(tasks, ({ values: y }) => {
        const unit = noiseSquare(y, [i, j]);
        const labelled = roughness(y, i, j, y[i], y[j], unit);
        const exchanged = roughness(y, i, j, y[j], y[i], unit);
        return labelled - exchanged;
      });
      if (gains.length >= TASKS_AT_LEAST) exchanges.push({ gains, runs: [run], steps: [steps[i], steps[j]] });
    }
  return exchanges;
}

/** Squared distances to the outer neighbours (and inner ones where i and j are not next to each other). */
function roughness(y: Float64Array, i: number, j: number, atI: number, atJ: number, unit: number): number {
  const outer = limited(y[i - 1], atI, unit) + limited(atJ, y[j + 1], unit);
  if (j === i + 1) return outer;
  return outer + limited(atI, y[i + 1], unit) + limited(y[j - 1], atJ, unit);
}

function pairsOf(columns: readonly TaskColumns[]): [TaskColumns, TaskColumns][] {
  const pairs: [TaskColumns, TaskColumns][] = [];
  columns.forEach((a, i) => {
    for (const b of columns.slice(i + 1)) {
      let common = 0;
      for (const measure of a.run.series.keys()) if (b.run.series.has(measure)) common++;
      if (common >= 0.8 * Math.max(a.run.series.size, b.run.series.size)) pairs.push([a, b]);
    }
  });
  return pairs.length > PAIRS_OF_RUNS_AT_MOST ? [] : pairs;
}

function betweenRuns(a: TaskColumns, b: TaskColumns): Exchange[] {
  const position = new Map(b.steps.map((step, i) => [step, i]));
  const others = new Map(b.tasks.flat().map(({ measure, values }) => [measure, values]));
  const exchanges: Exchange[] = [];
  a.steps.forEach((step, i) => {
    const j = position.get(step) ?? 0;
    if (i < 1 || i > a.steps.length - 2 || j < 1 || j > b.steps.length - 2) return;
    const gains = gainsByTask(a.tasks, ({ measure, values: y }) => {
      const z = others.get(measure);
      if (z === undefined) return Number.NaN;
      const unit = (noiseSquare(y, [i]) + noiseSquare(z, [j])) / 2;
      const distances = (x: Float64Array, k: number, value: number) =>
        limited(x[k - 1], value, unit) + limited(value, x[k + 1], unit);
      const labelled = distances(y, i, y[i]) + distances(z, j, z[j]);
      const exchanged = distances(y, i, z[j]) + distances(z, j, y[i]);
      return labelled - exchanged;
    });
    if (gains.length >= TASKS_AT_LEAST) exchanges.push({ gains, runs: [a.run, b.run], steps: [step] });
  });
  return exchanges;
}

function limited(x: number, y: number, unit: number): number {
  return Math.min(CAP, (x - y) ** 2 / unit);
}

function unlikely(exchanges: readonly Exchange[], level: number): Finding[] {
  const judged = exchanges.map((exchange) => ({ ...exchange, gain: mean(exchange.gains) }));
  return judged.flatMap((exchange) => {
    const { gain, gains, runs, steps } = exchange;
    const inFavour = gains.filter((one) => one > 1).length;
    const against = gains.filter((one) => one < -1).length;
    if (!(gain > 0) || inFavour - against < 3 * Math.sqrt(inFavour + against)) return [];
    const positive = judged.filter(
      (other) =>
        other.gain > 0 &&
        !(other.runs.some((run) => runs.includes(run)) && other.steps.some((step) => steps.includes(step))),
    );
    const floor = 2 / Math.sqrt(gains.length);
    const usual = Math.max(
      floor,
      (positive.reduce((sum, other) => sum + other.gain, 0) + floor) / (positive.length + 1),
    );
    const chance = exchanges.length * Math.exp(-gain / usual);
    const evidence = { gain, usualGain: usual, tasksInFavour: inFavour, tasksAgainst: against };
    return chance <= level ? [describe(exchange, { evidence, chance, places: exchanges.length })] : [];
  });
}

interface Ground {
  readonly evidence: Finding["evidence"];
  readonly chance: number;
  readonly places: number;
}

function describe({ gains, runs, steps }: Exchange, { evidence, chance, places }: Ground): Finding {
  const tasks = gains.length;
  const names = runs.map(({ name }) => name).join(" and ");
  return finding(
    "checkpoints-swapped",
    steps.length === 2
      ? `${names}: steps ${steps[0]} and ${steps[1]} fit better in each other's place over ${tasks} tasks`
      : `${names}: their checkpoints at step ${steps[0]} fit better in each other's run over ${tasks} tasks`,
    {
      severity: "warning",
      where: { runs: runs.map(({ id }) => id), steps: steps.map((step) => [step, step]) },
      evidence,
      confidence: {
        chance: Math.min(1, chance),
        ground: `gain of exchanging them against the positive gains elsewhere, exponential tail, Bonferroni over ${places} exchanges`,
        n: tasks,
      },
      spoils: ["forecasts that read these steps", "onsets and change points near them", "effects at these steps"],
    },
  );
}
