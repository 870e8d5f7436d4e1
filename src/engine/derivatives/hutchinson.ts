/**
 * @file Hutchinson's estimators of trace and diagonal from products with random signs.
 *
 * Refuses fewer than two probes (no interval), levels outside (0, 1), and products that are not finite.
 */
import type { Estimate, RngKey } from "../../core/index.ts";
import { DomainError, RefusedError } from "../../core/index.ts";
import { meanWithInterval } from "./meanInterval.ts";
import type { SymmetricOperator } from "./operator.ts";
import { rademacher } from "./probes.ts";
import { dot } from "./vectors.ts";

export interface ProbeOptions {
  /** Products spent; at least 2. */
  readonly probes: number;
  /** Names the draws: equal keys give equal estimates. */
  readonly key: RngKey;
  /** Of the interval; default .95. */
  readonly level?: number;
}

/** Vectors in memory at a time. */
const GROUP = 8;

/**
 * tr A ≈ mean of zᵀAz over random signs z, unbiased with variance 2(‖A‖²_F − Σ Aᵢᵢ²) per probe. `n` counts probes.
 * Hutchinson, Communications in Statistics B 19 (1990).
 */
export async function hutchinsonTrace(operator: SymmetricOperator, options: ProbeOptions): Promise<Estimate> {
  const draws = await hutchinsonDraws(operator, options);
  return meanWithInterval(draws, options.level, `Hutchinson trace, ${draws.length} Rademacher probes`);
}

/** zᵀAz of each probe. */
export async function hutchinsonDraws(operator: SymmetricOperator, options: ProbeOptions): Promise<number[]> {
  const draws: number[] = [];
  await forEachProbe(operator, options, (sign, product) => draws.push(dot(sign, product)));
  return draws;
}

export interface DiagonalEstimate {
  /** float64 [size]. */
  readonly values: Float64Array;
  /** Of each value, over the probes. */
  readonly standardErrors: Float64Array;
  readonly method: string;
  /** Probes. */
  readonly n: number;
}

/** diag A ≈ mean of z ∘ Az. Bekas, Kokiopoulou, Saad, Applied Numerical Mathematics 57 (2007), with ±1 entries. */
export async function hutchinsonDiagonal(
  operator: SymmetricOperator,
  options: ProbeOptions,
): Promise<DiagonalEstimate> {
  const { size } = operator;
  const values = new Float64Array(size);
  const squares = new Float64Array(size);
  let count = 0;
  await forEachProbe(operator, options, (sign, product) => {
    count++;
    for (let i = 0; i < size; i++) {
      const draw = sign[i] * product[i];
      const before = draw - values[i];
      values[i] += before / count;
      squares[i] += before * (draw - values[i]);
    }
  });
  const standardErrors = squares.map((sum) => Math.sqrt(sum / (count - 1) / count));
  return { values, standardErrors, method: `Hutchinson diagonal, ${count} Rademacher probes`, n: count };
}

async function forEachProbe(
  operator: SymmetricOperator,
  { probes, key }: ProbeOptions,
  visit: (sign: Float64Array, product: Float64Array) => void,
): Promise<void> {
  if (!Number.isInteger(probes) || probes < 2)
    throw new DomainError("Hutchinson, probes", "an integer of at least 2, for an interval", probes);
  for (let from = 0; from < probes; from += GROUP) {
    const count = Math.min(GROUP, probes - from);
    const signs = Array.from({ length: count }, (_, i) => rademacher(key, from + i, operator.size));
    const products = await operator.apply(signs);
    for (const [i, product] of products.entries()) {
      if (!product.every(Number.isFinite))
        throw new RefusedError("Hutchinson", `the product with probe ${from + i} is not finite`);
      visit(signs[i], product);
    }
  }
}
