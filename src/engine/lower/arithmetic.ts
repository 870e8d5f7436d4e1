/**
 * @file Arithmetic, comparison and choice on all types of a program. Operands take the type that jax-js gave the result.
 *
 * Integers wrap around modulo 2³²; an integer division by zero stops the run with the runtime's error. The runtime has no
 * choice and no negation for uint32: those go by way of int32, which has the same bits.
 */
import type { Builder } from "../ir/builder.ts";
import type { OpName } from "../ir/ops.ts";
import type { ProgramType } from "../trace/program.ts";
import { castTo, onesLike } from "./cast.ts";
import { elementwise, unaryOn } from "./elementwise.ts";
import type { RuleInput } from "./rules.ts";
import type { View } from "./view.ts";
import { uniformView } from "./view.ts";

const alike = ({ builder, views, outputTypes: [type] }: RuleInput): View[] =>
  views.map((view) => castTo(builder, view, type));

/** jax-js adds booleans as "or" and multiplies them as "and". */
export function arithmetic(op: OpName, logical: OpName) {
  return (input: RuleInput): View =>
    elementwise(input.builder, input.outputTypes[0] === "bool" ? logical : op, alike(input));
}

/** jax-js's idiv truncates towards zero, for floats too. */
export function truncatedQuotient(input: RuleInput): View {
  const { builder } = input;
  const quotient = elementwise(builder, "Div", alike(input));
  return input.outputTypes[0] === "float32" ? truncate(builder, quotient) : quotient;
}

function truncate(builder: Builder, x: View): View {
  const magnitude = unaryOn(builder, "Floor", unaryOn(builder, "Abs", x));
  return elementwise(builder, "Mul", [magnitude, unaryOn(builder, "Sign", x)]);
}

/** With the sign of the dividend. */
export const remainder = (input: RuleInput): View => elementwise(input.builder, "Mod", alike(input));

export function negate({ builder, views: [x] }: RuleInput): View {
  if (x.storage.type !== "uint32") return unaryOn(builder, "Neg", x);
  return elementwise(builder, "Sub", [uniformView(builder.scalar("uint32", 0), onesLike(x)), x]);
}

const COMPARISONS: Readonly<Record<string, OpName>> = {
  less: "Less",
  less_equal: "LessOrEqual",
  equal: "Equal",
  not_equal: "Equal",
};

export function compare({ builder, views, params, refuse }: RuleInput): View {
  const name = params.op as string;
  const op = COMPARISONS[name];
  if (op === undefined) throw refuse(`comparison "${name}" is not known`);
  const type = params.type as ProgramType;
  const common = type === "bool" && op !== "Equal" ? "int32" : type;
  const result = elementwise(
    builder,
    op,
    views.map((view) => castTo(builder, view, common)),
  );
  return name === "not_equal" ? unaryOn(builder, "Not", result) : result;
}

export function where({ builder, views: [condition, ...choices], outputTypes: [type] }: RuleInput): View {
  const [yes, no] = choices.map((view) => castTo(builder, view, type));
  if (type === "bool") {
    const chosen = elementwise(builder, "And", [condition, yes]);
    const other = elementwise(builder, "And", [unaryOn(builder, "Not", condition), no]);
    return elementwise(builder, "Or", [chosen, other]);
  }
  if (type !== "uint32") return elementwise(builder, "Where", [condition, yes, no]);
  const signed = [yes, no].map((view) => castTo(builder, view, "int32"));
  return castTo(builder, elementwise(builder, "Where", [condition, ...signed]), "uint32");
}
