/**
 * @file What two sets of runs have in common: measures, steps, and the window of steps over which they are compared.
 *
 * Refuses (NOT_MATCHED) runs without a common measure or step.
 */
import { OntogenyError, type RecordedRun } from "../../core/index.ts";
import { isSchedule } from "../../science/index.ts";
import { matchesPattern } from "../recorded/listRuns.ts";

export interface Window {
  readonly low: number;
  readonly high: number;
  /** Steps inside that every run has for at least one measure. */
  readonly matchedSteps: number;
  /** How it was chosen, for people. */
  readonly ground: string;
}

export interface Matched {
  readonly names: readonly string[];
  /** Everything measured in all runs, asked for or not: it tells whether they were measured alike. */
  readonly common: readonly string[];
  /** Steps that all runs have, for at least one measure; ascending. */
  readonly steps: readonly number[];
  readonly window: Window;
}

export interface MatchOptions {
  readonly from?: number | "last";
  readonly to?: number;
  /** Names or patterns; absent: all but learning rates, token counts and the like. */
  readonly measures?: readonly string[];
}

/**
 * The window: from `from` (or, one run an arm, from the first step after a common prefix; several runs an arm: the last step
 * only) to `to` (or the last common step).
 */
export function matchRuns(
  treated: readonly RecordedRun[],
  control: readonly RecordedRun[],
  options: MatchOptions,
): Matched {
  const runs = [...treated, ...control];
  const common = [...runs[0].series.keys()].filter((name) => runs.every(({ series }) => series.has(name)));
  const { measures } = options;
  const isMeasured = (name: string) => !isSchedule(name);
  const isChosen = (name: string) => measures!.some((pattern) => matchesPattern(name, pattern));
  const names = common.filter(measures === undefined ? isMeasured : isChosen);
  const bySteps = names
    .map((name) => ({ name, steps: commonSteps(runs, name) }))
    .filter(({ steps }) => steps.length > 0);
  if (bySteps.length === 0)
    throw new OntogenyError(
      "NOT_MATCHED",
      `Effect: expected a measure that all ${runs.length} runs have at a common step, got ${names.length === 0 ? "no common measure" : `none among ${names.length} common measures`}; look at them with \`ontogeny show\``,
    );
  const steps = [...new Set(bySteps.flatMap((one) => one.steps))].sort((a, b) => a - b);
  const upTo = options.to === undefined ? steps : steps.filter((step) => step <= options.to!);
  const isSingle = treated.length === 1 && control.length === 1;
  const from = options.from ?? (isSingle ? "fork" : "last");
  const last = upTo[upTo.length - 1];
  const low = from === "last" ? last : from === "fork" ? firstDifferent(treated[0], control[0], upTo, names) : from;
  const inside = upTo.filter((step) => step >= low);
  if (inside.length === 0)
    throw new OntogenyError(
      "NOT_MATCHED",
      `Effect: expected a common step ${options.to === undefined ? `at or after ${String(from)}` : `between ${String(from)} and ${options.to}`}, got none; common steps run from ${steps[0]} to ${steps[steps.length - 1]}`,
    );
  const isPrefixed = from === "fork" && low > upTo[0];
  return {
    names: bySteps.map(({ name }) => name),
    common: common.filter(isMeasured),
    steps,
    window: {
      low: inside[0],
      high: last,
      matchedSteps: inside.length,
      ground:
        options.from !== undefined
          ? "as asked"
          : from === "last"
            ? "the last common step"
            : isPrefixed
              ? "all common steps after those at which the two runs are identical"
              : "all common steps",
    },
  };
}

function commonSteps(runs: readonly RecordedRun[], name: string): number[] {
  const [first, ...others] = runs.map(({ series }) => series.get(name)!);
  const sets = others.map(({ steps }) => new Set(steps));
  return first.steps.filter((step) => sets.every((set) => set.has(step)));
}

/** First step at which any measure differs; the first step of all where none does. */
function firstDifferent(a: RecordedRun, b: RecordedRun, steps: readonly number[], names: readonly string[]): number {
  const columns = names.map((name) => {
    const [x, y] = [a.series.get(name)!, b.series.get(name)!];
    const other = new Map(y.steps.map((step, i) => [step, y.values[i]]));
    return new Map(x.steps.map((step, i) => [step, Object.is(x.values[i], other.get(step) ?? x.values[i])]));
  });
  return steps.find((step) => columns.some((equal) => equal.get(step) === false)) ?? steps[0];
}
