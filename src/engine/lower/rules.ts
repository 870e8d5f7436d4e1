/**
 * @file One lowering rule per jax-js primitive. What is not in the table is refused with its name and scope.
 */
import type { Builder } from "../ir/builder.ts";
import type { OpName } from "../ir/ops.ts";
import type { ProgramType } from "../trace/program.ts";
import { castTo } from "./cast.ts";
import { conv } from "./conv.ts";
import { dotViews } from "./dot.ts";
import { elementwise, unaryOn } from "./elementwise.ts";
import { flipView } from "./flip.ts";
import { gather, scatter } from "./gather.ts";
import { concatenate, split } from "./indexing.ts";
import { contiguous } from "./physical.ts";
import { pool, poolTranspose } from "./pool.ts";
import { reduceView } from "./reduce.ts";
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
  neg: unary("Neg"),
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
  compare: (input) => compare(input),
  where: ({ builder, views: [condition, yes, no], outputTypes: [type] }) =>
    where(builder, condition, castTo(builder, yes, type), castTo(builder, no, type)),
  reduce: (input) => reduce(input),
  dot: ({ builder, views: [x, y], params, outputTypes: [type], refuse }) => {
    if (type !== "float32") throw refuse(`its operands are ${type}; cast them to float32`);
    return dotViews(builder, castTo(builder, x, type), castTo(builder, y, type), params.inner as number | undefined);
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

const onesLike = (view: View): number[] => view.axes.map(() => 1);

function unary(op: OpName): Rule {
  return ({ builder, views: [x] }) => unaryOn(builder, op, x);
}

/** Floor and Ceil leave integers as they are. */
function floatOnly(op: OpName): Rule {
  return ({ builder, views: [x] }) => (x.storage.type === "float32" ? unaryOn(builder, op, x) : x);
}

/** jax-js adds booleans as "or" and multiplies them as "and". */
function arithmetic(op: OpName, logical: OpName): Rule {
  return ({ builder, views, outputTypes: [type] }) =>
    elementwise(
      builder,
      type === "bool" ? logical : op,
      views.map((view) => castTo(builder, view, type)),
    );
}

/** jax-js's idiv truncates towards zero, for floats too. */
function truncatedQuotient({ builder, views, outputTypes: [type] }: RuleInput): View {
  const quotient = elementwise(
    builder,
    "Div",
    views.map((view) => castTo(builder, view, type)),
  );
  return type === "int32" ? quotient : truncate(builder, quotient);
}

function truncate(builder: Builder, x: View): View {
  const magnitude = unaryOn(builder, "Floor", unaryOn(builder, "Abs", x));
  return elementwise(builder, "Mul", [magnitude, unaryOn(builder, "Sign", x)]);
}

function remainder({ builder, views, outputTypes: [type] }: RuleInput): View {
  return elementwise(
    builder,
    "Mod",
    views.map((view) => castTo(builder, view, type)),
  );
}

const COMPARISONS: Readonly<Record<string, OpName>> = {
  less: "Less",
  less_equal: "LessOrEqual",
  equal: "Equal",
  not_equal: "Equal",
};

function compare({ builder, views, params, refuse }: RuleInput): View {
  const name = params.op as string;
  const op = COMPARISONS[name];
  if (op === undefined) throw refuse(`comparison "${name}" is not known`);
  const types = views.map(({ storage }) => storage.type);
  const common: ProgramType = types.includes("float32") ? "float32" : "int32";
  const result = elementwise(
    builder,
    op,
    views.map((view) => castTo(builder, view, common)),
  );
  return name === "not_equal" ? unaryOn(builder, "Not", result) : result;
}

function where(builder: Builder, condition: View, yes: View, no: View): View {
  if (yes.storage.type !== "bool") return elementwise(builder, "Where", [condition, yes, no]);
  const chosen = elementwise(builder, "And", [condition, yes]);
  const other = elementwise(builder, "And", [unaryOn(builder, "Not", condition), no]);
  return elementwise(builder, "Or", [chosen, other]);
}

const REDUCTIONS = { Add: "ReduceSum", Mul: "ReduceProd", Max: "ReduceMax", Min: "ReduceMin" } as const;

function reduce({ builder, views: [x], params, refuse }: RuleInput): View {
  const op = REDUCTIONS[params.op as keyof typeof REDUCTIONS];
  if (op === undefined) throw refuse(`reduction "${String(params.op)}" is not known`);
  const axes = params.axis as number[];
  if (axes.length === 0) return x;
  if (x.storage.type !== "bool") return reduceView(builder, op, x, axes);
  const counted = op === "ReduceSum" ? "ReduceMax" : op === "ReduceProd" ? "ReduceMin" : op;
  return castTo(builder, reduceView(builder, counted, castTo(builder, x, "int32"), axes), "bool");
}
