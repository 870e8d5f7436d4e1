/**
 * @file Hutch++: the trace of the part of A that a random sketch catches is computed exactly, only the rest is estimated.
 * For a spectrum with a few large eigenvalues, as loss curvature has, the interval shrinks by far more than the cost.
 *
 * Source: Meyer, Musco, Musco, Woodruff, "Hutch++: optimal stochastic trace estimation", SOSA 2021, algorithm 1.
 * Refuses what Hutchinson's estimator refuses, and sketches that are not smaller than the operator.
 */
import type { Estimate } from "../../core/index.ts";
import { DomainError } from "../../core/index.ts";
import type { ProbeOptions } from "./hutchinson.ts";
import { hutchinsonDraws } from "./hutchinson.ts";
import { meanWithInterval } from "./meanInterval.ts";
import type { SymmetricOperator } from "./operator.ts";
import { rademacher } from "./probes.ts";
import { dot, isNegligible, norm, scaled, withoutComponents } from "./vectors.ts";

export interface HutchPlusPlusOptions extends ProbeOptions {
  /** Directions of the sketch: each costs two products, each probe one. */
  readonly sketch: number;
}

/** tr A = tr QᵀAQ + tr (I − QQᵀ)A(I − QQᵀ), the second by Hutchinson; `n` counts its probes. Unbiased given Q. */
export async function hutchPlusPlusTrace(
  operator: SymmetricOperator,
  options: HutchPlusPlusOptions,
): Promise<Estimate> {
  const { sketch, key, level } = options;
  const { size } = operator;
  if (!Number.isInteger(sketch) || sketch < 1 || sketch >= size)
    throw new DomainError("Hutch++, sketch", `an integer in 1…${size - 1}`, sketch);
  // Probes of their own: the sketch must not depend on the draws that estimate the rest.
  const signs = Array.from({ length: sketch }, (_, i) => rademacher(key, SKETCH_PROBES + i, size));
  const basis: Float64Array[] = [];
  for (const image of await operator.apply(signs)) {
    const rest = withoutComponents(image, basis);
    const length = norm(rest);
    if (!isNegligible(length, norm(image))) basis.push(scaled(rest, 1 / length));
  }
  const images = await operator.apply(basis);
  const caught = basis.reduce((total, direction, i) => total + dot(direction, images[i]), 0);
  const rest: SymmetricOperator = {
    size,
    async apply(vectors) {
      const outside = vectors.map((vector) => withoutComponents(vector, basis));
      return (await operator.apply(outside)).map((product) => withoutComponents(product, basis));
    },
  };
  const draws = await hutchinsonDraws(rest, options);
  return meanWithInterval(
    draws.map((draw) => caught + draw),
    level,
    `Hutch++ trace, sketch ${basis.length}, ${draws.length} Rademacher probes`,
  );
}

/** Beyond any number of probes that an estimate uses. */
const SKETCH_PROBES = 2 ** 31;
