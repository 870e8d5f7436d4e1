/**
 * @file Modular addition: all p² pairs with their sums, split by a keyed draw per pair.
 */
import { keyOf } from "../../../core/index.ts";
import { keyedOrder } from "../../keyedOrder.ts";

export interface ModularAddition {
  readonly modulus: number;
  /** [p², p] one-hot(a) + one-hot(b); pair a·p + b stands in row a·p + b. */
  readonly inputs: Float32Array;
  /** [p²] a + b mod p. */
  readonly labels: Int32Array;
  /** Rows that are trained on, ascending; round(trainFraction · p²) of them. */
  readonly trainRows: Int32Array;
  readonly testRows: Int32Array;
}

/** Draws belong to pairs: the training set of a smaller fraction is part of that of a larger one. */
export function modularAddition(options: {
  readonly modulus: number;
  readonly trainFraction: number;
  readonly dataSeed: number;
}): ModularAddition {
  const { modulus: p, trainFraction, dataSeed } = options;
  const pairs = p * p;
  const inputs = new Float32Array(pairs * p);
  const labels = new Int32Array(pairs);
  for (let a = 0; a < p; a++)
    for (let b = 0; b < p; b++) {
      const row = a * p + b;
      inputs[row * p + a] += 1;
      inputs[row * p + b] += 1;
      labels[row] = (a + b) % p;
    }
  const everyRow = Int32Array.from({ length: pairs }, (_, row) => row);
  const order = keyedOrder(keyOf(dataSeed, "split"), everyRow);
  const trainCount = Math.round(trainFraction * pairs);
  return {
    modulus: p,
    inputs,
    labels,
    trainRows: order.slice(0, trainCount).sort(),
    testRows: order.slice(trainCount).sort(),
  };
}

/** Rows of a row-major matrix, copied in the order asked for. */
export function takeRows(matrix: Float32Array, columns: number, rows: ArrayLike<number>): Float32Array {
  const taken = new Float32Array(rows.length * columns);
  for (let i = 0; i < rows.length; i++)
    taken.set(matrix.subarray(rows[i] * columns, (rows[i] + 1) * columns), i * columns);
  return taken;
}

/** [labels.length, classes] with a 1 at each row's label. */
export function oneHot(labels: ArrayLike<number>, classes: number): Float32Array {
  const matrix = new Float32Array(labels.length * classes);
  for (let i = 0; i < labels.length; i++) matrix[i * classes + labels[i]] = 1;
  return matrix;
}
