/**
 * @file Recognises pooling that is written as a reshape and a reduction, which unlike the pooling primitive can be mapped
 * over: […, h·s, w·t] → […, h, s, w, t], reduced over s and t. The reshape becomes `pool`, and the reshape back in its
 * gradient `pool_transpose`; the lowering then lays windows out so that what is reduced and broadcast over them runs over
 * long rows (../../lower/pool.ts). Values do not change. Anything else is left alone.
 */
import type { Equation, TracedProgram } from "../program.ts";
import { Equations, shapeOf } from "./rewriter.ts";

/** Longer windows are rows enough by themselves. */
const LONGEST = 8;

export function recognisePooledReshapes(program: TracedProgram): TracedProgram {
  const known = new Equations(program);
  const split = new Set<Equation>();
  const shapes = new Set<string>();
  for (const equation of program.equations) {
    if (!isSplit(equation) || !known.usersOf(equation.outputs[0]).some((user) => reducesWindows(user))) continue;
    split.add(equation);
    shapes.add(String(shapeOf(equation.outputs[0]).slice(-4)));
  }
  if (split.size === 0) return program;
  const equations = program.equations.flatMap((equation) => {
    if (split.has(equation)) return splitByPool(equation, known);
    if (isJoin(equation) && shapes.has(String(shapeOf(equation.inputs[0]).slice(-4))))
      return joinByPool(equation, known);
    return [equation];
  });
  return { ...program, equations };
}

function isSplit({ primitive, inputs, outputs }: Equation): boolean {
  return primitive === "reshape" && splitsLastTwo(shapeOf(inputs[0]), shapeOf(outputs[0]));
}

function isJoin({ primitive, inputs, outputs }: Equation): boolean {
  return primitive === "reshape" && splitsLastTwo(shapeOf(outputs[0]), shapeOf(inputs[0]));
}

/** […lead, h·s, w·t] against […lead, h, s, w, t]. */
function splitsLastTwo(joined: readonly number[], apart: readonly number[]): boolean {
  if (joined.length < 2 || apart.length !== joined.length + 2) return false;
  const lead = joined.slice(0, -2);
  const [h, s, w, t] = apart.slice(-4);
  const isWindow = (size: number): boolean => size > 1 && size <= LONGEST;
  const [height, width] = joined.slice(-2);
  const sameLead = lead.every((extent, axis) => extent === apart[axis]);
  return sameLead && isWindow(s) && isWindow(t) && h > 1 && w > 1 && h * s === height && w * t === width;
}

function reducesWindows({ primitive, inputs, params }: Equation): boolean {
  if (primitive !== "reduce") return false;
  const rank = shapeOf(inputs[0]).length;
  const axes = [...(params.axis as readonly number[])].sort((a, b) => a - b);
  return axes.length === 2 && axes[0] === rank - 3 && axes[1] === rank - 1;
}

/** Puts each window axis behind its own, and all windows last again: the exchange is its own inverse. */
const exchanged = (rank: number): number[] => [
  ...Array.from({ length: rank - 4 }, (_, axis) => axis),
  ...[rank - 4, rank - 2, rank - 3, rank - 1],
];

function splitByPool(equation: Equation, known: Equations): Equation[] {
  const shape = shapeOf(equation.outputs[0]);
  const [h, s, w, t] = shape.slice(-4);
  const windows = known.variable(equation.outputs[0], [...shape.slice(0, -4), h, w, s, t]);
  return [
    { ...equation, primitive: "pool", params: { window: [s, t], strides: [s, t] }, outputs: [windows] },
    { ...equation, primitive: "transpose", inputs: [windows], params: { perm: exchanged(shape.length) } },
  ];
}

function joinByPool(equation: Equation, known: Equations): Equation[] {
  const shape = shapeOf(equation.inputs[0]);
  const [h, s, w, t] = shape.slice(-4);
  const windows = known.variable(equation.outputs[0], [...shape.slice(0, -4), h, w, s, t]);
  return [
    { ...equation, primitive: "transpose", params: { perm: exchanged(shape.length) }, outputs: [windows] },
    {
      ...equation,
      primitive: "pool_transpose",
      inputs: [windows],
      params: { inShape: shapeOf(equation.outputs[0]), window: [s, t], strides: [s, t] },
    },
  ];
}
