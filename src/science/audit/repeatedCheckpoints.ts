/**
 * @file Repeated checkpoints: two steps, or two runs, that agree on more measures than different weights can.
 *
 * Runs that agree at (nearly) all common steps are duplicates; at all steps up to one, they share a prefix (a branch);
 * at single steps, or at different ones, a checkpoint was evaluated twice under two labels. Steps with few or saturated
 * measures decide nothing. Long series are compared at some of their steps.
 */
import type { Finding, RecordedRun } from "../../core/index.ts";
import { Agreements } from "./agreement.ts";
import { type CheckOptions, finding, gridOf, listed, stepRanges } from "./check.ts";
import { sameSteps } from "./sameSteps.ts";

/** More checkpoints than this in all are not compared with each other at different steps. */
const CHECKPOINTS_AT_MOST = 20_000;
/** A value that more checkpoints than this share points at none of them. */
const SHARED_BY_AT_MOST = 12;

interface Checkpoint {
  readonly run: RecordedRun;
  readonly step: number;
}

export function repeatedCheckpoints(runs: readonly RecordedRun[], { level }: CheckOptions): Finding[] {
  const agreements = new Agreements(runs);
  const { findings, explained } = sameSteps(runs, agreements, level);
  const checkpoints = runs.flatMap((run) => gridOf(run).map((step) => ({ run, step })));
  if (checkpoints.length > CHECKPOINTS_AT_MOST) return findings;
  const places = (checkpoints.length * (checkpoints.length - 1)) / 2;
  const pairs: { a: Checkpoint; b: Checkpoint; logChance: number; equal: number; tasks: number }[] = [];
  for (const [i, j] of candidates(checkpoints, agreements)) {
    const [a, b] = [checkpoints[i], checkpoints[j]];
    if (a.step === b.step && explained(a.run, b.run, a.step)) continue;
    const { tasks, equal, logChance } = agreements.between(a.run, a.step, b.run, b.step);
    if (equal < 2 || equal < 0.8 * tasks || logChance + Math.log(places) > Math.log(level)) continue;
    // The same pair of steps is found again in the copies of a duplicated run.
    pairs.push({ a, b, logChance, equal, tasks });
  }
  return [...findings, ...groups(pairs).map((group) => describe(group, places))];
}

/** Pairs of checkpoints (positions) that agree on at least a third of the tasks of either. */
function candidates(checkpoints: readonly Checkpoint[], agreements: Agreements): [number, number][] {
  const agreeing = new Map<number, number>();
  const tasksOf = new Float64Array(checkpoints.length);
  for (const measures of agreements.tasks.values()) {
    const seen = new Set<number>();
    const has = new Uint8Array(checkpoints.length);
    for (const measure of measures) {
      const holders = new Map<number, number[]>();
      checkpoints.forEach(({ run, step }, i) => {
        const value = agreements.valueAt(run, measure, step);
        if (!Number.isFinite(value)) return;
        has[i] = 1;
        const list = holders.get(value);
        if (list === undefined) holders.set(value, [i]);
        else list.push(i);
      });
      for (const list of holders.values()) {
        if (list.length > SHARED_BY_AT_MOST) continue;
        for (let x = 0; x < list.length; x++)
          for (let y = x + 1; y < list.length; y++) seen.add(list[x] * checkpoints.length + list[y]);
      }
    }
    for (const key of seen) agreeing.set(key, (agreeing.get(key) ?? 0) + 1);
    has.forEach((flag, i) => {
      tasksOf[i] += flag;
    });
  }
  const pairs: [number, number][] = [];
  for (const [key, count] of agreeing) {
    const [i, j] = [Math.floor(key / checkpoints.length), key % checkpoints.length];
    if (count >= Math.max(2, Math.min(tasksOf[i], tasksOf[j]) / 3)) pairs.push([i, j]);
  }
  return pairs;
}

type Pair = { a: Checkpoint; b: Checkpoint; logChance: number; equal: number; tasks: number };

/** Pairs that share a checkpoint belong together: copies of one state. */
function groups(pairs: readonly Pair[]): Pair[][] {
  const key = ({ run, step }: Checkpoint) => `${run.id}@${step}`;
  const parent = new Map<string, string>();
  const root = (name: string): string => {
    let at = name;
    while (parent.get(at) !== undefined && parent.get(at) !== at) at = parent.get(at)!;
    return at;
  };
  for (const { a, b } of pairs) parent.set(root(key(a)), root(key(b)));
  const byRoot = new Map<string, Pair[]>();
  for (const pair of pairs) {
    const at = root(key(pair.a));
    byRoot.set(at, [...(byRoot.get(at) ?? []), pair]);
  }
  return [...byRoot.values()];
}

function describe(group: readonly Pair[], places: number): Finding {
  const members = new Map<string, Checkpoint>();
  for (const { a, b } of group) for (const one of [a, b]) members.set(`${one.run.id}@${one.step}`, one);
  const list = [...members.values()].sort((x, y) => x.step - y.step);
  const runs = [...new Set(list.map(({ run }) => run))];
  const most = group.reduce((best, pair) => (pair.logChance < best.logChance ? pair : best));
  const grid = gridOf(runs[0]);
  const isOneRun = runs.length === 1;
  const areAdjacent = runs.map((run) => {
    const own = gridOf(run);
    const at = list.filter((one) => one.run === run).map(({ step }) => own.indexOf(step));
    return { isAdjacent: at.every((position, i) => i === 0 || position === at[i - 1] + 1), first: at[0] };
  });
  const isAdjacent = isOneRun && areAdjacent[0].isAdjacent;
  const isStart = areAdjacent.every((one) => one.isAdjacent && one.first === 0);
  const named = isOneRun
    ? `${runs[0].name}: steps ${listed(
        list.map(({ step }) => step),
        5,
      )}`
    : list
        .slice(0, 4)
        .map(({ run, step }) => `${run.name} at step ${step}`)
        .join(" and ");
  const what = `${named} agree to the last digit on ${most.equal} of ${most.tasks} tasks`;
  return finding(
    isStart ? "weights-unchanged" : "checkpoint-repeated",
    isStart
      ? `${what}, at the very start: ${isOneRun ? "the weights had not moved yet (as under a warm-up from 0), or one file was used twice" : "the same initial weights, which had not moved yet"}`
      : isAdjacent
        ? `${what}: one checkpoint was evaluated twice, or the weights did not move`
        : `${what}: one checkpoint under two labels`,
    {
      severity: isStart ? "note" : isAdjacent ? "warning" : "error",
      where: {
        runs: runs.map(({ id }) => id),
        steps: isOneRun
          ? stepRanges(
              list.map(({ step }) => step),
              grid,
            )
          : list.map(({ step }) => [step, step]),
      },
      evidence: { tasks: most.tasks, equal: most.equal, log10Chance: most.logChance / Math.LN10 },
      confidence: {
        chance: Math.min(1, Math.exp(most.logChance + Math.log(places))),
        ground: `Chernoff bound on so many exact ties, each as likely as the measure's resolution and movement between neighbouring checkpoints make it; Bonferroni over ${places} pairs of checkpoints`,
        n: most.tasks,
      },
      spoils: isStart
        ? []
        : [
            "forecasts that read these steps",
            "onsets, change points and plateaus near them",
            ...(isOneRun ? [] : ["effects between these runs"]),
          ],
    },
  );
}
