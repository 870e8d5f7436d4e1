/**
 * @file One lowering rule per jax-js primitive. What is not in the table is refused with its name and scope.
 */
import type { Builder } from "../ir/builder.ts";
import type { OpName } from "../ir/ops.ts";
import type { ProgramType } from "../trace/program.ts";
import { arithmetic, compare, negate, remainder, truncatedQuotient, where } from "./arithmetic.ts";
import { castBits, combineBits, countBits, shiftBits } from "./bits.ts";
import { castTo, onesLike } from "./cast.ts";
import { conv } from "./conv.ts";
import { cumulativeSum } from "./cumulativeSum.ts";
import { dotViews } from "./dot.ts";
import { elementwise, unaryOn } from "./elementwise.ts";
import { flipView } from "./flip.ts";
import { gather, scatter } from "./gather.ts";
import { concatenate, split } from "./indexing.ts";
import { contiguous } from "./physical.ts";
import { pool, poolTranspose } from "./pool.ts";
import { randomBits } from "./random.ts";
import { reduce } from "./reduceRule.ts";
import { argsort, sort } from "./sort.ts";
import type { View } from "./view.ts";
import { broadcastView, maybeReshapeView, transposeView, uniformView } from "./view.ts";
import { pad, shrink } from "./window.ts";

export interface RuleInput {
  readonly builder: Builder;
  readonly views: readonly View[];
  readonly params: Readonly<Record<string, unknown>>;
  /** Types of the equation's outputs, after jax-js's promotion. */
  readonly outputTypes: readonly ProgramType[];
  refuse(detail: string): Error;
}

type Rule = (input: RuleInput) => View | readonly View[];

export const RULES: Readonly<Record<string, Rule>> = {
  add: arithmetic("Add", "Or"),
  mul: arithmetic("Mul", "And"),
  max: arithmetic("Max", "Or"),
  min: arithmetic("Min", "And"),
  idiv: (input) => truncatedQuotient(input),
  mod: (input) => remainder(input),
  bit_combine: (input) => combineBits(input),
  bit_shift: (input) => shiftBits(input),
  bit_count: (input) => countBits(input),
  neg: (input) => negate(input),
  reciprocal: unary("Reciprocal"),
  floor: floatOnly("Floor"),
  ceil: floatOnly("Ceil"),
  exp: unary("Exp"),
  log: unary("Log"),
  sqrt: unary("Sqrt"),
  sin: unary("Sin"),
  cos: unary("Cos"),
  asin: unary("Asin"),
  atan: unary("Atan"),
  erf: unary("Erf"),
  erfc: ({ builder, views: [x] }) =>
    elementwise(builder, "Sub", [uniformView(builder.scalar("float32", 1), onesLike(x)), unaryOn(builder, "Erf", x)]),
  stop_gradient: ({ views: [x] }) => x,
  cast: ({ builder, views: [x], params }) => castTo(builder, x, params.dtype as ProgramType),
  bitcast: (input) => castBits(input),
  random_bits: (input) => randomBits(input),
  compare: (input) => compare(input),
  where: (input) => where(input),
  sort: (input) => sort(input),
  argsort: (input) => argsort(input),
  reduce: (input) => reduce(input),
  cumulative_sum: (input) => cumulativeSum(input),
  dot: ({ builder, views, params, outputTypes: [type] }) => {
    const [x, y] = views.map((view) => castTo(builder, view, type));
    return dotViews(builder, x, y, params.inner as number | undefined);
  },
  conv: (input) => conv(input),
  pool: (input) => pool(input),
  pool_transpose: (input) => poolTranspose(input),
  transpose: ({ views: [x], params }) => transposeView(x, params.perm as number[]),
  broadcast: ({ views: [x], params }) => broadcastView(x, params.shape as number[], params.axis as number[]),
  reshape: ({ builder, views: [x], params }) => {
    const shape = params.shape as number[];
    return maybeReshapeView(x, shape) ?? maybeReshapeView(contiguous(builder, x), shape)!;
  },
  gather: (input) => gather(input),
  scatter: (input) => scatter(input),
  concatenate: ({ builder, views, params, outputTypes: [type] }) =>
    concatenate(
      builder,
      views.map((view) => castTo(builder, view, type)),
      params.axis as number,
    ),
  split: ({ builder, views: [x], params }) => split(builder, x, params.axis as number, params.sizes as number[]),
  shrink: ({ builder, views: [x], params }) => shrink(builder, x, params.slice as [number, number][]),
  pad: ({ builder, views: [x], params }) => pad(builder, x, params.width as [number, number][]),
  flip: ({ builder, views: [x], params }) => flipView(builder, x, params.axis as number[]),
};

function unary(op: OpName): Rule {
  return ({ builder, views: [x] }) => unaryOn(builder, op, x);
}

/** Floor and Ceil leave integers as they are. */
function floatOnly(op: OpName): Rule {
  return ({ builder, views: [x] }) => (x.storage.type === "float32" ? unaryOn(builder, op, x) : x);
}
