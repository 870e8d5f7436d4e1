/**
 * @file The jax-js operations that training steps use, without its move semantics: no function here consumes an array,
 * so a value may be used any number of times. Inside a traced function the references that this leaves behind own no
 * memory.
 *
 * Shapes broadcast as in NumPy. Non-finite values follow IEEE 754.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { DType, lax, nn, numpy as np } from "@jax-js/jax";

export { relu, sigmoid, tanh } from "./ops/activations.ts";
export { einsum } from "./ops/einsum.ts";
export { growthOf, held, stepFrom } from "./ops/localModel.ts";
export { logSumExp } from "./ops/logSumExp.ts";
export type { PoolOptions } from "./ops/pool.ts";
export { averagePool, maxPool } from "./ops/pool.ts";
export { power } from "./ops/power.ts";
export { logSoftmax, logTotalExp, softmax } from "./ops/softmax.ts";
export { standardise, toUnitRms } from "./ops/standardise.ts";

export type Operand = JaxArray | number;
export type Axis = number | number[];

const keep = <T extends Operand>(x: T): T => (typeof x === "number" ? x : ((x as JaxArray).ref as T));
const arrayOf = (x: Operand): JaxArray => (typeof x === "number" ? np.array(x) : x.ref);

export const add = (x: Operand, y: Operand): JaxArray => arrayOf(x).add(keep(y));
export const sub = (x: Operand, y: Operand): JaxArray => arrayOf(x).sub(keep(y));
export const mul = (x: Operand, y: Operand): JaxArray => arrayOf(x).mul(keep(y));
export const div = (x: Operand, y: Operand): JaxArray => arrayOf(x).div(keep(y));
export const neg = (x: JaxArray): JaxArray => x.ref.neg();
export const square = (x: JaxArray): JaxArray => x.ref.mul(x.ref);
export const exp = (x: JaxArray): JaxArray => np.exp(x.ref);
export const log = (x: JaxArray): JaxArray => np.log(x.ref);
export const sqrt = (x: JaxArray): JaxArray => np.sqrt(x.ref);
export const sin = (x: JaxArray): JaxArray => np.sin(x.ref);
export const cos = (x: JaxArray): JaxArray => np.cos(x.ref);
export const reciprocal = (x: JaxArray): JaxArray => np.reciprocal(x.ref);
export const erf = (x: JaxArray): JaxArray => lax.erf(x.ref);
export const abs = (x: JaxArray): JaxArray => np.abs(x.ref);
export const sign = (x: JaxArray): JaxArray => np.sign(x.ref);
export const maximum = (x: Operand, y: Operand): JaxArray => np.maximum(arrayOf(x), keep(y));
export const minimum = (x: Operand, y: Operand): JaxArray => np.minimum(arrayOf(x), keep(y));
export const less = (x: JaxArray, y: Operand): JaxArray => x.ref.less(keep(y));
export const lessEqual = (x: JaxArray, y: Operand): JaxArray => x.ref.lessEqual(keep(y));
export const greater = (x: JaxArray, y: Operand): JaxArray => x.ref.greater(keep(y));
export const greaterEqual = (x: JaxArray, y: Operand): JaxArray => x.ref.greaterEqual(keep(y));
export const equal = (x: JaxArray, y: Operand): JaxArray => x.ref.equal(keep(y));
export const where = (condition: JaxArray, yes: Operand, no: Operand): JaxArray =>
  np.where(condition.ref, keep(yes), keep(no));
export const toFloat = (x: JaxArray): JaxArray => x.ref.astype(DType.Float32);
export const toInt = (x: JaxArray): JaxArray => x.ref.astype(DType.Int32);
export const stopGradient = (x: JaxArray): JaxArray => lax.stopGradient(x.ref);

/** float32 of this shape, in row-major order. */
export const constant = (shape: readonly number[], values: ArrayLike<number>): JaxArray =>
  np.array(Float32Array.from(values)).reshape([...shape]);

export const sum = (x: JaxArray, axis?: Axis): JaxArray => np.sum(x.ref, axis);
export const mean = (x: JaxArray, axis?: Axis): JaxArray => np.mean(x.ref, axis);
export const max = (x: JaxArray, axis?: Axis): JaxArray => np.max(x.ref, axis);
export const min = (x: JaxArray, axis?: Axis): JaxArray => np.min(x.ref, axis);

/** [..., m, k] · [..., k, n] → [..., m, n]; a rank-1 right operand contracts its only axis. */
export const matmul = (x: JaxArray, y: JaxArray): JaxArray => np.matmul(x.ref, y.ref);
export const transpose = (x: JaxArray, perm?: number[]): JaxArray => x.ref.transpose(perm);
export const reshape = (x: JaxArray, shape: number[]): JaxArray => x.ref.reshape(shape);
/** jax-js's own: per axis a position (which drops the axis), [] for all of it, or [start, end). */
export const slice = (x: JaxArray, ...ranges: (number | [] | [number] | [number, number])[]): JaxArray =>
  x.ref.slice(...ranges);
export const flip = (x: JaxArray, axis: number): JaxArray => np.flip(x.ref, axis);

/** Rows of axis 0 by int32 numbers: [n, ...rest] and [...index] → [...index, ...rest]. */
export const take = (x: JaxArray, rows: JaxArray): JaxArray => np.take(x.ref, rows.ref, 0);

/** One element a row: x along `axis` at int32 positions of the same rank; other axes broadcast. */
export const takeAlong = (x: JaxArray, positions: JaxArray, axis = -1): JaxArray =>
  np.takeAlongAxis(x.ref, positions.ref, axis);

/** Sums up to and with each element along an axis. */
export const cumsum = (x: JaxArray, axis = -1): JaxArray => np.cumsum(x.ref, axis < 0 ? axis + x.ndim : axis);

/** float32 [..., classes] from int32 [...]; a label outside 0…classes−1 gives a row of zeros. */
export const oneHot = (labels: JaxArray, classes: number): JaxArray => nn.oneHot(labels.ref, classes);

/** Whether the largest logit stands at the label: bool [n] from float32 [n, classes] and int32 [n]. Ties count as right. */
export function isTopLabel(logits: JaxArray, labels: JaxArray): JaxArray {
  const classes = logits.shape[logits.shape.length - 1];
  const own = sum(mul(logits, oneHot(labels, classes)), -1);
  return greaterEqual(own, max(logits, -1));
}
