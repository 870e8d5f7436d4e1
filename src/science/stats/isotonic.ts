/**
 * @file Isotonic regression: the non-decreasing sequence nearest to a given one in weighted least squares.
 *
 * Refuses non-finite values and weights that are not positive.
 */
import { DomainError, ShapeError } from "../../core/index.ts";
import { requireFinite } from "./moments.ts";

/**
 * Pool-adjacent-violators, O(n). `values` in the order of the predictor; `weights` positive, default 1. Source: Barlow,
 * Bartholomew, Bremner, Brunk, Statistical Inference under Order Restrictions (1972).
 */
export function isotonic(values: readonly number[], weights?: readonly number[]): number[] {
  requireFinite("isotonic", values);
  if (weights !== undefined && weights.length !== values.length)
    throw new ShapeError("isotonic: weights", `[${values.length}]`, [weights.length]);
  const level: number[] = [];
  const weight: number[] = [];
  const size: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const w = weights === undefined ? 1 : weights[i];
    if (!(w > 0 && w < Number.POSITIVE_INFINITY)) throw new DomainError("isotonic: weights", "positive weights", w);
    level.push(values[i]);
    weight.push(w);
    size.push(1);
    while (level.length > 1 && level[level.length - 2] > level[level.length - 1]) {
      const [b, wb, nb] = [level.pop()!, weight.pop()!, size.pop()!];
      const last = level.length - 1;
      level[last] = (level[last] * weight[last] + b * wb) / (weight[last] + wb);
      weight[last] += wb;
      size[last] += nb;
    }
  }
  return level.flatMap((value, block) => new Array<number>(size[block]).fill(value));
}
