/**
 * @file Computes only the parts of arrays that an output depends on. A loss at the last position of a sequence needs the
 * last position of what came before, and its gradient is zero at the others; written plainly, all positions are computed.
 *
 * Forward, each array gets the box outside of which it is zero; backward, the box that is needed; equations are then made
 * anew on the intersection. Sums lose terms that are zero, nothing else changes. What is not computed can raise no NaN:
 * 0 · ∞ at a position that no output reads is not seen. A program without such parts is returned as it is.
 */
import type { Equation, Literal, Operand, TracedProgram, Variable } from "../program.ts";
import type { Box, Range } from "./box.ts";
import { emptyBox, fullBox, hull, intersect, isEmpty, sameBox, sizesOf } from "./box.ts";
import { REGION_RULES } from "./rules.ts";
import { splitContractions } from "./splitContractions.ts";

export function keepLiveRegions(traced: TracedProgram): TracedProgram {
  const program = splitContractions(traced);
  const supports = supportsOf(program);
  const boxes = demandedBoxes(program, supports);
  const isWhole = program.equations.every(({ outputs }) =>
    outputs.every((variable) => sameBox(boxes.get(variable) ?? fullBox(variable.shape), fullBox(variable.shape))),
  );
  return isWhole ? traced : new Restriction(program, supports, boxes).program();
}

type Boxes = ReadonlyMap<Operand, Box>;

function supportsOf({ inputs, constants, equations }: TracedProgram): Boxes {
  const supports = new Map<Operand, Box>();
  for (const { variable } of [...inputs, ...constants]) supports.set(variable, fullBox(variable.shape));
  const producers = new Map<Operand, Equation>();
  for (const equation of equations) {
    const rule = REGION_RULES[equation.primitive];
    for (const variable of equation.outputs) {
      producers.set(variable, equation);
      if (isStep(equation, producers)) supports.set(variable, emptyBox(variable.shape));
      else if (rule === undefined) supports.set(variable, fullBox(variable.shape));
      else supports.set(variable, rule.support(equation, operandBoxes(equation, supports)));
    }
  }
  return supports;
}

/**
 * x − stop_gradient(x), which is zero and exists for its derivative (ops/localModel.ts). Under vmap both may come with their
 * axes moved alike.
 */
function isStep({ primitive, inputs: [x, y] }: Equation, producers: ReadonlyMap<Operand, Equation>): boolean {
  const negation = primitive === "add" ? producers.get(y) : undefined;
  let held = negation?.primitive === "neg" ? producers.get(negation.inputs[0]) : undefined;
  let source = x;
  while (held?.primitive === "transpose") {
    const moved = producers.get(source);
    if (moved?.primitive !== "transpose" || String(moved.params.perm) !== String(held.params.perm)) return false;
    source = moved.inputs[0];
    held = producers.get(held.inputs[0]);
  }
  return held?.primitive === "stop_gradient" && held.inputs[0] === source;
}

const operandBoxes = ({ inputs }: Equation, boxes: Boxes): Box[] => inputs.map((operand) => boxes.get(operand) ?? []);

/** For every variable the box that will be computed; absent: it is not needed. */
function demandedBoxes({ equations, outputs }: TracedProgram, supports: Boxes): Boxes {
  const wanted = new Map<Operand, Box>();
  const want = (operand: Operand, box: Box): void => {
    if (operand.kind === "literal") return;
    const known = wanted.get(operand);
    wanted.set(operand, known === undefined ? box : hull(known, box));
  };
  const boxes = new Map<Operand, Box>();
  for (const { operand } of outputs) if (operand.kind === "variable") want(operand, fullBox(operand.shape));
  for (const equation of [...equations].reverse()) {
    const rule = REGION_RULES[equation.primitive];
    if (rule === undefined) {
      if (!equation.outputs.some((variable) => wanted.has(variable))) continue;
      for (const variable of equation.outputs) boxes.set(variable, fullBox(variable.shape));
      for (const operand of equation.inputs) if (operand.kind === "variable") want(operand, fullBox(operand.shape));
      continue;
    }
    const [variable] = equation.outputs;
    const asked = wanted.get(variable);
    if (asked === undefined) continue;
    const live = intersect(asked, supports.get(variable)!);
    const produced = isEmpty(live) ? emptyBox(variable.shape) : rule.produced(equation, live);
    boxes.set(variable, produced);
    if (isEmpty(produced)) continue;
    const demands = rule.demand(equation, produced, operandBoxes(equation, supports));
    for (const [i, operand] of equation.inputs.entries()) want(operand, demands[i]);
  }
  return boxes;
}

/** Makes the program anew on the boxes. */
class Restriction {
  private readonly source: TracedProgram;
  private readonly supports: Boxes;
  private readonly boxes: Boxes;
  private readonly equations: Equation[] = [];
  /** The array that stands for a variable's box. */
  private readonly made = new Map<Operand, Operand>();
  private nextId: number;

  constructor(source: TracedProgram, supports: Boxes, boxes: Boxes) {
    this.source = source;
    this.supports = supports;
    this.boxes = boxes;
    const given = [...source.inputs, ...source.constants].map(({ variable }) => variable);
    for (const variable of given) this.made.set(variable, variable);
    const all = [...given, ...source.equations.flatMap(({ outputs }) => outputs)];
    this.nextId = all.reduce((next, { id }) => Math.max(next, id + 1), 0);
  }

  program(): TracedProgram {
    for (const equation of this.source.equations) this.remake(equation);
    const outputs = this.source.outputs.map(({ name, operand }) => ({
      name,
      operand: operand.kind === "literal" ? operand : this.part(operand, fullBox(operand.shape), this.source.name),
    }));
    return { ...this.source, equations: this.equations, outputs };
  }

  private remake(equation: Equation): void {
    const rule = REGION_RULES[equation.primitive];
    const box = this.boxes.get(equation.outputs[0]);
    if (box === undefined) return;
    if (rule === undefined) {
      const inputs = equation.inputs.map((operand) =>
        operand.kind === "literal" ? operand : this.part(operand, fullBox(operand.shape), equation.scope),
      );
      this.equations.push({ ...equation, inputs });
      for (const variable of equation.outputs) this.made.set(variable, variable);
      return;
    }
    if (isEmpty(box)) return;
    const demands = rule.demand(equation, box, operandBoxes(equation, this.supports));
    const inputs = equation.inputs.map((operand, i) =>
      operand.kind === "literal" ? operand : this.part(operand, demands[i], equation.scope),
    );
    const [variable] = equation.outputs;
    const params = rule.restrict(equation, box);
    if (params === undefined) this.made.set(variable, inputs[0]);
    else {
      const output = { ...variable, id: this.nextId++, shape: sizesOf(box) };
      this.equations.push({ ...equation, params, inputs, outputs: [output] });
      this.made.set(variable, output);
    }
  }

  /** The asked part of a variable: cut out of its box, and zero where the box does not reach. */
  private part(variable: Variable, asked: Box, scope: string): Operand {
    const shape = sizesOf(asked);
    const box = this.boxes.get(variable) ?? fullBox(variable.shape);
    const made = this.made.get(variable);
    const common = intersect(box, asked);
    if (made === undefined || isEmpty(common)) return this.zeros(variable.type, shape, scope);
    if (sameBox(box, asked)) return made;
    const cut = common.map(([start, end], axis): Range => [start - box[axis][0], end - box[axis][0]]);
    const inside = sameBox(box, common)
      ? made
      : this.emit(variable.type, "shrink", [made], { slice: cut }, sizesOf(common), scope);
    if (sameBox(common, asked)) return inside;
    const width = common.map(([start, end], axis): Range => [start - asked[axis][0], asked[axis][1] - end]);
    return this.emit(variable.type, "pad", [inside], { width }, shape, scope);
  }

  private zeros(type: Variable["type"], shape: readonly number[], scope: string): Operand {
    const zero: Literal = { kind: "literal", type, value: 0 };
    if (shape.length === 0) return zero;
    return this.emit(type, "broadcast", [zero], { shape, axis: shape.map((_, axis) => axis) }, shape, scope);
  }

  private emit(
    type: Variable["type"],
    primitive: string,
    inputs: readonly Operand[],
    params: Equation["params"],
    shape: readonly number[],
    scope: string,
  ): Variable {
    const output: Variable = { kind: "variable", id: this.nextId++, type, shape };
    this.equations.push({ primitive, inputs, params, outputs: [output], scope });
    return output;
  }
}
