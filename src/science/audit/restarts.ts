/**
 * @file Restarts, repeated steps and steps that go back, from the points in the order of the files.
 *
 * The view for analysis keeps one value a step; here is said where the files hold more than that, and whether what they
 * hold agrees. Measures alike are one finding. A run without raw series has nothing to tell.
 */
import type { Finding, RawSeries, RecordedRun } from "../../core/index.ts";
import { median } from "../stats/moments.ts";
import { finding, gridOf, listed, stepRanges } from "./check.ts";
import { isSchedule } from "./measureParts.ts";

interface Repeats {
  readonly measures: string[];
  readonly steps: Set<number>;
  readonly differing: Set<number>;
  /** Largest difference of two values of one step, in units of the usual difference between neighbouring steps. */
  largest: number;
}

export function restarts(run: RecordedRun): Finding[] {
  const across: Repeats = { measures: [], steps: new Set(), differing: new Set(), largest: 0 };
  const within: Repeats = { measures: [], steps: new Set(), differing: new Set(), largest: 0 };
  const backwards: { measures: string[]; steps: Set<number> } = { measures: [], steps: new Set() };
  let restartCount = 0;
  for (const [measure, raw] of run.raw) {
    restartCount = Math.max(
      restartCount,
      raw.segments.reduce((most, segment) => Math.max(most, segment), 0),
    );
    tally(measure, raw, across, within);
    const back = raw.steps.filter(
      (step, i) => i > 0 && raw.segments[i] === raw.segments[i - 1] && step < raw.steps[i - 1],
    );
    if (back.length > 0) {
      backwards.measures.push(measure);
      for (const step of back) backwards.steps.add(step);
    }
  }
  return [
    ...(restartCount > 0 ? [restarted(run, restartCount, across)] : []),
    ...(within.steps.size > 0 ? [repeated(run, within)] : []),
    ...(backwards.steps.size > 0 ? [wentBack(run, backwards)] : []),
  ];
}

function tally(measure: string, raw: RawSeries, across: Repeats, within: Repeats): void {
  const first = new Map<number, number>();
  const usual = usualDifference(raw);
  for (let i = 0; i < raw.steps.length; i++) {
    const before = first.get(raw.steps[i]);
    if (before === undefined) {
      first.set(raw.steps[i], i);
      continue;
    }
    const into = raw.segments[before] === raw.segments[i] ? within : across;
    if (into.measures[into.measures.length - 1] !== measure) into.measures.push(measure);
    into.steps.add(raw.steps[i]);
    const difference = Math.abs(raw.values[i] - raw.values[before]);
    if (difference > 0 && !isSchedule(measure)) {
      into.differing.add(raw.steps[i]);
      if (usual > 0) into.largest = Math.max(into.largest, difference / usual);
    }
  }
}

/** Median absolute difference between one value and the next of the same segment; 0 when unknown. */
function usualDifference({ values, segments }: RawSeries): number {
  const differences = values
    .slice(1)
    .map((value, i) => (segments[i] === segments[i + 1] ? Math.abs(value - values[i]) : 0))
    .filter((difference) => Number.isFinite(difference) && difference > 0);
  return differences.length === 0 ? 0 : median(differences);
}

function restarted(run: RecordedRun, count: number, { measures, steps, differing, largest }: Repeats): Finding {
  const disagrees = differing.size > 0;
  const told =
    steps.size === 0
      ? ""
      : disagrees
        ? `; at ${differing.size} of ${steps.size} steps that were logged before and after, the values differ (by up to ${largest.toPrecision(2)} times the usual change from one point to the next)`
        : `; what was logged twice (${steps.size} steps) agrees`;
  return finding("restarted", `${run.name}: the run was restarted ${count === 1 ? "once" : `${count} times`}${told}`, {
    severity: largest > 10 ? "warning" : "note",
    where: {
      runs: [run.id],
      ...(measures.length === 0 ? {} : { measures }),
      ...(steps.size === 0 ? {} : { steps: stepRanges([...steps], gridOf(run)) }),
    },
    evidence: {
      restarts: count,
      stepsLoggedTwice: steps.size,
      stepsThatDiffer: differing.size,
      largestInUsualChanges: largest,
    },
    confidence: { ground: "certain: segments in the files", n: count },
    spoils: disagrees ? ["what was read from the withdrawn part", "statements about one uninterrupted run"] : [],
  });
}

function repeated(run: RecordedRun, { measures, steps, differing, largest }: Repeats): Finding {
  return finding(
    "steps-repeated",
    `${run.name}: ${listed(measures)} ${measures.length === 1 ? "has" : "have"} several values at ${steps.size} steps, ${differing.size === 0 ? "all equal" : `which differ at ${differing.size}`}`,
    {
      severity: differing.size > 0 ? "warning" : "note",
      where: { runs: [run.id], measures, steps: stepRanges([...steps], gridOf(run)) },
      evidence: { steps: steps.size, differing: differing.size, largestInUsualChanges: largest },
      confidence: { ground: "certain: the files hold them", n: steps.size },
      spoils: differing.size > 0 ? ["every analysis that takes one value a step: the last one is kept"] : [],
    },
  );
}

function wentBack(run: RecordedRun, { measures, steps }: { measures: string[]; steps: Set<number> }): Finding {
  return finding(
    "steps-backwards",
    `${run.name}: the steps of ${listed(measures)} go back ${steps.size === 1 ? "once" : `${steps.size} times`} without a restart`,
    {
      severity: "warning",
      where: { runs: [run.id], measures, steps: stepRanges([...steps], gridOf(run)) },
      evidence: { steps: steps.size },
      confidence: { ground: "certain: the order in the files", n: steps.size },
      spoils: ["the order of events", "forecasts with a cutoff inside the overlap"],
    },
  );
}
