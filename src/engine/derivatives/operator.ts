/**
 * @file A symmetric linear operator known by its products: what Hutchinson, Lanczos and power iteration need of a
 * curvature matrix, and all that they know of it.
 */
import { DomainError, ShapeError } from "../../core/index.ts";

export interface SymmetricOperator {
  /** Rows, and columns. */
  readonly size: number;
  /** The operator times each vector, in order; the vectors are left as they are. */
  apply(vectors: readonly Float64Array[]): Promise<Float64Array[]>;
}

/**
 * P^{−1/2}·A·P^{−1/2} for a diagonal P: its eigenvalues are those of P⁻¹·A. With P = √v̂ + ε of Adam, the largest is the
 * preconditioned sharpness (Cohen et al., "Adaptive gradient methods at the edge of stability", 2022).
 *
 * Throws DomainError unless every entry of `diagonal` is positive and finite, ShapeError where its length is not A's.
 */
export function preconditioned(operator: SymmetricOperator, diagonal: Float64Array): SymmetricOperator {
  const { size } = operator;
  if (diagonal.length !== size) throw new ShapeError("preconditioned, diagonal", `[${size}]`, [diagonal.length]);
  const scale = diagonal.map((value, i) => {
    if (!(value > 0) || !Number.isFinite(value))
      throw new DomainError(`preconditioned, diagonal element ${i}`, "a positive finite number", value);
    return 1 / Math.sqrt(value);
  });
  const weigh = (vector: Float64Array): Float64Array => vector.map((value, i) => value * scale[i]);
  return { size, apply: async (vectors) => (await operator.apply(vectors.map(weigh))).map(weigh) };
}

/** The product with one vector. */
export async function applyOnce(operator: SymmetricOperator, vector: Float64Array): Promise<Float64Array> {
  const [product] = await operator.apply([vector]);
  return product;
}
