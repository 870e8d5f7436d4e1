/**
 * @file Which recorded runs a forecast learns from: those asked for, else those that were measured in the same way, are seen up to the
 * cutoff, and went on to the target.
 */
import type { RecordedRun } from "../../core/index.ts";
import { comparability } from "../../science/index.ts";
import type { Exclusion } from "./trajectories.ts";

/** Finite values at or before the cutoff that a run needs, to be of use. */
const FEWEST_SEEN = 2;

export interface CohortRequest {
  readonly run: RecordedRun;
  readonly others: readonly RecordedRun[];
  readonly measures: readonly string[];
  readonly cutoff: number;
  readonly targetStep: number;
  /** The runs were named: what keeps one out is then told, and stated differences in measuring do so too. */
  readonly isChosen: boolean;
}

export interface Cohort {
  readonly runs: readonly RecordedRun[];
  readonly excluded: readonly Exclusion[];
}

export function cohortFor({ run, others, measures, cutoff, targetStep, isChosen }: CohortRequest): Cohort {
  const excluded: Exclusion[] = [];
  const runs = others.filter((other) => {
    if (other.id === run.id) return false;
    const why = reasonAgainst(run, other, { measures, cutoff, targetStep });
    if (why !== undefined && isChosen) excluded.push({ what: other.name, why });
    return why === undefined;
  });
  return { runs, excluded };
}

function reasonAgainst(
  run: RecordedRun,
  other: RecordedRun,
  { measures, cutoff, targetStep }: Pick<CohortRequest, "measures" | "cutoff" | "targetStep">,
): string | undefined {
  const usable = measures.filter((measure) => {
    const series = other.series.get(measure);
    if (series === undefined) return false;
    const finite = series.steps.filter((_, i) => Number.isFinite(series.values[i]));
    return finite.includes(targetStep) && finite.filter((step) => step <= cutoff).length >= FEWEST_SEEN;
  });
  if (usable.length === 0)
    return `no measure with ${FEWEST_SEEN} values up to step ${cutoff} and one at step ${targetStep}`;
  return measuredDifferently(run, other, usable);
}

/** Why values of these measures in two runs do not compare; undefined when nothing stated differs. */
export function measuredDifferently(
  run: RecordedRun,
  other: RecordedRun,
  measures: readonly string[],
): string | undefined {
  const own = new Set(measures.flatMap((measure) => [...(run.series.get(measure)?.steps ?? [])]));
  const steps = [...new Set(measures.flatMap((measure) => [...other.series.get(measure)!.steps]))].filter((step) =>
    own.has(step),
  );
  const { differences } = comparability({ treated: [run], control: [other], measures, steps });
  return differences[0] === undefined ? undefined : `measured differently: ${differences[0].what}`;
}

/** The step at which the most runs' series of these measures end; undefined without any. The later of equals. */
export function commonestLastStep(runs: readonly RecordedRun[], measures: readonly string[]): number | undefined {
  const ends = new Map<number, number>();
  for (const run of runs)
    for (const measure of measures) {
      const last = run.series.get(measure)?.steps.at(-1);
      if (last !== undefined) ends.set(last, (ends.get(last) ?? 0) + 1);
    }
  const sorted = [...ends].sort(([stepA, countA], [stepB, countB]) => countB - countA || stepB - stepA);
  return sorted[0]?.[0];
}
