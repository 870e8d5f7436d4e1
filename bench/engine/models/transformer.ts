/**
 * @file One-layer transformer on modular addition (Nanda et al., ICLR 2023): width 128, 4 heads, MLP 512, modulus 113,
 * sequence a, b, =; no LayerNorm, learned positions, ReLU, untied unembedding, loss at the last position.
 */
import { dense, ops, softmaxCrossEntropy } from "../../../src/engine/index.ts";
import { blank, drawIntegers, drawNormal, drawSubset } from "../draws.ts";
import type { Problem } from "../problem.ts";
import { attention, embed } from "./attention.ts";
import type { JaxArray, Model } from "./model.ts";

const MODULUS = 113;
const WIDTH = 128;
const HEADS = 4;
const HIDDEN = 512;
const TIME = 3;
/** 30% of all pairs. */
const PAIRS = 3830;
const STEPS = 100;

function problem(batch: number): Problem {
  const rows = drawSubset("transformer pairs", PAIRS, MODULUS ** 2);
  const tokens = rows.flatMap((row) => [Math.floor(row / MODULUS), row % MODULUS, MODULUS]);
  const labels = rows.map((row) => (Math.floor(row / MODULUS) + (row % MODULUS)) % MODULUS);
  const matrix = (name: string, rowCount: number, columns: number) =>
    drawNormal(name, [rowCount, columns], 1 / Math.sqrt(rowCount));
  return {
    model: batch === PAIRS ? "transformerFull" : "transformer",
    sizes: { heads: HEADS },
    learningRate: 1e-3,
    weightDecay: 1,
    parameters: {
      tokens: drawNormal("tokens", [MODULUS + 1, WIDTH], 1 / Math.sqrt(WIDTH)),
      positions: drawNormal("positions", [TIME, WIDTH], 1 / Math.sqrt(WIDTH)),
      query: matrix("query", WIDTH, WIDTH),
      key: matrix("key", WIDTH, WIDTH),
      value: matrix("value", WIDTH, WIDTH),
      merge: matrix("merge", WIDTH, WIDTH),
      up: matrix("up", WIDTH, HIDDEN),
      upBias: blank([HIDDEN]),
      down: matrix("down", HIDDEN, WIDTH),
      downBias: blank([WIDTH]),
      unembedding: matrix("unembedding", WIDTH, MODULUS),
    },
    resident: {
      sequences: { dtype: "int32", shape: [PAIRS, TIME], data: Int32Array.from(tokens) },
      answers: { dtype: "int32", shape: [PAIRS], data: Int32Array.from(labels) },
    },
    perStep: batch === PAIRS ? {} : { index: drawIntegers("transformer index", [STEPS, batch], PAIRS) },
  };
}

function loss(p: Record<string, JaxArray>, tokens: JaxArray, labels: JaxArray): JaxArray {
  const embedded = ops.add(embed(p.tokens, tokens), p.positions);
  const product = (x: JaxArray, w: JaxArray) => ops.matmul(x, w);
  const mixed = attention(product(embedded, p.query), product(embedded, p.key), product(embedded, p.value), HEADS);
  const attended = ops.add(embedded, product(mixed, p.merge));
  const out = ops.add(attended, dense(ops.relu(dense(attended, p.up, p.upBias)), p.down, p.downBias));
  const last = out.ref.slice([], TIME - 1);
  return softmaxCrossEntropy(product(last, p.unembedding), labels);
}

export const transformer: Model = {
  problem: () => problem(512),
  gathers: {
    sequence: { from: "sequences", by: "index" },
    answer: { from: "answers", by: "index" },
  },
  loss: (parameters, { sequence, answer }) => loss(parameters, sequence, answer),
};

export const transformerFull: Model = {
  problem: () => problem(PAIRS),
  gathers: {},
  loss: (parameters, { sequences, answers }) => loss(parameters, sequences, answers),
};
