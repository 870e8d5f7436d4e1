/**
 * @file The network of `grokking` as programs: one full-batch update, and the logits of all pairs.
 *
 * logits = relu((E[a] + E[b])·W1)·W2 without biases.
 */
import {
  type FunctionSpec,
  type JaxArrays,
  type LoopSpec,
  ops,
  type Specs,
  scoped,
  softmaxCrossEntropy,
} from "../../../engine/index.ts";
import { adamwLoop } from "../../adamwTraining.ts";

export interface GrokkingShape {
  readonly modulus: number;
  readonly embedding: number;
  readonly hidden: number;
}

export function parameterSpecs({ modulus, embedding, hidden }: GrokkingShape): Specs {
  return {
    E: { dtype: "float32", shape: [modulus, embedding] },
    W1: { dtype: "float32", shape: [embedding, hidden] },
    W2: { dtype: "float32", shape: [hidden, modulus] },
  };
}

const embed = scoped("embedding", ({ first, second, E }) => ({ y: ops.add(ops.take(E, first), ops.take(E, second)) }));
const hide = scoped("hidden", ({ x, W1 }) => ({ y: ops.relu(ops.matmul(x, W1)) }));
const answer = scoped("answer", ({ x, W2 }) => ({ y: ops.matmul(x, W2) }));

function logitsOf({ E, W1, W2 }: JaxArrays, { first, second }: JaxArrays): JaxArrays[string] {
  return answer({ x: hide({ x: embed({ first, second, E }).y, W1 }).y, W2 }).y;
}

/** Mean cross-entropy over all `pairs` training pairs, nats. */
export function trainingLoop(
  shape: GrokkingShape & { readonly pairs: number; readonly beta1: number; readonly beta2: number },
): LoopSpec {
  const { modulus, pairs, beta1, beta2 } = shape;
  return adamwLoop({
    name: `grokking mod ${modulus}, ${pairs} pairs`,
    parameters: parameterSpecs(shape),
    resident: {
      first: { dtype: "int32", shape: [pairs] },
      second: { dtype: "int32", shape: [pairs] },
      labels: { dtype: "int32", shape: [pairs] },
    },
    perStep: {},
    gathers: {},
    loss: (parameters, args) => softmaxCrossEntropy(logitsOf(parameters, args), args.labels),
    betas: { beta1, beta2 },
  });
}

/** Logits [p², p] of all pairs. */
export function answerFunction(shape: GrokkingShape): FunctionSpec {
  const { modulus } = shape;
  return {
    name: `grokking mod ${modulus}, answers to all pairs`,
    inputs: parameterSpecs(shape),
    resident: { first: { dtype: "int32", shape: [modulus ** 2] }, second: { dtype: "int32", shape: [modulus ** 2] } },
    fn: (args) => ({ logits: logitsOf(args, args) }),
  };
}
