/**
 * @file Early stopping: from a candidate's measures at a look, the chance that its final values meet all bounds.
 *
 * One ridge regression a requirement, fitted on candidates that were trained to the end. It knows what they show and no
 * more: where early measures say nothing about the end (grokking), the spread is wide and nothing is stopped. Values that
 * are not finite come from runs that broke and stand at the worst finite value seen.
 */
import { DomainError, ShapeError } from "../../core/index.ts";
import { studentTCdf } from "../stats/distributions.ts";
import { cholesky, choleskySolve, dot, type Matrix } from "../stats/linear.ts";
import { mean, sd } from "../stats/moments.ts";
import { columnOf, type OutcomeBound, type OutcomeScale, outcomeScale, scaledOutcomes } from "./bounds.ts";

/** Candidates that must have been trained to the end before anything is predicted. */
export const EARLY_STOP_MIN_COMPLETED = 8;
const PENALTIES = [0.1, 1, 10, 100];
/** The candidate's settings are penalised more than what was measured of it. */
const FEATURE_PENALTY_FACTOR = 4;

export interface EarlyStopPoint {
  /** The requirements' measures at the look, in the order of the bounds. */
  readonly early: readonly number[];
  readonly features: readonly number[];
}

export interface EarlyStop {
  /** P(the final values meet all bounds), requirements counted as independent given what is known. */
  readonly meetsAll: (point: EarlyStopPoint) => number;
  /** Centre of the final values in their own units: what a stopped candidate would likely have shown. */
  readonly predict: (point: EarlyStopPoint) => number[];
  /** Completed candidates that it was fitted on. */
  readonly n: number;
}

/**
 * `early` and `final` are completed candidates × requirements, `features` is completed × d. Undefined with fewer than
 * eight completed. The penalty minimises the leave-one-out error (PRESS; Allen, Technometrics 16, 1974); the predictive
 * spread is Student's t with the leave-one-out variance, widened by the leverage of the new point.
 */
export function fitEarlyStop({
  early,
  features,
  final,
  bounds,
}: {
  readonly early: Matrix;
  readonly features: Matrix;
  readonly final: Matrix;
  readonly bounds: readonly OutcomeBound[];
}): EarlyStop | undefined {
  const n = final.length;
  if (early.length !== n || features.length !== n)
    throw new ShapeError("fitEarlyStop: early and features", `[${n}] rows`, [early.length, features.length]);
  if (bounds.length === 0) throw new DomainError("fitEarlyStop: bounds", "at least one", "none");
  if (n < EARLY_STOP_MIN_COMPLETED) return undefined;

  const width = features[0].length;
  const earlyColumns = bounds.map((bound, j) => {
    const values = columnOf("fitEarlyStop: early", early, j, bounds.length);
    return standardised("fitEarlyStop: early", values, outcomeScale(values, bound));
  });
  const featureColumns = Array.from({ length: width }, (_, j) => {
    const values = columnOf("fitEarlyStop: features", features, j, width);
    if (!values.every(Number.isFinite)) throw new DomainError("fitEarlyStop: features", "finite values", values);
    return standardised("fitEarlyStop: features", values, outcomeScale([Number.NaN, -1], {}));
  });
  const row = ({ early: measures, features: point }: EarlyStopPoint): number[] => {
    if (measures.length !== bounds.length || point.length !== width)
      throw new ShapeError("EarlyStop: early, features", `[${bounds.length}], [${width}]`, [
        measures.length,
        point.length,
      ]);
    return [1, ...measures.map((v, j) => earlyColumns[j].at(v)), ...point.map((v, j) => featureColumns[j].at(v))];
  };
  const x = final.map((_, i) => row({ early: early[i], features: features[i] }));
  const models = bounds.map((bound, j) => {
    const values = columnOf("fitEarlyStop: final", final, j, bounds.length);
    const scale = outcomeScale(values, bound);
    const y = scaledOutcomes(`fitEarlyStop: final values of requirement ${j}`, values, scale);
    return { scale, regression: fitLeaveOneOut(x, y, bounds.length) };
  });
  return {
    n,
    predict: (point) => models.map(({ scale, regression }) => scale.inverse(regression(row(point)).centre)),
    meetsAll: (point) => {
      const at = row(point);
      return models.reduce((product, { scale, regression }) => {
        return product * probabilityInside(scale, regression(at), n);
      }, 1);
    },
  };
}

function standardised(what: string, values: readonly number[], scale: OutcomeScale) {
  const scaled = scaledOutcomes(what, values, scale);
  const centre = mean(scaled);
  const unit = sd(scaled) || 1;
  const worst = scaled.reduce((a, b) => (scale.margin(b) < scale.margin(a) ? b : a));
  return { at: (value: number) => ((Number.isFinite(value) ? scale.forward(value) : worst) - centre) / unit };
}

interface Prediction {
  readonly centre: number;
  readonly spread: number;
  readonly df: number;
}
type Predictive = (row: readonly number[]) => Prediction;

/** Ridge whose penalty has the smallest leave-one-out error; column 0 of x is the unpenalised intercept. */
function fitLeaveOneOut(x: Matrix, y: readonly number[], earlyCount: number): Predictive {
  const n = y.length;
  const p = x[0].length;
  if (sd(y) <= 1e-9) return () => ({ centre: y[0], spread: 0, df: n });
  let best: { error: number; predictive: Predictive } | undefined;
  for (const penalty of PENALTIES) {
    const gram = Array.from({ length: p }, (_, a) =>
      Array.from({ length: p }, (_, b) => {
        let sum = 0;
        for (let i = 0; i < n; i++) sum += x[i][a] * x[i][b];
        if (a !== b || a === 0) return sum;
        return sum + penalty * (a <= earlyCount ? 1 : FEATURE_PENALTY_FACTOR);
      }),
    );
    const factor = cholesky(gram);
    const leverage = (row: readonly number[]) => dot(row, choleskySolve(factor, row));
    const moment = Array.from({ length: p }, (_, a) => x.reduce((sum, row, i) => sum + row[a] * y[i], 0));
    const coefficients = choleskySolve(factor, moment);
    let error = 0;
    let effectiveParameters = 0;
    for (let i = 0; i < n; i++) {
      const h = leverage(x[i]);
      effectiveParameters += h;
      error += ((y[i] - dot(x[i], coefficients)) / (1 - h)) ** 2;
    }
    if (best !== undefined && error >= best.error) continue;
    const df = Math.max(1, n - effectiveParameters);
    best = {
      error,
      predictive: (row) => ({
        centre: dot(row, coefficients),
        spread: Math.sqrt((error / n) * (1 + leverage(row))),
        df,
      }),
    };
  }
  return best!.predictive;
}

function probabilityInside(scale: OutcomeScale, { centre, spread, df }: Prediction, n: number): number {
  // All completed candidates ended alike, which says little about another one: Laplace's rule of succession.
  if (spread === 0) return (scale.margin(centre) >= 0 ? n + 1 : 1) / (n + 2);
  const below = scale.min === Number.NEGATIVE_INFINITY ? 0 : studentTCdf((scale.min - centre) / spread, df);
  const above = scale.max === Number.POSITIVE_INFINITY ? 0 : studentTCdf((centre - scale.max) / spread, df);
  return Math.max(0, 1 - below - above);
}
