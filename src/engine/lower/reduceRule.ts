/**
 * @file Reductions of all types of a program. jax-js adds booleans as "or" and multiplies them as "and".
 *
 * Integers wrap around. The runtime's own sums and products of int32 stop at the ends of the type, and it reduces no
 * uint32: sums go by way of float64, exact below 2⁵³, products by halving the array, and for the largest and the smallest
 * of uint32 the sign bit is flipped, which turns its order into that of int32.
 */
import type { Builder } from "../ir/builder.ts";
import type { OpName } from "../ir/ops.ts";
import { word } from "./bits.ts";
import { castTo, onesLike } from "./cast.ts";
import { elementwise, unaryOn } from "./elementwise.ts";
import type { Reduction } from "./reduce.ts";
import { reduceView } from "./reduce.ts";
import type { RuleInput } from "./rules.ts";
import { settle } from "./settle.ts";
import type { View } from "./view.ts";
import { shapeOf, uniformView } from "./view.ts";
import { shrink } from "./window.ts";

const REDUCTIONS = { Add: "ReduceSum", Mul: "ReduceProd", Max: "ReduceMax", Min: "ReduceMin" } as const;
const SIGN_BIT = 2 ** 31;
const WORD = 2 ** 32;

export function reduce({ builder, views: [x], params, refuse }: RuleInput): View {
  const op = REDUCTIONS[params.op as keyof typeof REDUCTIONS];
  if (op === undefined) throw refuse(`reduction "${String(params.op)}" is not known`);
  const axes = params.axis as number[];
  return axes.length === 0 ? x : reduceTyped(builder, op, x, axes);
}

export function reduceTyped(builder: Builder, op: Reduction, x: View, axes: readonly number[]): View {
  const { type } = x.storage;
  if (type === "bool") {
    const counted = op === "ReduceSum" ? "ReduceMax" : op === "ReduceProd" ? "ReduceMin" : op;
    return castTo(builder, reduceView(builder, counted, castTo(builder, x, "int32"), axes), "bool");
  }
  if (type !== "int32" && type !== "uint32") return reduceView(builder, op, x, axes);
  if (op === "ReduceSum") return sumOfIntegers(builder, x, axes, type);
  if (op === "ReduceProd") return productOfIntegers(builder, x, axes);
  if (type === "int32") return reduceView(builder, op, x, axes);
  const flip = (view: View): View => elementwise(builder, "BitwiseXor", [view, word(builder, view, SIGN_BIT)]);
  return flip(castTo(builder, reduceView(builder, op, castTo(builder, flip(x), "int32"), axes), "uint32"));
}

function sumOfIntegers(builder: Builder, x: View, axes: readonly number[], type: "int32" | "uint32"): View {
  const { value } = settle(x);
  const counts = value.producer?.op === "Cast" && value.producer.inputs[0].type === "bool";
  if (counts && type === "int32") return reduceView(builder, "ReduceSum", x, axes);
  const sum = reduceView(builder, "ReduceSum", unaryOn(builder, "Cast", x, { to: "float64" }), axes);
  const wide = (op: OpName, left: View, right: number): View =>
    elementwise(builder, op, [left, uniformView(builder.scalar("float64", right), onesLike(left))]);
  const rest = wide("Mod", sum, WORD);
  if (type === "uint32") return unaryOn(builder, "Cast", rest, { to: type });
  // From −2³² … 2³² into −2³¹ … 2³¹.
  const turns = unaryOn(builder, "Floor", wide("Mul", wide("Add", rest, SIGN_BIT), 1 / WORD));
  const wrapped = elementwise(builder, "Sub", [rest, wide("Mul", turns, WORD)]);
  return unaryOn(builder, "Cast", wrapped, { to: type });
}

function productOfIntegers(builder: Builder, x: View, axes: readonly number[]): View {
  const { storage, axes: left } = axes.reduce((view, axis) => multiplyHalves(builder, view, axis), x);
  return { storage, axes: left.filter((_, axis) => !axes.includes(axis)) };
}

/** The product along one axis, which keeps extent 1: one half times the other, and what an odd extent leaves over. */
function multiplyHalves(builder: Builder, x: View, axis: number): View {
  const size = shapeOf(x)[axis];
  if (size === 1) return x;
  const part = (from: number, to: number): View =>
    shrink(
      builder,
      x,
      shapeOf(x).map((extent, i): [number, number] => (i === axis ? [from, to] : [0, extent])),
    );
  const half = Math.floor(size / 2);
  const halves = elementwise(builder, "Mul", [part(0, half), part(half, 2 * half)]);
  const product = multiplyHalves(builder, halves, axis);
  return size % 2 === 0 ? product : elementwise(builder, "Mul", [product, part(size - 1, size)]);
}
