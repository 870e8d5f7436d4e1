/**
 * @file Modular addition: all p² pairs with their sums, split by a keyed draw per pair.
 */
import { keyOf } from "../../../core/index.ts";
import { keyedOrder } from "../../keyedOrder.ts";

export interface ModularAddition {
  readonly modulus: number;
  /** [p²] the two numbers of each pair; pair a·p + b stands at a·p + b. */
  readonly first: Int32Array;
  readonly second: Int32Array;
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
  const everyRow = Int32Array.from({ length: pairs }, (_, row) => row);
  const first = everyRow.map((row) => Math.floor(row / p));
  const second = everyRow.map((row) => row % p);
  const labels = everyRow.map((row) => (first[row] + second[row]) % p);
  const order = keyedOrder(keyOf(dataSeed, "split"), everyRow);
  const trainCount = Math.round(trainFraction * pairs);
  return {
    modulus: p,
    first,
    second,
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
