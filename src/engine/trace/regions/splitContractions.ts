/**
 * @file A contraction over one axis that both operands joined from several is made one over those axes (`inner` of them):
 * gradients of weights sum over examples and positions at once, and a part of the positions is a box only as an axis of
 * its own. Changes no number: the lowering joins what lies together.
 */
import type { Equation, Operand, TracedProgram } from "../program.ts";

export function splitContractions(program: TracedProgram): TracedProgram {
  const producers = new Map<Operand, Equation>();
  const equations = program.equations.map((equation) => {
    const split = equation.primitive === "dot" ? maybeSplit(equation, producers) : undefined;
    const made = split ?? equation;
    for (const output of made.outputs) producers.set(output, made);
    return made;
  });
  return { ...program, equations };
}

function maybeSplit(equation: Equation, producers: ReadonlyMap<Operand, Equation>): Equation | undefined {
  if (equation.params.inner !== undefined) return undefined;
  const sources = equation.inputs.map((operand) => maybeJoined(operand, producers));
  const [left, right] = sources;
  if (left === undefined || right === undefined || left.tail.length < 2) return undefined;
  if (left.tail.length !== right.tail.length || left.tail.some((extent, i) => extent !== right.tail[i]))
    return undefined;
  return {
    ...equation,
    inputs: [left.source, right.source],
    params: { ...equation.params, inner: left.tail.length },
  };
}

/** What a reshape joined into its last axis, if it left all others as they were. */
function maybeJoined(operand: Operand, producers: ReadonlyMap<Operand, Equation>) {
  const producer = producers.get(operand);
  if (operand.kind === "literal" || producer?.primitive !== "reshape") return undefined;
  const source = producer.inputs[0];
  if (source.kind === "literal") return undefined;
  const lead = operand.shape.slice(0, -1);
  if (source.shape.length < operand.shape.length || lead.some((extent, axis) => source.shape[axis] !== extent))
    return undefined;
  return { source, tail: source.shape.slice(lead.length) };
}
