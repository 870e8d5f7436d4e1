/**
 * @file Trainings that tests run as ensembles: a perceptron on gathered batches, and a small transformer with attention.
 */
import type { Tensor } from "../../core/index.ts";
import { Rng } from "../../core/index.ts";
import type { LoopSpec } from "../device.ts";
import { initialParameters, tensorSpecs } from "../layers/layer.ts";
import { softmaxCrossEntropy } from "../layers/losses.ts";
import { transformer } from "../layers/transformer.ts";
import { type MlpSizes, mlpData, mlpLoop } from "../mlp.fixture.ts";
import { adamw } from "../optim/adamw.ts";
import { initialTrainingState, trainingColumns, trainingLoop } from "../optim/trainingLoop.ts";
import type { MemberData } from "./compareMembers.ts";

export interface EnsembleCase {
  readonly spec: LoopSpec;
  /** Terms of the longest sum in a step. */
  readonly longestSum: number;
  /** The same for the same arguments. */
  readonly member: (index: number, steps: number) => MemberData;
}

export const SCALARS = ["adamwDecay", "adamwStepSize", "adamwEpsilon"];

/** Learning rate and weight decay differ between members. */
const scalarsOf = (index: number, steps: number) =>
  trainingColumns({
    parts: { optimizer: adamw() },
    firstStep: 0,
    steps,
    settingsAt: () => ({ learningRate: 1e-3 * (1 + index / 4), weightDecay: 0.1 * index }),
  });

/** `own`: residents and tables of which each member has its own; the others are member 0's. */
export function mlpCase(sizes: MlpSizes, own: readonly string[] = []): EnsembleCase {
  const pick = (mine: Record<string, Tensor>, first: Record<string, Tensor>): Record<string, Tensor> =>
    Object.fromEntries(Object.keys(first).map((name) => [name, own.includes(name) ? mine[name] : first[name]]));
  return {
    spec: mlpLoop(sizes, { pixels: "uint8" }),
    longestSum: Math.max(sizes.inputs, sizes.hidden, sizes.batch),
    member(index, steps) {
      const first = mlpData(sizes, steps, 1, "uint8");
      const mine = mlpData(sizes, steps, 1 + index, "uint8");
      return {
        resident: pick(mine.resident, first.resident),
        state: mine.state,
        table: { ...pick(mine.table, first.table), ...scalarsOf(index, steps) },
      };
    },
  };
}

const TOKENS = 7;
const LENGTH = 5;
/** Rows × columns of a member's sums are multiples of four, without which its bits would depend on its place. */
const BATCH = 8;
const attention = transformer({
  tokens: TOKENS,
  context: LENGTH,
  blocks: 1,
  width: 8,
  heads: 2,
  hidden: 16,
  causal: true,
});

/** The next token of random sequences, gathered by index; every member has its own batches. */
export const attentionCase: EnsembleCase = {
  spec: trainingLoop({
    name: "attention",
    parameters: tensorSpecs(attention.parameters),
    optimizer: adamw(),
    resident: { tokens: { dtype: "int32", shape: [40, LENGTH] }, next: { dtype: "int32", shape: [40, LENGTH] } },
    perStep: { index: { dtype: "int32", shape: [BATCH] } },
    gathers: { x: { from: "tokens", by: "index" }, y: { from: "next", by: "index" } },
    loss: (parameters, { x, y }) => softmaxCrossEntropy(attention.apply(parameters, x.ref), y),
  }),
  longestSum: BATCH * LENGTH,
  member(index, steps) {
    const integers = (name: string, seed: number, shape: readonly number[], limit: number): Tensor => {
      const rng = Rng.of(seed, "ensemble", name);
      const length = shape.reduce((product, size) => product * size, 1);
      return { dtype: "int32", shape, data: Int32Array.from({ length }, () => rng.int(limit)) };
    };
    return {
      resident: {
        tokens: integers("tokens", 0, [40, LENGTH], TOKENS),
        next: integers("next", 0, [40, LENGTH], TOKENS),
      },
      state: initialTrainingState(initialParameters(attention.parameters, index, "ensemble"), { optimizer: adamw() }),
      table: { index: integers("index", index, [steps, BATCH], 40), ...scalarsOf(index, steps) },
    };
  },
};
