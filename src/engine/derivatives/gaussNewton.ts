/**
 * @file Generalised Gauss–Newton products: Jᵀ·H_out·J·v for a loss of a model's output. With a loss that is convex in the
 * output (cross-entropy of logits, squared error) the matrix is positive semi-definite; for cross-entropy it is the
 * Fisher information.
 *
 * Source: Schraudolph, "Fast curvature matrix-vector products for second-order gradient descent", Neural Computation 14
 * (2002). A direction that does not fit its parameter is refused by name.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { jvp, vjp, vmap } from "@jax-js/jax";
import type { JaxArrays } from "../program.ts";
import { gradientOf } from "./gradient.ts";
import { directionOf, keepAll, leadingExtent } from "./record.ts";

export interface OutputLoss {
  /** For example logits; any shape. */
  readonly output: (params: JaxArrays) => JaxArray;
  /** Rank 0, from the output. */
  readonly lossOfOutput: (output: JaxArray) => JaxArray;
}

/** Jᵀ·H_out·J·direction: a record of the parameters' names and shapes. */
export function gaussNewtonVp(loss: OutputLoss, params: JaxArrays, direction: JaxArrays): JaxArrays {
  const { output, lossOfOutput } = loss;
  const along = directionOf("gaussNewtonVp", params, direction);
  const [value, change] = jvp(output, [keepAll(params)], [along]) as [JaxArray, JaxArray];
  const outputGradient = ({ y }: JaxArrays): JaxArrays => gradientOf((record) => lossOfOutput(record.y), { y });
  const [, { y: curved }] = jvp(outputGradient, [{ y: value }], [{ y: change }]) as [JaxArrays, JaxArrays];
  const [, pullBack] = vjp(output, [keepAll(params)]) as unknown as [JaxArray, (ct: JaxArray) => [JaxArrays]];
  return pullBack(curved)[0];
}

/** The same for k directions: arrays [k, …parameter] in, the same out. */
export function gaussNewtonVpMany(loss: OutputLoss, params: JaxArrays, directions: JaxArrays): JaxArrays {
  const many = directionOf("gaussNewtonVpMany", params, directions, [leadingExtent("gaussNewtonVpMany", directions)]);
  return vmap((direction: JaxArrays) => gaussNewtonVp(loss, params, direction))(many) as JaxArrays;
}
