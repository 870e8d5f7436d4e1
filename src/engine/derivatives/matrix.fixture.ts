/**
 * @file Symmetric operators whose spectra are known: for tests.
 */
import { keyOf } from "../../core/index.ts";
import type { SymmetricOperator } from "./operator.ts";
import { gaussian } from "./probes.ts";
import { addScaled, dot, norm, scaled } from "./vectors.ts";

/** Counts what it is asked for. */
export interface CountingOperator extends SymmetricOperator {
  readonly products: () => number;
}

export function diagonalOperator(values: readonly number[]): CountingOperator {
  let count = 0;
  return {
    size: values.length,
    products: () => count,
    apply: async (vectors) => {
      count += vectors.length;
      return vectors.map((vector) => vector.map((x, i) => x * values[i]));
    },
  };
}

export function matrixOperator(rows: readonly Float64Array[]): SymmetricOperator {
  return {
    size: rows.length,
    apply: async (vectors) => vectors.map((vector) => Float64Array.from(rows, (row) => dot(row, vector))),
  };
}

/** Q·diag(values)·Qᵀ for a product Q of random reflections. */
export function rotatedMatrix(values: readonly number[], seed: number): Float64Array[] {
  const size = values.length;
  const reflections = Array.from({ length: 6 }, (_, i) => {
    const draw = gaussian(keyOf(seed, "reflection"), i, size);
    return scaled(draw, 1 / norm(draw));
  });
  const reflect = (vector: Float64Array, order: readonly Float64Array[]): Float64Array => {
    const result = vector.slice();
    for (const normal of order) addScaled(result, -2 * dot(normal, result), normal);
    return result;
  };
  return Array.from({ length: size }, (_, i) => {
    const unit = new Float64Array(size);
    unit[i] = 1;
    const inside = reflect(unit, reflections).map((x, k) => x * values[k]);
    return reflect(inside, [...reflections].reverse());
  });
}
