/**
 * @file The chosen combination: forecasters weighted by a back-test inside the cohort, its spread calibrated there.
 *
 * Every unit of the cohort (many of them: ten folds) is left out in turn and forecast by every member from the rest, for all measures of the cohort
 * together; the new run and its unit are never looked at. Members that refuse a measure are left out of it. Refuses a
 * measure that no member forecasts, and a cohort of fewer than three units.
 */
import { type Distribution, OntogenyError, RefusedError } from "../../../core/index.ts";
import { mean } from "../../stats/moments.ts";
import { distributionQuantile, linearPool } from "../distribution.ts";
import {
  defineForecaster,
  type FittedForecaster,
  type Forecaster,
  type ForecastTask,
  type Trajectory,
  taskFor,
  unitOf,
  upTo,
  valueAt,
  withoutUnit,
} from "../forecaster.ts";
import { type StackingCase, stackingWeights } from "./stacking.ts";

const FEWEST_UNITS = 3;
/** More units than this are left out in so many folds. */
const MOST_FOLDS = 10;
/** A member that forecasts less than this share of what the others do takes no part. */
const PRESENT_FROM = 0.9;
/** Left-out units that the members' own spread counts for, against theirs. */
const OWN_SPREAD_UNITS = 2;

export function chosenCombination(members: readonly Forecaster[]): Forecaster {
  const kept = new WeakMap<readonly Trajectory[], Map<string, PooledChoice>>();
  return defineForecaster({
    name: "combination",
    role: "method",
    version: 2,
    description: `${members.map(({ name }) => name).join(", ")}: pooled with weights, and the spread set, by a back-test inside the cohort over all its measures`,
    fit(cohort, task) {
      const choices = kept.get(cohort) ?? new Map<string, PooledChoice>();
      kept.set(cohort, choices);
      const key = `${task.targetStep} ${task.cutoff}`;
      const pooled = choices.get(key) ?? choose(members, cohort, task);
      choices.set(key, pooled);
      const { weights } = pooled;
      const fitted = members.map((member) => maybe(() => member.fit(cohort, task)));
      return {
        parameters: {
          members: members.map(({ name }, m) => [name, weights[m]]),
          spreadFactor: pooled.spreadFactor,
          cases: pooled.cases,
          units: pooled.units,
        },
        predict: (prefix) => combined(fitted, prefix, pooled, task),
      };
    },
  });
}

interface PooledChoice {
  /** Over all measures; 0 for members that do not forecast this cohort. */
  readonly weights: readonly number[];
  readonly spreadFactor: number;
  readonly cases: number;
  readonly units: number;
}

function choose(members: readonly Forecaster[], cohort: readonly Trajectory[], task: ForecastTask): PooledChoice {
  const units = [...new Set(cohort.map(unitOf))];
  if (units.length < FEWEST_UNITS)
    throw new RefusedError(
      "Combination",
      `a cohort of ${units.length} units cannot choose; ${FEWEST_UNITS} are needed`,
    );
  const measures = [...new Set([...Object.keys(cohort[0].values), task.target])];
  const raw = measures.map((target) => leftOutForecasts(members, cohort, taskFor(cohort, task, target)));
  const counts = members.map((_, m) => raw.flat().filter(({ forecasts }) => forecasts[m] !== undefined).length);
  const most = Math.max(...counts);
  const present = members.map((_, m) => m).filter((m) => most > 0 && counts[m] >= PRESENT_FROM * most);
  const cases = raw.flat().flatMap(({ forecasts, ...rest }): StackingCase[] => {
    const kept = present.flatMap((m) => forecasts[m] ?? []);
    return kept.length === present.length ? [{ ...rest, forecasts: kept }] : [];
  });
  const pooled = stackingWeights(cases, present.length);
  const weights = members.map(() => 0);
  present.forEach((m, k) => {
    weights[m] = pooled[k];
  });
  return { weights, spreadFactor: spreadOf(spreadNeeds(cases, pooled)), cases: cases.length, units: units.length };
}

interface LeftOutForecasts extends Omit<StackingCase, "forecasts"> {
  readonly forecasts: readonly (Distribution | undefined)[];
}

/** Every run of the cohort forecast by every member without its unit; undefined where a member refuses. */
function leftOutForecasts(
  members: readonly Forecaster[],
  cohort: readonly Trajectory[],
  task: ForecastTask,
): LeftOutForecasts[] {
  const outcomes = cohort.map((run) => valueAt(run, task.target, task.targetStep));
  if (!outcomes.every(Number.isFinite)) return [];
  const scale = scaleOf(outcomes);
  if (!(scale > 0)) return [];
  const own = members.map((member) => maybe(() => member.fit(cohort, task).leftOut?.()));
  const parts = folds([...new Set(cohort.map(unitOf))]);
  return cohort.map((run, i) => {
    const others = parts.get(unitOf(run))!.reduce(withoutUnit, cohort);
    const prefix = upTo(run, task.cutoff);
    const forecasts = members.map((member, m) => own[m]?.[i] ?? maybe(() => member.fit(others, task).predict(prefix)));
    return { unit: unitOf(run), forecasts, outcome: outcomes[i], scale };
  });
}

/** Each unit by itself, or, where they are many, with the others of its fold. */
function folds(units: readonly string[]): Map<string, readonly string[]> {
  if (units.length <= MOST_FOLDS) return new Map(units.map((unit) => [unit, [unit]] as const));
  const foldOf = (i: number) => i % MOST_FOLDS;
  return new Map(units.map((unit, i) => [unit, units.filter((_, k) => foldOf(k) === foldOf(i))] as const));
}

/** Mean distance between outcomes, the unit in which measures are comparable. */
function scaleOf(outcomes: readonly number[]): number {
  const n = outcomes.length;
  return (
    mean(outcomes.flatMap((a, i) => outcomes.slice(i + 1).map((b) => Math.abs(a - b)))) || (n > 0 ? 0 : Number.NaN)
  );
}

interface SpreadNeed {
  readonly unit: string;
  /** Distance from the median in units of the half width of the 90% interval on that side. */
  readonly ratio: number;
}

function spreadNeeds(cases: readonly StackingCase[], weights: readonly number[]): SpreadNeed[] {
  return cases.map(({ forecasts, outcome, unit }) => {
    const averaged = linearPool(forecasts, weights);
    const centre = distributionQuantile(averaged, 0.5);
    const half = distributionQuantile(averaged, outcome >= centre ? 0.95 : 0.05) - centre;
    return { unit, ratio: half === 0 ? 1 : (outcome - centre) / half };
  });
}

/**
 * The factor by which forecasts must widen about their medians so that nine tenths of the left-out outcomes lie in the 90%
 * intervals, units counting equally; shrunk to 1 by the number of units.
 */
function spreadOf(needs: readonly SpreadNeed[]): number {
  if (needs.length === 0) return 1;
  const units = new Map<string, number>();
  for (const { unit } of needs) units.set(unit, (units.get(unit) ?? 0) + 1);
  const descending = [...needs].sort((a, b) => b.ratio - a.ratio);
  let [at, above] = [descending[0], 0];
  for (const need of descending) {
    if (above > 0.1 + 1e-12) break;
    at = need;
    above += 1 / (units.size * units.get(need.unit)!);
  }
  return Math.max(at.ratio, 0.2) ** (units.size / (units.size + OWN_SPREAD_UNITS));
}

function combined(
  fitted: readonly (FittedForecaster | undefined)[],
  prefix: Trajectory,
  { weights, spreadFactor }: Pick<PooledChoice, "weights" | "spreadFactor">,
  { range }: ForecastTask,
): Distribution {
  const said = fitted.map((one) => one && maybe(() => one.predict(prefix)));
  const present = said.map((_, m) => m).filter((m) => said[m] !== undefined && weights[m] > 0);
  if (present.length === 0) throw new RefusedError("Combination", `no member forecasts run ${prefix.run}`);
  const averaged = linearPool(
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
