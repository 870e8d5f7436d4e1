/**
 * @file Operations on the bits of integers: and, or, exclusive or, shifts, counts, and reading the four bytes of one type
 * as another. Shifts fill with zeros for int32 too, and take the distance modulo 32, as jax-js does.
 *
 * Shifts and counts are made on uint32, which the runtime has kernels for.
 */
import type { Builder } from "../ir/builder.ts";
import type { OpName } from "../ir/ops.ts";
import type { ProgramType } from "../trace/program.ts";
import { castTo, onesLike } from "./cast.ts";
import { elementwise, unaryOn } from "./elementwise.ts";
import type { RuleInput } from "./rules.ts";
import type { View } from "./view.ts";
import { uniformView } from "./view.ts";

const COMBINATIONS: Readonly<Record<string, { readonly bits: OpName; readonly logical: OpName }>> = {
  and: { bits: "BitwiseAnd", logical: "And" },
  or: { bits: "BitwiseOr", logical: "Or" },
  xor: { bits: "BitwiseXor", logical: "Xor" },
};

export function combineBits({ builder, views, params, outputTypes: [type], refuse }: RuleInput): View {
  const op = COMBINATIONS[params.op as string];
  if (op === undefined) throw refuse(`bit operation "${String(params.op)}" is not known`);
  const operands = views.map((view) => castTo(builder, view, type));
  return elementwise(builder, type === "bool" ? op.logical : op.bits, operands);
}

export function shiftBits({ builder, views, params, outputTypes: [type], refuse }: RuleInput): View {
  const direction = ({ shl: "LEFT", shr: "RIGHT" } as const)[params.op as "shl" | "shr"];
  if (direction === undefined) throw refuse(`shift "${String(params.op)}" is not known`);
  const [x, distance] = views.map((view) => castTo(builder, view, "uint32"));
  const below32 = elementwise(builder, "BitwiseAnd", [distance, word(builder, distance, 31)]);
  return castTo(builder, shift(builder, x, below32, direction), type);
}

/** The number of bits that are 1: pairs, nibbles and bytes are added up inside of the word. */
export function countBits({ builder, views: [x] }: RuleInput): View {
  const masked = (view: View, mask: number): View =>
    elementwise(builder, "BitwiseAnd", [view, word(builder, view, mask)]);
  const right = (view: View, distance: number): View => shift(builder, view, word(builder, view, distance), "RIGHT");
  const add = (left: View, other: View): View => elementwise(builder, "Add", [left, other]);
  const bits = castTo(builder, x, "uint32");
  const pairs = elementwise(builder, "Sub", [bits, masked(right(bits, 1), 0x55555555)]);
  const nibbles = add(masked(pairs, 0x33333333), masked(right(pairs, 2), 0x33333333));
  const bytes = masked(add(nibbles, right(nibbles, 4)), 0x0f0f0f0f);
  const total = elementwise(builder, "Mul", [bytes, word(builder, bytes, 0x01010101)]);
  return castTo(builder, right(total, 24), "int32");
}

export function castBits({ builder, views: [x], params }: RuleInput): View {
  const type = params.dtype as ProgramType;
  const from = x.storage.type;
  if (from === type) return x;
  if (from !== "float32" && type !== "float32") return castTo(builder, x, type);
  return unaryOn(builder, "BitCast", x, { to: type });
}

export function shift(builder: Builder, x: View, distance: View, direction: "LEFT" | "RIGHT"): View {
  return elementwise(builder, "BitShift", [x, distance], { direction });
}

export function word(builder: Builder, like: View, value: number): View {
  return uniformView(builder.scalar("uint32", value), onesLike(like));
}
