/**
 * @file Recognises cumulative sums. jax-js writes them as a choice of each row's elements by a triangular matrix, summed
 * over: n² elements for n. They become one equation `cumulative_sum` along the last axis, with parameters `reverse` (from
 * the end, as in the gradient) and `exclusive` (without the element itself). Anything else is left alone.
 */
import type { Equation, Operand, TracedProgram } from "../program.ts";
import { Equations, shapeOf, withoutDead } from "./rewriter.ts";

export function recogniseCumulativeSums(program: TracedProgram): TracedProgram {
  const known = new Equations(program);
  const constants = new Map<Operand, ArrayLike<number>>(
    program.constants.map(({ variable, data }) => [variable, data]),
  );
  const triangleOf = (condition: Operand): Triangle | undefined => maybeTriangle(condition, known, constants);
  const equations = program.equations.map((equation) => maybeCumulative(equation, known, triangleOf) ?? equation);
  const outputs = program.outputs.map(({ operand }) => operand);
  return { ...program, equations: withoutDead(equations, outputs) };
}

interface Triangle {
  readonly exclusive: boolean;
}

/** A comparison of column numbers with row numbers that is true where column ≤ row, or where column < row. */
function maybeTriangle(
  condition: Operand,
  known: Equations,
  constants: ReadonlyMap<Operand, ArrayLike<number>>,
): Triangle | undefined {
  const compare = known.madeBy(condition, "compare");
  if (compare === undefined || compare.params.op !== "less_equal") return undefined;
  const [columns, rows] = compare.inputs;
  const extent = shapeOf(columns).at(-1);
  if (shapeOf(columns).length !== 1 || String(shapeOf(rows)) !== String([extent, 1])) return undefined;
  const source = known.madeBy(rows, "reshape")?.inputs[0] ?? rows;
  const [columnNumbers, rowNumbers] = [constants.get(columns), constants.get(source)];
  if (columnNumbers === undefined || rowNumbers === undefined || !countsFrom(columnNumbers, 0)) return undefined;
  if (countsFrom(rowNumbers, 0)) return { exclusive: false };
  return countsFrom(rowNumbers, -1) ? { exclusive: true } : undefined;
}

const countsFrom = (numbers: ArrayLike<number>, first: number): boolean =>
  Array.from(numbers).every((value, i) => value === first + i);

function maybeCumulative(
  equation: Equation,
  known: Equations,
  triangleOf: (condition: Operand) => Triangle | undefined,
): Equation | undefined {
  if (equation.primitive !== "reduce" || equation.params.op !== "Add") return undefined;
  const choice = known.madeBy(equation.inputs[0], "where");
  const triangle = choice === undefined ? undefined : triangleOf(choice.inputs[0]);
  if (choice === undefined || triangle === undefined || !isZero(choice.inputs[2])) return undefined;
  const rows = known.madeBy(choice.inputs[1], "broadcast");
  if (rows === undefined) return undefined;
  const rank = shapeOf(choice.outputs[0]).length;
  const added = (rows.params.axis as readonly number[]).map((axis) => (axis < 0 ? axis + rank : axis));
  const summed = equation.params.axis as readonly number[];
  if (added.length !== 1 || summed.length !== 1) return undefined;
  const [source] = rows.inputs;
  const extent = shapeOf(choice.outputs[0])[rank - 1];
  // The repeated rows fill the whole choice: nothing is repeated along other axes, or along the one that is summed.
  const isFull = shapeOf(source).at(-1) === extent && shapeOf(rows.outputs[0]).length === rank;
  if (!isFull || shapeOf(source).some((size, axis) => size !== shapeOf(equation.outputs[0])[axis])) return undefined;
  const isForward = added[0] === rank - 2 && summed[0] === rank - 1;
  const isReverse = added[0] === rank - 1 && summed[0] === rank - 2;
  if (!isForward && !isReverse) return undefined;
  const params = { reverse: isReverse, exclusive: triangle.exclusive };
  return { ...equation, primitive: "cumulative_sum", inputs: [source], params };
}

const isZero = (operand: Operand): boolean => operand.kind === "literal" && operand.value === 0;
