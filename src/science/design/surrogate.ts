/**
 * @file A surrogate of the search: for each requirement a Gaussian process from the candidate's point to its outcome.
 *
 * Outcomes that are proportions are modelled on the logit scale. An outcome that is not finite (the run broke) stands at
 * the worst finite one of its requirement. Bound and outcome must have equal columns, else SHAPE_MISMATCH.
 */
import { DomainError, ShapeError } from "../../core/index.ts";
import { normalCdf } from "../stats/distributions.ts";
import type { Matrix } from "../stats/linear.ts";
import { columnOf, type OutcomeBound, outcomeScale, scaledOutcomes } from "./bounds.ts";
import { fitGaussianProcess } from "./gaussianProcess.ts";

export interface SurrogatePrediction {
  /** Centre of the outcome of one new run, one a requirement, in the outcome's units. */
  readonly mean: number[];
  /** Half the width of the ±1 sd interval in the outcome's units; it holds the noise between runs. */
  readonly sd: number[];
  /** P(one new run meets all requirements); requirements count as independent given the candidate. */
  readonly meetsAll: number;
  /** Its logarithm, exact where the probability itself underflows. */
  readonly logMeetsAll: number;
}

export interface Surrogate {
  readonly predict: (features: readonly number[]) => SurrogatePrediction;
  /** Candidates that it was fitted on. */
  readonly n: number;
}

/** `features` is n × d, `outcomes` is n × requirements, n ≥ 2. */
export function fitSurrogate({
  features,
  outcomes,
  bounds,
}: {
  readonly features: Matrix;
  readonly outcomes: Matrix;
  readonly bounds: readonly OutcomeBound[];
}): Surrogate {
  if (features.length !== outcomes.length)
    throw new ShapeError("fitSurrogate: outcomes", `[${features.length}, requirements]`, [outcomes.length]);
  if (bounds.length === 0) throw new DomainError("fitSurrogate: bounds", "at least one", "none");
  const models = bounds.map((bound, j) => {
    const values = columnOf("fitSurrogate: outcomes", outcomes, j, bounds.length);
    const scale = outcomeScale(values, bound);
    const targets = scaledOutcomes(`fitSurrogate: outcomes of requirement ${j}`, values, scale);
    return { scale, process: fitGaussianProcess({ features, targets }) };
  });
  const predict = (point: readonly number[]): SurrogatePrediction => {
    const mean: number[] = [];
    const sd: number[] = [];
    let logMeetsAll = 0;
    for (const { scale, process } of models) {
      const at = process.predict(point);
      mean.push(scale.inverse(at.mean));
      sd.push((scale.inverse(at.mean + at.sd) - scale.inverse(at.mean - at.sd)) / 2);
      logMeetsAll += logNormalBetween((scale.min - at.mean) / at.sd, (scale.max - at.mean) / at.sd);
    }
    return { mean, sd, meetsAll: Math.exp(logMeetsAll), logMeetsAll };
  };
  return { predict, n: features.length };
}

/** log P(low ≤ Z ≤ high) of a standard normal, low ≤ high, either of them infinite. */
export function logNormalBetween(low: number, high: number): number {
  if (low > 0) return logNormalBetween(-high, -low);
  if (high < -8) {
    const nearer = logLowerTail(high);
    return low === Number.NEGATIVE_INFINITY ? nearer : nearer + Math.log1p(-Math.exp(logLowerTail(low) - nearer));
  }
  const below = low === Number.NEGATIVE_INFINITY ? 0 : normalCdf(low);
  const above = high === Number.POSITIVE_INFINITY ? 0 : normalCdf(-high);
  return high < 0 ? Math.log(normalCdf(high) - below) : Math.log1p(0 - below - above);
}

/** log Φ(z) for z < −8, by the first terms of Mills' ratio. */
function logLowerTail(z: number): number {
  return -0.5 * z * z - Math.log(-z * Math.sqrt(2 * Math.PI)) + Math.log1p(-1 / (z * z) + 3 / z ** 4);
}
