/**
 * @file The Lanczos process with full reorthogonalisation: A·V = V·T + β·v·eᵀ with orthonormal V and tridiagonal T, in
 * float64 on the host. T's eigenvalues are Ritz values; the first components of its eigenvectors are quadrature weights.
 *
 * Source: Golub, Van Loan, Matrix Computations, 4th ed., §10.1 and §10.3. Refuses a start vector of norm 0 or with
 * non-finite values, and a product that is not finite.
 */
import { DomainError, RefusedError, ShapeError } from "../../core/index.ts";
import type { SymmetricOperator } from "./operator.ts";
import { applyOnce } from "./operator.ts";
import type { TridiagonalEigen } from "./tridiagonal.ts";
import { tridiagonalEigen } from "./tridiagonal.ts";
import { addCombination, dot, isNegligible, norm, scaled, withoutComponents } from "./vectors.ts";

export class LanczosProcess {
  /** Orthonormal; one more than steps, unless the subspace is invariant. */
  readonly basis: Float64Array[];
  private readonly operator: SymmetricOperator;
  private readonly diagonal: number[] = [];
  /** beside[i] couples step i with step i + 1. */
  private readonly beside: number[] = [];

  constructor(operator: SymmetricOperator, start: Float64Array) {
    if (start.length !== operator.size) throw new ShapeError("Lanczos, start", `[${operator.size}]`, [start.length]);
    const length = norm(start);
    if (!(length > 0) || !Number.isFinite(length))
      throw new DomainError("Lanczos, start", "a vector of positive finite norm", length);
    this.operator = operator;
    this.basis = [scaled(start, 1 / length)];
  }

  get steps(): number {
    return this.diagonal.length;
  }

  /** Whether the subspace so far is mapped into itself, so that T's eigenvalues are the operator's. */
  get isInvariant(): boolean {
    return this.steps === this.basis.length;
  }

  /** The coupling with what lies outside: 0 for an invariant subspace. */
  get coupling(): number {
    return this.isInvariant ? 0 : this.beside[this.steps - 1];
  }

  /** One product. Throws RefusedError where it is not finite, or where nothing is left to be explored. */
  async step(): Promise<void> {
    if (this.isInvariant) throw new RefusedError("Lanczos", `the subspace is invariant after ${this.steps} steps`);
    const current = this.basis[this.steps];
    const image = await applyOnce(this.operator, current);
    const scale = norm(image);
    if (!Number.isFinite(scale)) throw new RefusedError("Lanczos", `product ${this.steps} is not finite`);
    this.diagonal.push(dot(current, image));
    const rest = withoutComponents(image, this.basis);
    const length = norm(rest);
    if (isNegligible(length, scale) || this.basis.length === this.operator.size) return;
    this.beside.push(length);
    this.basis.push(scaled(rest, 1 / length));
  }

  eigen(): TridiagonalEigen {
    return tridiagonalEigen(this.diagonal, this.beside.slice(0, Math.max(0, this.steps - 1)));
  }

  /** V·s: float64 [size] from s [steps]. */
  combine(weights: Float64Array): Float64Array {
    const vector = new Float64Array(this.operator.size);
    addCombination(vector, weights, this.basis);
    return vector;
  }
}

export interface Quadrature {
  /** Ascending: float64 [m]. */
  readonly nodes: Float64Array;
  /** Sum 1: float64 [m]. */
  readonly weights: Float64Array;
}

/**
 * Gauss quadrature of the spectrum seen from `start`: Σ wᵢ·f(nodeᵢ) ≈ sᵀ·f(A)·s for s = start/‖start‖, exact for
 * polynomials of degree below 2·steps. Averaged over random starts, the spectral density (stochastic Lanczos quadrature:
 * Ghorbani, Krishnan, Xiao, ICML 2019). Fewer nodes than `steps` where the start lies in a smaller invariant subspace.
 */
export async function lanczosQuadrature(
  operator: SymmetricOperator,
  { start, steps }: { readonly start: Float64Array; readonly steps: number },
): Promise<Quadrature> {
  if (!Number.isInteger(steps) || steps < 1)
    throw new DomainError("lanczosQuadrature, steps", "a positive integer", steps);
  const process = new LanczosProcess(operator, start);
  while (process.steps < steps && !process.isInvariant) await process.step();
  const { values, vectors } = process.eigen();
  return { nodes: values, weights: Float64Array.from(vectors, ([first]) => first * first) };
}
