/**
 * @file A network without biases on its whole training set at once, as the organism `grokking`: for tests of ensembles.
 */
import { Rng } from "../../core/index.ts";
import { normal } from "../initialisers/draw.ts";
import { softmaxCrossEntropy } from "../layers/losses.ts";
import { matmul, relu } from "../ops.ts";
import { adamw } from "../optim/adamw.ts";
import { initialTrainingState, trainingColumns, trainingLoop } from "../optim/trainingLoop.ts";
import type { EnsembleCase } from "./ensemble.fixture.ts";

const [EXAMPLES, INPUTS, HIDDEN, CLASSES] = [48, 11, 16, 11];

export const grokkingLike: EnsembleCase = {
  spec: trainingLoop({
    name: "grokking-like",
    parameters: {
      w1: { dtype: "float32", shape: [INPUTS, HIDDEN] },
      w2: { dtype: "float32", shape: [HIDDEN, CLASSES] },
    },
    optimizer: adamw(),
    resident: {
      inputs: { dtype: "float32", shape: [EXAMPLES, INPUTS] },
      labels: { dtype: "int32", shape: [EXAMPLES] },
    },
    perStep: {},
    gathers: {},
    loss: ({ w1, w2 }, { inputs, labels }) => softmaxCrossEntropy(matmul(relu(matmul(inputs, w1)), w2), labels),
  }),
  longestSum: EXAMPLES,
  member(index, steps) {
    const rng = Rng.of(index, "grokking-like");
    return {
      resident: {
        inputs: normal(rng, [EXAMPLES, INPUTS], 1),
        labels: {
          dtype: "int32",
          shape: [EXAMPLES],
          data: Int32Array.from({ length: EXAMPLES }, () => rng.int(CLASSES)),
        },
      },
      state: initialTrainingState(
        { w1: normal(rng, [INPUTS, HIDDEN], 0.4), w2: normal(rng, [HIDDEN, CLASSES], 0.3) },
        { optimizer: adamw() },
      ),
      table: trainingColumns({
        parts: { optimizer: adamw() },
        firstStep: 0,
        steps,
        settingsAt: () => ({ learningRate: 0.01 * (1 + index), weightDecay: 1 / (1 + index) }),
      }),
    };
  },
};
