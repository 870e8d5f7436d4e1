/**
 * @file What every pattern over equations needs: who made a variable, who uses it, and new variables.
 */
import type { Equation, Operand, TracedProgram, Variable } from "../program.ts";

export class Equations {
  private readonly producers = new Map<Operand, Equation>();
  private readonly users = new Map<Operand, Equation[]>();
  private nextId: number;

  constructor({ inputs, constants, equations }: TracedProgram) {
    const given = [...inputs, ...constants].map(({ variable }) => variable);
    const all = [...given, ...equations.flatMap(({ outputs }) => outputs)];
    this.nextId = all.reduce((next, { id }) => Math.max(next, id + 1), 0);
    for (const equation of equations) {
      for (const output of equation.outputs) this.producers.set(output, equation);
      for (const input of equation.inputs) this.users.set(input, [...(this.users.get(input) ?? []), equation]);
    }
  }

  /** The equation that made an operand, if it is one of this primitive. */
  madeBy(operand: Operand, primitive: string): Equation | undefined {
    const producer = this.producers.get(operand);
    return producer?.primitive === primitive ? producer : undefined;
  }

  usersOf(operand: Operand): readonly Equation[] {
    return this.users.get(operand) ?? [];
  }

  variable(like: Variable, shape: readonly number[]): Variable {
    return { kind: "variable", id: this.nextId++, type: like.type, shape };
  }
}

export const shapeOf = (operand: Operand): readonly number[] => (operand.kind === "literal" ? [] : operand.shape);

/** Without equations whose results nothing needs. */
export function withoutDead(equations: readonly Equation[], outputs: readonly Operand[]): Equation[] {
  const live = new Set<Operand>(outputs);
  const kept: Equation[] = [];
  for (const equation of [...equations].reverse()) {
    if (!equation.outputs.some((variable) => live.has(variable))) continue;
    for (const input of equation.inputs) live.add(input);
    kept.push(equation);
  }
  return kept.reverse();
}
