/**
 * @file The largest and smallest eigenvalues of a symmetric operator by Lanczos, each with its measured residual.
 *
 * A residual bounds the distance to an eigenvalue; that no larger one was missed is only highly probable, for a random
 * start. A multiple eigenvalue counts once (or as often as rounding tells its vectors apart). Refuses (RefusedError, with
 * the residual reached) where the budget of products is spent before convergence, or where fewer eigenvalues exist.
 */
import type { RngKey } from "../../core/index.ts";
import { DomainError, RefusedError } from "../../core/index.ts";
import { LanczosProcess } from "./lanczos.ts";
import type { SymmetricOperator } from "./operator.ts";
import { gaussian } from "./probes.ts";
import { addScaled, norm } from "./vectors.ts";

export interface EigenPair {
  readonly value: number;
  /** ‖A·v − value·v‖, measured with a further product: some eigenvalue lies within it of `value`. */
  readonly residual: number;
  /** Norm 1: float64 [size]. */
  readonly vector: Float64Array;
}

export interface ExtremeEigenvalues {
  /** Descending. */
  readonly largest: readonly EigenPair[];
  /** Ascending. */
  readonly smallest: readonly EigenPair[];
  /** Products spent. */
  readonly products: number;
}

export interface ExtremeOptions {
  /** How many of the algebraically largest; default 1. */
  readonly largest?: number;
  /** How many of the algebraically smallest; default 0. */
  readonly smallest?: number;
  /** Names the random start. */
  readonly key: RngKey;
  /** Instead of a random start: the last top eigenvector, say. */
  readonly start?: Float64Array;
  /** Largest residual, relative to the largest |Ritz value|; default 10⁻³. float32 products allow about 10⁻⁶. */
  readonly tolerance?: number;
  /** Default 100. */
  readonly steps?: number;
}

/** Steps between two looks at the Ritz values. */
const CHECK_EVERY = 4;

export async function extremeEigenvalues(
  operator: SymmetricOperator,
  { largest = 1, smallest = 0, key, start, tolerance = 1e-3, steps = 100 }: ExtremeOptions,
): Promise<ExtremeEigenvalues> {
  requireWanted(operator.size, largest, smallest);
  if (!(tolerance > 0)) throw new DomainError("extremeEigenvalues, tolerance", "a positive number", tolerance);
  const most = Math.min(steps, operator.size);
  if (!(most >= largest + smallest))
    throw new DomainError("extremeEigenvalues, steps", `at least ${largest + smallest}`, steps);
  const process = new LanczosProcess(operator, start ?? gaussian(key, 0, operator.size));
  for (;;) {
    await process.step();
    const isLast = process.steps === most || process.isInvariant;
    if (!isLast && process.steps % CHECK_EVERY !== 0) continue;
    const ritz = ritzPairs(process, largest, smallest);
    if (ritz.residual <= (tolerance / 2) * ritz.scale) return measured(operator, process, ritz, tolerance);
    if (isLast) throw notConverged(process.steps, ritz.residual, ritz.scale, tolerance);
  }
}

interface RitzPairs {
  /** Weights on the basis and values: largest first, then smallest. */
  readonly chosen: readonly { readonly value: number; readonly weights: Float64Array }[];
  readonly largest: number;
  /** The largest of the residuals that T predicts. */
  readonly residual: number;
  readonly scale: number;
}

function ritzPairs(process: LanczosProcess, largest: number, smallest: number): RitzPairs {
  const { values, vectors } = process.eigen();
  const count = values.length;
  const top = Array.from({ length: Math.min(largest, count) }, (_, i) => count - 1 - i);
  const bottom = Array.from({ length: Math.min(smallest, count) }, (_, i) => i);
  const indices = [...top, ...bottom];
  if (count < largest + smallest && process.isInvariant)
    throw new RefusedError(
      "extremeEigenvalues",
      `expected ${largest + smallest} eigenvalues, got ${count}: a start vector sees no more than that many different ones; ask for fewer`,
    );
  return {
    chosen: indices.map((i) => ({ value: values[i], weights: vectors[i] })),
    largest: top.length,
    residual:
      count < largest + smallest
        ? Number.POSITIVE_INFINITY
        : Math.max(...indices.map((i) => process.coupling * Math.abs(vectors[i][count - 1]))),
    scale: Math.max(Math.abs(values[0]), Math.abs(values[count - 1])),
  };
}

async function measured(
  operator: SymmetricOperator,
  process: LanczosProcess,
  { chosen, largest, scale }: RitzPairs,
  tolerance: number,
): Promise<ExtremeEigenvalues> {
  const vectors = chosen.map(({ weights }) => process.combine(weights));
  const images = await operator.apply(vectors);
  const pairs = chosen.map(({ value }, i): EigenPair => {
    const rest = images[i].slice();
    addScaled(rest, -value, vectors[i]);
    return { value, residual: norm(rest), vector: vectors[i] };
  });
  const worst = Math.max(...pairs.map(({ residual }) => residual));
  if (!(worst <= tolerance * scale)) throw notConverged(process.steps, worst, scale, tolerance);
  return { largest: pairs.slice(0, largest), smallest: pairs.slice(largest), products: process.steps + pairs.length };
}

function notConverged(steps: number, residual: number, scale: number, tolerance: number): RefusedError {
  const reached = (residual / scale).toPrecision(2);
  return new RefusedError(
    "extremeEigenvalues",
    `after ${steps} steps the largest residual is ${residual.toPrecision(3)}, ${reached} of the largest |eigenvalue| ${scale.toPrecision(4)}, expected at most ${tolerance}; allow more steps, a larger tolerance, or ask for fewer eigenvalues`,
  );
}

function requireWanted(size: number, largest: number, smallest: number): void {
  for (const [name, count] of [
    ["largest", largest],
    ["smallest", smallest],
  ] as const)
    if (!Number.isInteger(count) || count < 0 || count > size)
      throw new DomainError(`extremeEigenvalues, ${name}`, `an integer in 0…${size}`, count);
  if (largest + smallest < 1 || largest + smallest > size)
    throw new DomainError("extremeEigenvalues", `1…${size} eigenvalues in all`, largest + smallest);
}
