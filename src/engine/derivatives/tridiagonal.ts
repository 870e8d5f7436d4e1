/**
 * @file Eigenvalues and eigenvectors of a real symmetric tridiagonal matrix, in float64, by implicit QR steps with
 * Wilkinson's shift.
 *
 * Source: Golub, Van Loan, Matrix Computations, 4th ed., algorithms 8.3.2 and 8.3.3. Refuses non-finite entries, lengths
 * that do not fit, and a matrix that does not converge.
 */
import { DomainError, RefusedError, ShapeError } from "../../core/index.ts";

export interface TridiagonalEigen {
  /** Ascending: float64 [m]. */
  readonly values: Float64Array;
  /** vectors[i] belongs to values[i], norm 1: float64 [m] each. */
  readonly vectors: readonly Float64Array[];
}

/** The matrix so far, and the product of all rotations, by column. */
interface Reduction {
  readonly diagonal: Float64Array;
  readonly beside: Float64Array;
  readonly columns: readonly Float64Array[];
}

const MOST_STEPS_A_VALUE = 60;

/** From the diagonal [m] and the entries beside it [m − 1]. */
export function tridiagonalEigen(diagonal: ArrayLike<number>, beside: ArrayLike<number>): TridiagonalEigen {
  const size = diagonal.length;
  const besideSize = Math.max(0, size - 1);
  if (beside.length !== besideSize)
    throw new ShapeError("tridiagonalEigen, beside", `[${besideSize}]`, [beside.length]);
  for (const entries of [diagonal, beside])
    for (let i = 0; i < entries.length; i++)
      if (!Number.isFinite(entries[i])) throw new DomainError("tridiagonalEigen", "finite entries", entries[i]);
  const reduction: Reduction = {
    diagonal: Float64Array.from(diagonal),
    beside: Float64Array.from(beside),
    columns: Array.from({ length: size }, (_, i) => {
      const column = new Float64Array(size);
      column[i] = 1;
      return column;
    }),
  };
  let steps = 0;
  for (let high = size - 1; high > 0; ) {
    const low = startOfBlock(reduction, high);
    if (low === high) {
      high--;
      steps = 0;
      continue;
    }
    if (steps++ === MOST_STEPS_A_VALUE)
      throw new RefusedError("tridiagonalEigen", `an eigenvalue did not converge in ${MOST_STEPS_A_VALUE} QR steps`);
    qrStep(reduction, low, high);
  }
  const values = reduction.diagonal;
  const order = Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
  return { values: Float64Array.from(order, (i) => values[i]), vectors: order.map((i) => reduction.columns[i]) };
}

/** First row of the block that ends at `high` and has no negligible entry beside its diagonal. */
function startOfBlock({ diagonal, beside }: Reduction, high: number): number {
  let low = high;
  while (low > 0) {
    const scale = Math.abs(diagonal[low - 1]) + Math.abs(diagonal[low]);
    if (Math.abs(beside[low - 1]) <= Number.EPSILON * scale) {
      beside[low - 1] = 0;
      break;
    }
    low--;
  }
  return low;
}

/** One similarity by rotations of neighbouring rows, from the top of the block down, each chasing the bulge of the last. */
function qrStep({ diagonal, beside, columns }: Reduction, low: number, high: number): void {
  let x = diagonal[low] - wilkinsonShift(diagonal[high - 1], beside[high - 1], diagonal[high]);
  let z = beside[low];
  for (let k = low; k < high; k++) {
    const r = Math.hypot(x, z);
    const [c, s] = r === 0 ? [1, 0] : [x / r, z / r];
    if (k > low) beside[k - 1] = r;
    const [a, b, g] = [diagonal[k], beside[k], diagonal[k + 1]];
    diagonal[k] = c * c * a + 2 * c * s * b + s * s * g;
    diagonal[k + 1] = s * s * a - 2 * c * s * b + c * c * g;
    beside[k] = c * s * (g - a) + (c * c - s * s) * b;
    if (k + 1 < high) {
      x = beside[k];
      z = s * beside[k + 1];
      beside[k + 1] *= c;
    }
    rotate(columns[k], columns[k + 1], c, s);
  }
}

/** The eigenvalue of [[a, b], [b, g]] that is nearer to g. */
function wilkinsonShift(a: number, b: number, g: number): number {
  const half = (a - g) / 2;
  const root = Math.hypot(half, b);
  return g - (b / (half + (half < 0 ? -root : root))) * b;
}

function rotate(left: Float64Array, right: Float64Array, c: number, s: number): void {
  for (let i = 0; i < left.length; i++) {
    const [x, y] = [left[i], right[i]];
    left[i] = c * x + s * y;
    right[i] = c * y - s * x;
  }
}
