/**
 * @file One-layer transformer on modular addition (Nanda et al., ICLR 2023): width 128, 4 heads, MLP 512, modulus 113,
 * sequence a, b, =; no LayerNorm, learned positions, causal mask, ReLU, untied unembedding, loss at the last position.
 */
import type { Tensor } from "../../../src/core/index.ts";
import {
  attentionLayer,
  compose,
  denseLayer,
  embeddingLayer,
  initialParameters,
  mlp,
  ops,
  positionLayer,
  softmaxCrossEntropy,
} from "../../../src/engine/index.ts";
import { drawIntegers, drawSubset } from "../draws.ts";
import type { Problem } from "../problem.ts";
import type { Model } from "./model.ts";

const MODULUS = 113;
const WIDTH = 128;
const HEADS = 4;
const TIME = 3;
/** 30% of all pairs. */
const PAIRS = 3830;
const STEPS = 100;

/** int32 [batch, 3] → logits [batch, 113] at the last position. */
export const TRANSFORMER = compose(
  {
    embedding: embeddingLayer({ count: MODULUS + 1, width: WIDTH }),
    positions: positionLayer({ count: TIME, width: WIDTH }),
    attention: attentionLayer({ width: WIDTH, heads: HEADS, bias: false }),
    mlp: mlp({ widths: [WIDTH, 4 * WIDTH, WIDTH] }),
    unembedding: denseLayer({ inputs: WIDTH, outputs: MODULUS, bias: false }),
  },
  (call, tokens) => {
    const embedded = call.positions(call.embedding(tokens));
    const attended = ops.add(embedded, call.attention(embedded));
    const final = ops.add(attended, call.mlp(attended));
    return call.unembedding(final.ref.slice([], TIME - 1));
  },
);

function problem(batch: number): Problem {
  const rows = drawSubset("transformer pairs", PAIRS, MODULUS ** 2);
  const tokens = rows.flatMap((row) => [Math.floor(row / MODULUS), row % MODULUS, MODULUS]);
  const labels = rows.map((row) => (Math.floor(row / MODULUS) + (row % MODULUS)) % MODULUS);
  return {
    model: batch === PAIRS ? "transformerFull" : "transformer",
    sizes: { heads: HEADS },
    learningRate: 1e-3,
    weightDecay: 1,
    parameters: initialParameters(TRANSFORMER.parameters, "bench transformer"),
    resident: { sequences: int32([PAIRS, TIME], tokens), answers: int32([PAIRS], labels) },
    perStep: batch === PAIRS ? {} : { index: drawIntegers("transformer index", [STEPS, batch], PAIRS) },
  };
}

const int32 = (shape: readonly number[], values: readonly number[]): Tensor => ({
  dtype: "int32",
  shape,
  data: Int32Array.from(values),
});

export const transformer: Model = {
  problem: () => problem(512),
  gathers: { sequence: { from: "sequences", by: "index" }, answer: { from: "answers", by: "index" } },
  loss: (parameters, { sequence, answer }) => softmaxCrossEntropy(TRANSFORMER.apply(parameters, sequence), answer),
};

export const transformerFull: Model = {
  problem: () => problem(PAIRS),
  gathers: {},
  loss: (parameters, { sequences, answers }) => softmaxCrossEntropy(TRANSFORMER.apply(parameters, sequences), answers),
};
