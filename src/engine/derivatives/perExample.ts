/**
 * @file Gradients of the loss of each example of a batch, parameters shared, inside a traced function: one batched
 * program, no loop.
 *
 * Examples are records of arrays with one leading axis of equal extent; unequal extents are refused by name.
 * Non-finite values follow IEEE 754 and stay with their example.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { vmap } from "@jax-js/jax";
import * as ops from "../ops.ts";
import type { JaxArrays } from "../program.ts";
import { gradientOf } from "./gradient.ts";
import { keepAll, leadingExtent } from "./record.ts";

/** The loss (rank 0) of one example: the arrays of `example` have lost their leading axis. */
export type ExampleLoss = (params: JaxArrays, example: JaxArrays) => JaxArray;

/** The gradient of every example's loss: a record of arrays [n, …parameter] from examples [n, …]. */
export function gradPerExample(loss: ExampleLoss, params: JaxArrays, examples: JaxArrays): JaxArrays {
  leadingExtent("gradPerExample", examples);
  const one = (p: JaxArrays, example: JaxArrays): JaxArrays => gradientOf((q) => loss(q, example), p);
  return vmap(one, [null, 0])(keepAll(params), keepAll(examples)) as JaxArrays;
}

/** The Euclidean norm of every example's gradient over all parameters: float32 [n]. */
export function gradNormsPerExample(loss: ExampleLoss, params: JaxArrays, examples: JaxArrays): JaxArray {
  const one = (p: JaxArrays, example: JaxArrays): JaxArray => {
    const squares = Object.values(gradientOf((q) => loss(q, example), p)).map((array) => ops.sum(ops.square(array)));
    return ops.sqrt(squares.reduce(ops.add));
  };
  return vmap(one, [null, 0])(keepAll(params), keepAll(examples)) as JaxArray;
}
