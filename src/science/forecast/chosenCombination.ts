/**
 * @file The chosen combination: forecasters weighted by a back-test inside the cohort, its spread calibrated there.
 *
 * Every unit of the cohort is left out in turn and forecast by every member from the rest, for all measures of the cohort
 * together; the new run and its unit are never looked at. Members that refuse a measure are left out of it. Refuses a
 * measure that no member forecasts, and a cohort of fewer than three units.
 */
import { type Distribution, OntogenyError, RefusedError } from "../../core/index.ts";
import { mean } from "../stats/moments.ts";
import { averageQuantiles, distributionQuantile } from "./distribution.ts";
import {
  defineForecaster,
  type FittedForecaster,
  type Forecaster,
  type ForecastTask,
  type Trajectory,
  unitOf,
  upTo,
  valueAt,
  withoutUnit,
} from "./forecaster.ts";
import { type StackingCase, stackingWeights } from "./stacking.ts";

const FEWEST_UNITS = 3;
/** Left-out units that the members' own spread counts for, against theirs. */
const OWN_SPREAD_UNITS = 2;

export function chosenCombination(members: readonly Forecaster[]): Forecaster {
  const kept = new WeakMap<readonly Trajectory[], Map<string, Choice>>();
  return defineForecaster({
    name: "combination",
    role: "method",
    version: 2,
    description: `${members.map(({ name }) => name).join(", ")}: quantiles averaged with weights, and the spread set, by a back-test inside the cohort over all its measures`,
    fit(cohort, task) {
      const choices = kept.get(cohort) ?? new Map<string, Choice>();
      kept.set(cohort, choices);
      const key = `${task.targetStep} ${task.cutoff}`;
      const choice = choices.get(key) ?? choose(members, cohort, task);
      choices.set(key, choice);
      const fitted = members.map((member) => maybe(() => member.fit(cohort, task)));
      return {
        parameters: {
          members: members.map(({ name }, m) => [name, choice.weights[m]]),
          spreadFactor: choice.spreadFactor,
          cases: choice.cases,
          units: choice.units,
        },
        predict: (prefix) => combined(fitted, prefix, choice, task),
      };
    },
  });
}

interface Choice {
  readonly weights: readonly number[];
  readonly spreadFactor: number;
  readonly cases: number;
  readonly units: number;
}

function choose(members: readonly Forecaster[], cohort: readonly Trajectory[], task: ForecastTask): Choice {
  const units = [...new Set(cohort.map(unitOf))];
  if (units.length < FEWEST_UNITS)
    throw new RefusedError(
      "Combination",
      `a cohort of ${units.length} units cannot choose; ${FEWEST_UNITS} are needed`,
    );
  const measures = [...new Set([...Object.keys(cohort[0].values), task.target])];
  const cases = measures.flatMap((target) => leftOutCases(members, cohort, { ...task, target }));
  const weights = stackingWeights(cases, members.length);
  return { weights, spreadFactor: spreadOf(cases, weights), cases: cases.length, units: units.length };
}

/** Cases of one measure that all members forecast. */
function leftOutCases(
  members: readonly Forecaster[],
  cohort: readonly Trajectory[],
  task: ForecastTask,
): StackingCase[] {
  const finite = cohort.filter((run) => Number.isFinite(valueAt(run, task.target, task.targetStep)));
  if (finite.length < cohort.length) return [];
  const own = members.map((member) => maybe(() => member.fit(cohort, task).leftOut?.()));
  const made = cohort.map((run, i) => {
    const others = withoutUnit(cohort, unitOf(run));
    const prefix = upTo(run, task.cutoff);
    return members.map((member, m) => own[m]?.[i] ?? maybe(() => member.fit(others, task).predict(prefix)));
  });
  const outcomes = cohort.map((run) => valueAt(run, task.target, task.targetStep));
  const scale = scaleOf(outcomes);
  if (!(scale > 0)) return [];
  return made.flatMap((forecasts, i) =>
    forecasts.every((one) => one !== undefined)
      ? [{ unit: unitOf(cohort[i]), forecasts: forecasts as Distribution[], outcome: outcomes[i], scale }]
      : [],
  );
}

/** Mean distance between outcomes, the unit in which measures are comparable. */
function scaleOf(outcomes: readonly number[]): number {
  const n = outcomes.length;
  return (
    mean(outcomes.flatMap((a, i) => outcomes.slice(i + 1).map((b) => Math.abs(a - b)))) || (n > 0 ? 0 : Number.NaN)
  );
}

/**
 * The factor by which the averaged forecast must widen about its median so that nine tenths of the left-out outcomes lie in
 * its 90% interval, units counting equally; shrunk to 1 by the number of units.
 */
function spreadOf(cases: readonly StackingCase[], weights: readonly number[]): number {
  if (cases.length === 0) return 1;
  const units = new Map<string, number>();
  for (const { unit } of cases) units.set(unit, (units.get(unit) ?? 0) + 1);
  const needed = cases
    .map(({ forecasts, outcome, unit }) => {
      const averaged = averageQuantiles(forecasts, weights);
      const centre = distributionQuantile(averaged, 0.5);
      const half = distributionQuantile(averaged, outcome >= centre ? 0.95 : 0.05) - centre;
      return { ratio: half === 0 ? 1 : (outcome - centre) / half, share: 1 / (units.size * units.get(unit)!) };
    })
    .sort((a, b) => a.ratio - b.ratio);
  let at = needed[needed.length - 1];
  let above = 0;
  for (let i = needed.length - 1; i >= 0 && above <= 0.1 + 1e-12; i--) {
    at = needed[i];
    above += needed[i].share;
  }
  return Math.max(at.ratio, 0.2) ** (units.size / (units.size + OWN_SPREAD_UNITS));
}

function combined(
  fitted: readonly (FittedForecaster | undefined)[],
  prefix: Trajectory,
  { weights, spreadFactor }: Choice,
  { range }: ForecastTask,
): Distribution {
  const said = fitted.map((one) => one && maybe(() => one.predict(prefix)));
  const present = said.map((_, m) => m).filter((m) => said[m] !== undefined && weights[m] > 0);
  if (present.length === 0) throw new RefusedError("Combination", `no member forecasts run ${prefix.run}`);
  const averaged = averageQuantiles(
    present.map((m) => said[m]!),
    present.map((m) => weights[m]),
  );
  const centre = distributionQuantile(averaged, 0.5);
  const [low, high] = [range?.[0] ?? Number.NEGATIVE_INFINITY, range?.[1] ?? Number.POSITIVE_INFINITY];
  const quantiles = averaged.quantiles.map((q) => Math.min(high, Math.max(low, centre + spreadFactor * (q - centre))));
  return { probabilities: averaged.probabilities, quantiles };
}

function maybe<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof OntogenyError && error.code === "REFUSED") return undefined;
    throw error;
  }
}
