/**
 * @file Pairs of runs that agree at the same steps: duplicates, branches that share a prefix, one checkpoint evaluated
 * in two runs, and two runs that are one but for some steps.
 */
import type { EvaluationContext, Finding, RecordedRun } from "../../core/index.ts";
import type { Agreements } from "./agreement.ts";
import { finding, gridOf, listed, stepRanges } from "./check.ts";
import { isKept } from "./longSeries.ts";
import { isSchedule } from "./measureParts.ts";

/** At most about this many steps of a pair are compared. */
const STEPS_AT_MOST = 400;
const SHARED_BY_AT_MOST = 12;

interface Common {
  readonly step: number;
  readonly tasks: number;
  readonly equal: number;
  readonly logChance: number;
}

export interface SameSteps {
  readonly findings: Finding[];
  /** Whether a finding above already tells of the agreement of two runs at a step. */
  readonly explained: (a: RecordedRun, b: RecordedRun, step: number) => boolean;
}

export function sameSteps(runs: readonly RecordedRun[], agreements: Agreements, level: number): SameSteps {
  const findings: Finding[] = [];
  const told = new Set<string>();
  const places = Math.max(1, (runs.length * (runs.length - 1)) / 2);
  for (const [a, b] of suspects(runs)) {
    const common = commonSteps(a, b).map((step) => ({ step, ...agreements.between(a, step, b, step) }));
    const compared = common.filter(({ tasks }) => tasks > 0);
    const equal = compared.filter((one) => one.equal >= Math.max(1, 0.9 * one.tasks));
    if (equal.length === 0) continue;
    // Ties at different steps come from different weights: their chances multiply.
    const logChance =
      compared.reduce((sum, one) => sum + (equal.includes(one) ? one.logChance : 0), 0) +
      choices(compared.length, equal.length);
    if (logChance + Math.log(places) > Math.log(level)) continue;
    const found = describe(a, b, compared, equal, Math.min(1, Math.exp(logChance + Math.log(places))), places);
    if (found === undefined) continue;
    findings.push(found);
    const alsoTold = found.code === "prefix-shared" ? justParted(compared, equal) : [];
    for (const { step } of [...equal, ...alsoTold]) told.add(`${a.id} ${b.id} ${step}`);
  }
  return {
    findings,
    explained: (a, b, step) => told.has(`${a.id} ${b.id} ${step}`) || told.has(`${b.id} ${a.id} ${step}`),
  };
}

/** Steps right after a shared beginning at which the two still agree on most tasks: weights that have hardly moved apart. */
function justParted(compared: readonly Common[], equal: readonly Common[]): Common[] {
  const end = compared.indexOf(equal[equal.length - 1]) + 1;
  const until = compared.findIndex((one, i) => i >= end && one.equal < 0.5 * one.tasks);
  return compared.slice(end, until < 0 ? compared.length : until);
}

/** Logarithm of the number of ways to choose which steps agree. */
function choices(n: number, k: number): number {
  let log = 0;
  for (let i = 1; i <= Math.min(k, n - k); i++) log += Math.log((n - i + 1) / i);
  return log;
}

/** Pairs of runs that at some step agree on half of what either measured there, in values that few share. */
function suspects(runs: readonly RecordedRun[]): [RecordedRun, RecordedRun][] {
  const measures = new Set(runs.flatMap((run) => [...run.series.keys()].filter((measure) => !isSchedule(measure))));
  const agreeing = new Map<number, Map<number, number>>();
  const measured = runs.map(() => new Map<number, number>());
  for (const measure of measures) {
    const holders = new Map<number, Map<number, number[]>>();
    runs.forEach((run, r) => {
      const series = run.series.get(measure);
      if (series === undefined) return;
      const every = Math.ceil(series.steps.length / STEPS_AT_MOST);
      series.steps.forEach((step, i) => {
        if (!isKept(step, every) || !Number.isFinite(series.values[i])) return;
        measured[r].set(step, (measured[r].get(step) ?? 0) + 1);
        const atStep = holders.get(step) ?? new Map<number, number[]>();
        holders.set(step, atStep);
        const list = atStep.get(series.values[i]);
        if (list === undefined) atStep.set(series.values[i], [r]);
        else list.push(r);
      });
    });
    for (const [step, atStep] of holders)
      for (const list of atStep.values())
        if (list.length > 1 && list.length <= SHARED_BY_AT_MOST) countPairs(list, runs.length, step, agreeing);
  }
  return [...agreeing].flatMap(([key, steps]) => {
    const [a, b] = [Math.floor(key / runs.length), key % runs.length];
    const isSuspect = [...steps].some(
      ([step, count]) => count >= 0.5 * Math.min(measured[a].get(step) ?? 0, measured[b].get(step) ?? 0),
    );
    return isSuspect ? [[runs[a], runs[b]] as [RecordedRun, RecordedRun]] : [];
  });
}

function countPairs(list: readonly number[], runs: number, step: number, into: Map<number, Map<number, number>>): void {
  for (let x = 0; x < list.length; x++)
    for (let y = x + 1; y < list.length; y++) {
      const key = list[x] * runs + list[y];
      const steps = into.get(key) ?? new Map<number, number>();
      into.set(key, steps);
      steps.set(step, (steps.get(step) ?? 0) + 1);
    }
}

function commonSteps(a: RecordedRun, b: RecordedRun): number[] {
  const other = new Set(gridOf(b));
  const common = gridOf(a).filter((step) => other.has(step));
  const every = Math.ceil(common.length / STEPS_AT_MOST);
  return common.filter((step) => isKept(step, every));
}

function describe(
  a: RecordedRun,
  b: RecordedRun,
  common: readonly Common[],
  equal: readonly Common[],
  chance: number,
  places: number,
): Finding | undefined {
  const steps = equal.map(({ step }) => step);
  const differing = common.filter((one) => !equal.includes(one));
  const last = steps[steps.length - 1];
  const isAll = equal.length >= 0.8 * common.length;
  // Branches may go on at other steps after the fork, so that all common steps agree.
  const goOn = [a, b].every((run) => gridOf(run).some((step) => step > last));
  const isPrefix = differing.every(({ step }) => step > last) && (differing.length > 0 || goOn);
  const smaller = Math.min(gridOf(a).length, gridOf(b).length);
  const isSameModel = steps.every((step) => {
    const [one, two] = [contextAt(a, step), contextAt(b, step)];
    return one?.model !== undefined && one.model === two?.model && one.revision === two?.revision;
  });
  const evidence = {
    commonSteps: common.length,
    equalSteps: equal.length,
    tasks: Math.max(...equal.map(({ tasks }) => tasks)),
    differingSteps: differing.slice(0, 20).map(({ step }) => step),
  };
  const base = {
    where: { runs: [a.id, b.id], steps: stepRanges(steps, gridOf(a)) },
    evidence,
    confidence: {
      chance,
      ground: `Chernoff bound on so many exact ties between different weights, multiplied over ${equal.length} steps; Bonferroni over ${places} pairs of runs`,
      n: equal.length,
    },
  };
  const names = `${a.name} and ${b.name}`;
  if (isPrefix && (!isAll || (differing.length === 0 && !isSameModel)))
    return equal.length < 2 && common.length > 2
      ? undefined
      : finding(
          "prefix-shared",
          `${names} agree to the last digit up to step ${last} and differ after it: branches of one run, or runs from one seed`,
          {
            ...base,
            severity: "note",
            spoils: ["statements that count the two as independent up to that step"],
          },
        );
  if (isAll && (common.length >= 0.8 * smaller || !isSameModel)) {
    const but = differing.length === 0 ? "" : `, but not at ${listed(differing.map(({ step }) => step))}`;
    return finding(
      "runs-duplicated",
      `${names} agree to the last digit at ${equal.length} of ${common.length} common steps${but}: one run under two names`,
      {
        ...base,
        severity: "warning",
        spoils: [
          "effects between the two",
          "every interval that counts the two as independent units",
          "cohorts for forecasts",
        ],
      },
    );
  }
  if (isSameModel)
    return finding(
      "checkpoint-evaluated-twice",
      `${names} hold evaluations of the same checkpoints (${listed(steps)}), as they say themselves`,
      {
        ...base,
        severity: "note",
        spoils: ["statements that count the two as independent there"],
      },
    );
  return finding(
    "checkpoint-repeated",
    `${names} agree to the last digit at ${listed(steps)} and nowhere else: one checkpoint under two labels`,
    {
      ...base,
      severity: "error",
      spoils: ["effects between the two at these steps", "forecasts that read these steps"],
    },
  );
}

function contextAt(run: RecordedRun, step: number): EvaluationContext | undefined {
  for (const series of run.series.values()) {
    const at = series.steps.indexOf(step);
    const context = at < 0 ? -1 : (series.contexts?.[at] ?? -1);
    if (context >= 0) return run.contexts[context];
  }
  return undefined;
}
