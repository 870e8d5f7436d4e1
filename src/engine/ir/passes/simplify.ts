/**
 * @file Pass: local rewrites. Identities with constants, subtraction and division recovered from negation and
 * reciprocal, factors moved to where they cost nothing, chains of reshapes. Each keeps the value up to the last
 * rounding; none drops a NaN.
 */
import type { Builder } from "../builder.ts";
import { isScalar, maybeScalar } from "../constants.ts";
import type { OpName } from "../ops.ts";
import { rebuild } from "../rebuild.ts";
import type { Attributes, Data, Graph, IrType, Value } from "../types.ts";
import { sameShape, sizeOf } from "../types.ts";
import { maybeFold } from "./foldConstants.ts";

type Rewrite = (simplifier: Simplifier, inputs: readonly Value[], attributes: Attributes) => Value | undefined;

const REWRITES: Partial<Record<OpName, Rewrite>> = {
  Add: rewriteAdd,
  Sub: (b, [x, y]) => {
    if (isScalar(y, 0) && y.type !== "float32") return x;
    const negated = operandOf(y, "Neg");
    return negated === undefined ? rewriteScaledSum(b, "Sub", x, y) : b.op("Add", [x, negated]);
  },
  Mul: rewriteMul,
  Div: (_, [x, y]) => (isScalar(y, 1) ? x : undefined),
  Neg: rewriteNeg,
  Max: (b, [x, y]) => rewriteRelu(b, x, y) ?? rewriteScaled(b, "Max", x, y),
  Min: (b, [x, y]) => rewriteScaled(b, "Min", x, y),
  MatMul: rewriteMatMul,
  And: (b, inputs) => rewriteLogic(b, inputs, 1),
  Or: (b, inputs) => rewriteLogic(b, inputs, 0),
  Not: (_, [x]) => operandOf(x, "Not"),
  Where: rewriteWhere,
  Cast: (_, [x], { to }) => (x.type === to ? x : undefined),
  Reshape: rewriteReshape,
  Transpose: (_, [x], { perm }) => ((perm as readonly number[]).every((axis, i) => axis === i) ? x : undefined),
  Expand: (_, [x], { shape }) => (sameShape(x.shape, shape as readonly number[]) ? x : undefined),
};

export function simplify(graph: Graph): Graph {
  return rebuild(graph, ({ builder, node: { op, attributes, outputs }, inputs }) => {
    const rewritten = REWRITES[op]?.(new Simplifier(builder), inputs, attributes);
    return rewritten !== undefined && sameShape(rewritten.shape, outputs[0].shape) ? [rewritten] : undefined;
  });
}

/** Makes nodes that are themselves simplified and folded. */
class Simplifier {
  private readonly builder: Builder;

  constructor(builder: Builder) {
    this.builder = builder;
  }

  op(op: OpName, inputs: readonly Value[], attributes: Attributes = {}): Value {
    return (
      REWRITES[op]?.(this, inputs, attributes) ??
      maybeFold(this.builder, op, inputs, attributes) ??
      this.builder.op(op, inputs, attributes)
    );
  }

  scalar(type: IrType, value: number): Value {
    return this.builder.scalar(type, value);
  }

  constant(type: IrType, shape: readonly number[], data: Data): Value {
    return this.builder.constant(type, shape, data);
  }
}

function rewriteAdd(b: Simplifier, [x, y]: readonly Value[]): Value | undefined {
  if (isScalar(y, 0)) return x;
  if (isScalar(x, 0)) return y;
  if (x === y && x.type === "float32") return b.op("Mul", [x, b.scalar("float32", 2)]);
  const sum = x.type === "float32" && x.producer?.op === "Add" ? x.producer.inputs : undefined;
  if (sum?.includes(y)) {
    const other = sum[0] === y ? sum[1] : sum[0];
    return b.op("Add", [other, b.op("Mul", [y, b.scalar("float32", 2)])]);
  }
  const negatedRight = operandOf(y, "Neg");
  if (negatedRight !== undefined) return b.op("Sub", [x, negatedRight]);
  const negatedLeft = operandOf(x, "Neg");
  if (negatedLeft !== undefined) return b.op("Sub", [y, negatedLeft]);
  return rewriteScaledSum(b, "Add", x, y);
}

/** A factor that both terms have, up to its sign, is taken out: once, or into the product that comes next. */
function rewriteScaledSum(b: Simplifier, op: "Add" | "Sub", x: Value, y: Value): Value | undefined {
  const [left, right] = [maybeScaled(x), maybeScaled(y)];
  if (left === undefined || right === undefined || !sameShape(left.of.shape, right.of.shape)) return undefined;
  if (Math.abs(left.factor) !== Math.abs(right.factor)) return undefined;
  const sameSign = left.factor === right.factor;
  const isSum = (op === "Add") === sameSign;
  return b.op("Mul", [b.op(isSum ? "Add" : "Sub", [left.of, right.of]), b.scalar("float32", left.factor)]);
}

function rewriteMul(b: Simplifier, [x, y]: readonly Value[]): Value | undefined {
  if (maybeScalar(x) !== undefined && maybeScalar(y) === undefined) return b.op("Mul", [y, x]);
  if (isScalar(y, 1)) return x;
  if (isScalar(y, -1)) return b.op("Neg", [x]);
  const factor = maybeScalar(y);
  if (factor === undefined) return rewriteProduct(b, x, y) ?? rewriteProduct(b, y, x);
  const negated = operandOf(x, "Neg");
  if (negated !== undefined) return b.op("Mul", [negated, b.op("Neg", [y])]);
  const inner = x.producer?.op === "Mul" ? x.producer.inputs : undefined;
  if (inner !== undefined && maybeScalar(inner[1]) !== undefined && x.type === "float32")
    return b.op("Mul", [inner[0], b.op("Mul", [inner[1], y])]);
  return undefined;
}

/** A product of two arrays: the reciprocal, the sign and the factor of one are moved to where they cost least. */
function rewriteProduct(b: Simplifier, x: Value, y: Value): Value | undefined {
  if (x.type !== "float32") return undefined;
  const divisor = operandOf(y, "Reciprocal");
  if (divisor !== undefined && sizeOf(divisor.shape) >= sizeOf(x.shape)) return b.op("Div", [x, divisor]);
  const negated = operandOf(y, "Neg");
  if (negated !== undefined) return b.op("Neg", [b.op("Mul", [x, negated])]);
  const scaled = maybeScaled(y);
  if (scaled === undefined || sizeOf(scaled.of.shape) < sizeOf(x.shape)) return undefined;
  return b.op("Mul", [b.op("Mul", [x, scaled.of]), b.scalar("float32", scaled.factor)]);
}

/** Next to an addition a sign costs nothing, and a constant factor takes it in. */
function rewriteNeg(b: Simplifier, [x]: readonly Value[]): Value | undefined {
  const twice = operandOf(x, "Neg");
  if (twice !== undefined) return twice;
  const scaled = maybeScaled(x);
  if (scaled !== undefined) return b.op("Mul", [scaled.of, b.scalar("float32", -scaled.factor)]);
  const difference = x.producer?.op === "Sub" ? x.producer.inputs : undefined;
  return difference === undefined ? undefined : b.op("Sub", [difference[1], difference[0]]);
}

function rewriteRelu(b: Simplifier, x: Value, y: Value): Value | undefined {
  if (x.type !== "float32") return undefined;
  if (isScalar(y, 0) && maybeScalar(x) === undefined) return b.op("Relu", [x]);
  if (isScalar(x, 0) && maybeScalar(y) === undefined) return b.op("Relu", [y]);
  return undefined;
}

/** A common positive factor is taken out of a maximum: rounding is monotone, so no bit changes. */
function rewriteScaled(b: Simplifier, op: "Max" | "Min", x: Value, y: Value): Value | undefined {
  const [left, right] = [maybeScaled(x), maybeScaled(y)];
  if (left === undefined || right === undefined || left.factor !== right.factor || !(left.factor > 0)) return undefined;
  return b.op("Mul", [b.op(op, [left.of, right.of]), b.scalar("float32", left.factor)]);
}

/** Constant factors of the operands become the product's own, which costs nothing. */
function rewriteMatMul(b: Simplifier, [x, y, ...bias]: readonly Value[], attributes: Attributes): Value | undefined {
  const [left, right] = [maybeScaled(x), maybeScaled(y)];
  if ((left === undefined && right === undefined) || bias.length > 0) return undefined;
  const alpha = (attributes.alpha as number) * (left?.factor ?? 1) * (right?.factor ?? 1);
  return b.op("MatMul", [left?.of ?? x, right?.of ?? y], { ...attributes, alpha: Math.fround(alpha) });
}

function maybeScaled({ producer, type }: Value): { of: Value; factor: number } | undefined {
  if (producer?.op !== "Mul" || type !== "float32") return undefined;
  const factor = maybeScalar(producer.inputs[1]);
  return factor === undefined ? undefined : { of: producer.inputs[0], factor };
}

/** And with true, Or with false leave the other operand; And with false, Or with true decide. */
function rewriteLogic(b: Simplifier, [x, y]: readonly Value[], neutral: 0 | 1): Value | undefined {
  for (const [side, other] of [
    [x, y],
    [y, x],
  ]) {
    const value = maybeScalar(side);
    if (value === undefined) continue;
    if (value === neutral) return other;
    return other.shape.length === 0 ? side : b.op("Expand", [side], { shape: other.shape });
  }
  return undefined;
}

function rewriteWhere(b: Simplifier, [condition, yes, no]: readonly Value[]): Value | undefined {
  const decided = maybeConstantCondition(condition);
  if (decided === undefined) return rewriteChoice(b, condition, yes, no);
  const chosen = decided === 0 ? no : yes;
  const other = decided === 0 ? yes : no;
  const fits = sizeOf(chosen.shape) >= sizeOf(other.shape) && sizeOf(chosen.shape) >= sizeOf(condition.shape);
  return fits ? chosen : undefined;
}

/** A negated condition swaps the choices; a choice between 1 and 0 is a conversion, which the runtime does faster. */
function rewriteChoice(b: Simplifier, condition: Value, yes: Value, no: Value): Value | undefined {
  const negated = operandOf(condition, "Not");
  if (negated !== undefined) return b.op("Where", [negated, no, yes]);
  if (isScalar(yes, 1) && isScalar(no, 0)) return b.op("Cast", [condition], { to: yes.type });
  if (isScalar(yes, 0) && isScalar(no, 1)) return b.op("Cast", [b.op("Not", [condition])], { to: yes.type });
  return undefined;
}

function maybeConstantCondition(condition: Value): number | undefined {
  return maybeScalar(operandOf(condition, "Expand") ?? condition);
}

function rewriteReshape(b: Simplifier, [x]: readonly Value[], { shape }: Attributes): Value | undefined {
  const target = shape as readonly number[];
  if (sameShape(x.shape, target)) return x;
  const producer = x.producer;
  if (producer === undefined) return undefined;
  switch (producer.op) {
    case "Reshape":
      return b.op("Reshape", producer.inputs, { shape: target });
    // Kept next to their consumer, where Add and Mul can absorb them.
    case "Neg":
    case "Reciprocal":
      return b.op(producer.op, [b.op("Reshape", producer.inputs, { shape: target })]);
    case "Constant":
      return b.constant(x.type, target, producer.data!);
    default:
      return undefined;
  }
}

function operandOf({ producer }: Value, op: OpName): Value | undefined {
  return producer?.op === op ? producer.inputs[0] : undefined;
}
