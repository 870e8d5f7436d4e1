/**
 * @file Lowering: walks a traced program and applies one rule per equation, with inputs given as values in a builder.
 */

import { EngineError, UnsupportedPrimitiveError } from "../errors.ts";
import type { Builder } from "../ir/builder.ts";
import type { Value } from "../ir/types.ts";
import { dataOf } from "../ir/types.ts";
import { recogniseCumulativeSums } from "../trace/patterns/cumulativeSums.ts";
import { recognisePooledReshapes } from "../trace/patterns/pooledReshapes.ts";
import type { Constant, Operand, TracedProgram, Variable } from "../trace/program.ts";
import { keepLiveRegions } from "../trace/regions/liveRegions.ts";
import { ROUTINES } from "../trace/segments.ts";
import { materialise } from "./physical.ts";
import { RULES } from "./rules.ts";
import type { View } from "./view.ts";
import { uniformView, viewOf } from "./view.ts";

const NOT_IN_A_GRAPH =
  "it runs on jax-js's own device between graphs, so a compiled function can use it, and a training loop cannot";

/** Values of the program's outputs, each row-major in its logical shape. Throws before anything is run. */
export function lowerProgram(
  builder: Builder,
  traced: TracedProgram,
  inputs: Readonly<Record<string, Value>>,
): Record<string, Value> {
  const program = recognisePooledReshapes(recogniseCumulativeSums(keepLiveRegions(traced)));
  const views = new Map<Variable, View>();
  for (const { name, variable } of program.inputs) views.set(variable, viewOf(inputs[name], variable.shape));
  for (const constant of program.constants) views.set(constant.variable, constantView(builder, constant));
  const read = (operand: Operand): View =>
    operand.kind === "literal" ? uniformView(builder.scalar(operand.type, operand.value), []) : views.get(operand)!;
  for (const { primitive, inputs: operands, params, outputs, scope } of program.equations) {
    builder.scope = scope;
    const refuse = (detail?: string) => new UnsupportedPrimitiveError(primitive, scope, detail);
    const rule = RULES[primitive];
    if (rule === undefined) throw refuse(ROUTINES.has(primitive) ? NOT_IN_A_GRAPH : undefined);
    refuseEmpty(scope, primitive, outputs);
    const result = rule({
      builder,
      views: operands.map(read),
      params,
      outputTypes: outputs.map(({ type }) => type),
      refuse,
    });
    const results = "storage" in result ? [result] : result;
    for (const [i, variable] of outputs.entries()) views.set(variable, results[i]);
  }
  builder.scope = program.name;
  return Object.fromEntries(program.outputs.map(({ name, operand }) => [name, materialise(builder, read(operand))]));
}

function constantView(builder: Builder, { variable: { type, shape }, data }: Constant): View {
  return viewOf(builder.constant(type, shape, dataOf(type, Array.from(data))));
}

function refuseEmpty(scope: string, primitive: string, outputs: readonly Variable[]): void {
  const empty = primitive === "split" ? undefined : outputs.find(({ shape }) => shape.includes(0));
  if (empty !== undefined)
    throw new EngineError(
      "ENGINE_EMPTY",
      `Program ${scope}, ${primitive}: expected no axis of extent 0, got [${empty.shape.join(", ")}]`,
    );
}
