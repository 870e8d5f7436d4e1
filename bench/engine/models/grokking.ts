/**
 * @file Grokking MLP: relu((E[a] + E[b])·W1)·W2, full batch, exactly as src/lab/organisms/grokking/program.ts.
 */
import { ops, softmaxCrossEntropy } from "../../../src/engine/index.ts";
import { drawNormal, drawSubset } from "../draws.ts";
import type { Model } from "./model.ts";

const MODULUS = 53;
const EMBEDDING = 64;
const HIDDEN = 128;
const PAIRS = 1124;

export const grokking: Model = {
  problem: () => {
    const rows = drawSubset("grokking pairs", PAIRS, MODULUS ** 2);
    const pairs = Int32Array.from(rows.flatMap((row) => [Math.floor(row / MODULUS), row % MODULUS]));
    const side = (i: number): Int32Array => pairs.filter((_, at) => at % 2 === i);
    const labels = Int32Array.from(rows, (row) => (Math.floor(row / MODULUS) + (row % MODULUS)) % MODULUS);
    return {
      model: "grokking",
      sizes: {},
      learningRate: 1e-3,
      weightDecay: 1,
      parameters: {
        E: drawNormal("E", [MODULUS, EMBEDDING], 1),
        W1: drawNormal("W1", [EMBEDDING, HIDDEN], Math.sqrt(2 / EMBEDDING)),
        W2: drawNormal("W2", [HIDDEN, MODULUS], Math.sqrt(1 / HIDDEN)),
      },
      resident: {
        first: { dtype: "int32", shape: [PAIRS], data: side(0) },
        second: { dtype: "int32", shape: [PAIRS], data: side(1) },
        labels: { dtype: "int32", shape: [PAIRS], data: labels },
      },
      perStep: {},
    };
  },
  gathers: {},
  loss: ({ E, W1, W2 }, { first, second, labels }) => {
    const embedded = ops.add(ops.take(E, first), ops.take(E, second));
    return softmaxCrossEntropy(ops.matmul(ops.relu(ops.matmul(embedded, W1)), W2), labels);
  },
};
