/**
 * @file Pass: functions that jax-js spells out, in the form that its tracer gives them, become the runtime's own
 * operators: tanh, sigmoid and softmax. Their derivatives are no part of it (see ../../ops/localModel.ts).
 */
import { isScalar } from "../constants.ts";
import { rebuild, useCounts } from "../rebuild.ts";
import type { Graph, Value } from "../types.ts";
import { sameShape } from "../types.ts";
import { beforeReshape, maybeOperand, maybeOperands, maybeWithScalar } from "./match.ts";

export function recogniseFunctions(graph: Graph): Graph {
  const uses = useCounts(graph);
  return rebuild(graph, ({ builder, node: { op, outputs, inputs: sources }, inputs }) => {
    const [left, right] = inputs;
    if (op === "Mul") {
      const x = maybeTanh(left, right) ?? maybeTanh(right, left);
      if (x !== undefined) return builder.emit("Tanh", [x]);
      const sums = maybeOperand(right, "Reciprocal");
      const scores = sums === undefined || isShared(sources[1], uses) ? undefined : maybeSoftmax(left, sums);
      return scores === undefined ? undefined : builder.emit("Softmax", [scores]);
    }
    if (op === "Reciprocal") {
      const x = maybeOperand(maybeOperand(maybeWithScalar(left, "Add", 1), "Exp"), "Neg");
      return x === undefined ? undefined : builder.emit("Sigmoid", [x]);
    }
    if (op !== "Div") return undefined;
    const scores = isShared(sources[1], uses) ? undefined : maybeSoftmax(left, right);
    return scores !== undefined && sameShape(scores.shape, outputs[0].shape)
      ? builder.emit("Softmax", [scores])
      : undefined;
  });
}

/** s·(e − 1)/(e + 1) with e = exp(2sx) and s the sign of −x. */
function maybeTanh(quotient: Value, sign: Value): Value | undefined {
  const [less, more] = maybeOperands(quotient, "Div") ?? [];
  const grown = maybeWithScalar(less, "Add", -1);
  if (grown === undefined || grown !== maybeWithScalar(more, "Add", 1)) return undefined;
  const doubled = maybeWithScalar(maybeOperand(grown, "Exp"), "Mul", 2);
  const factors = maybeOperands(doubled, "Mul");
  if (factors === undefined || !factors.includes(sign)) return undefined;
  const x = factors[0] === sign ? factors[1] : factors[0];
  return x === maybeSignedBy(sign) ? x : undefined;
}

/** What a value is 1 where negative and −1 elsewhere of. */
function maybeSignedBy(sign: Value): Value | undefined {
  const [negative, yes, no] = maybeOperands(sign, "Where") ?? [];
  return negative !== undefined && isScalar(yes, 1) && isScalar(no, -1) ? maybeNegative(negative) : undefined;
}

function maybeNegative(condition: Value): Value | undefined {
  const [x, zero] = maybeOperands(condition, "Less") ?? [];
  return x !== undefined && isScalar(zero, 0) ? x : undefined;
}

/** Whether the sums behind a divisor have another use: then they must be computed anyway. */
function isShared(divisor: Value, uses: ReadonlyMap<Value, number>): boolean {
  for (let value: Value | undefined = divisor; value !== undefined; value = maybeOnlyOperand(value))
    if ((uses.get(value) ?? 0) > 1) return true;
  return false;
}

const maybeOnlyOperand = (value: Value): Value | undefined =>
  maybeOperand(value, "Reshape") ?? maybeOperand(value, "Reciprocal");

/** exp(x − max)/Σ exp(x − max) over the last axis. */
function maybeSoftmax(weights: Value, sums: Value): Value | undefined {
  const [scores, maximum] = maybeOperands(maybeOperand(weights, "Exp"), "Sub") ?? [];
  if (scores === undefined || scores.shape.length === 0) return undefined;
  const last = scores.shape.length - 1;
  const column = [...scores.shape.slice(0, -1), 1];
  if (!sameShape(sums.shape, column) || !sameShape(maximum.shape, column)) return undefined;
  const isOverLast = (value: Value, op: "ReduceMax" | "ReduceSum", of: Value): boolean => {
    const made = beforeReshape(value);
    const axes = made.producer?.attributes.axes as readonly number[] | undefined;
    return maybeOperand(made, op) === of && axes?.length === 1 && axes[0] === last;
  };
  return isOverLast(maximum, "ReduceMax", scores) && isOverLast(sums, "ReduceSum", weights) ? scores : undefined;
}
