/**
 * @file Convolution with all of jax-js's parameters: strides, padding (negative cuts), dilation of either operand, mapped
 * axes. Refuses integers and more than three spatial axes.
 *
 * Mapped axes that only one operand has join its examples or its output channels; those of both are groups. Then one of
 * three forms, chosen by what was measured (one thread, AVX2, batch 128, milliseconds of processor time):
 * - direct: the runtime's Conv;
 * - transposed: its ConvTranspose where the kernel lies reversed, as in the gradient of the input, or where the left
 *   operand is dilated: 9.9 against 16.7 for a Conv with the reversed kernel (32 → 64 channels, 3×3 on 13×13; forward
 *   9.8), 1.9 against 10.5 (1 → 32, 3×3 on 28×28);
 * - products (./convProducts.ts): where the result has few positions and the "kernel" more, as in the gradient of a small
 *   kernel: 13.8 against 18.7 for a Conv with examples and channels exchanged (32 → 64, 3×3 on 13×13), 7.9 against 13.7
 *   (3 → 32, 3×3 on 32×32). From 5×5 on both take as long (6.8 against 7.6 for 16 → 32 on 12×12, 21 against 21 on 14×14 with
 *   padding), and the Conv needs no memory for the unfolded input.
 * Sharing the unfolded input between forward pass and kernel gradient gains nothing: a product over it takes as long as
 * the runtime's Conv.
 */
import type { Builder } from "../ir/builder.ts";
import type { Value } from "../ir/types.ts";
import { sizeOf } from "../ir/types.ts";
import { castTo } from "./cast.ts";
import type { ConvProblem, ConvWindow } from "./convProblem.ts";
import { cutInput, outputExtents, padded, spatialShape, withDilatedInput } from "./convProblem.ts";
import { convByProducts } from "./convProducts.ts";
import { flipView, isFlipped } from "./flip.ts";
import { materialise } from "./physical.ts";
import type { RuleInput } from "./rules.ts";
import type { View } from "./view.ts";
import { broadcastAtoms, shapeOf, transposeView, viewOf } from "./view.ts";

/** Products pay up to here: each position of the result is one pass over the input. */
const MOST_POSITIONS = 16;

export function conv({ builder, views: [left, right], params, outputTypes: [type], refuse }: RuleInput): View {
  if (type !== "float32") throw refuse(`its operands are ${type}; cast them to float32`);
  const window = windowOf(params);
  if (window.length > 3) throw refuse(`it has ${window.length} spatial axes, and at most three are supported`);
  const mapped = params.vmapDims as number;
  const [x, kernel] = [left, right].map((view) => castTo(builder, view, type));
  const roles = rolesOf(x, kernel, mapped);
  const spatial = window.map((_, i) => mapped + 2 + i);
  const problem: ConvProblem = {
    input: transposeView(x, [...roles.both, ...roles.left, mapped, mapped + 1, ...spatial]),
    kernel: transposeView(kernel, [...roles.both, ...roles.right, mapped, mapped + 1, ...spatial]),
    groups: roles.both.length,
    examples: roles.left.length + 1,
    outputs: roles.right.length + 1,
    window,
  };
  const result = solve(builder, problem);
  // From [groups, examples, outputs, …spatial] to the order of the equation, with repeated mapped axes put back.
  const order = [...roles.both, ...roles.left, mapped, ...roles.right, mapped + 1, ...spatial];
  const axes = Array.from({ length: mapped + 2 + window.length }, (_, axis) => {
    const at = order.indexOf(axis);
    return at === -1 ? broadcastAtoms(Math.max(shapeOf(left)[axis], shapeOf(right)[axis])) : result.axes[at];
  });
  return { storage: result.storage, axes };
}

function windowOf(params: Readonly<Record<string, unknown>>): ConvWindow[] {
  const { strides, padding, lhsDilation, rhsDilation } = params as {
    strides: number[];
    padding: [number, number][];
    lhsDilation: number[];
    rhsDilation: number[];
  };
  return strides.map((stride, i) => ({
    stride,
    before: padding[i][0],
    after: padding[i][1],
    inputDilation: lhsDilation[i],
    kernelDilation: rhsDilation[i],
  }));
}

/** Mapped axes along which both operands vary, or only one. Axes along which neither does are left out. */
function rolesOf(left: View, right: View, mapped: number) {
  const varies = (view: View, axis: number): boolean => view.axes[axis].some(({ stride }) => stride > 0);
  const all = Array.from({ length: mapped }, (_, axis) => axis);
  return {
    both: all.filter((axis) => varies(left, axis) && varies(right, axis)),
    left: all.filter((axis) => varies(left, axis) && !varies(right, axis)),
    right: all.filter((axis) => !varies(left, axis) && varies(right, axis)),
  };
}

function solve(builder: Builder, problem: ConvProblem): View {
  const { window } = problem;
  const outputShape = outputExtents(problem);
  const positions = sizeOf(outputShape);
  const kernelSize = sizeOf(spatialShape(problem.kernel, window.length));
  if (window.length === 0 || (positions < kernelSize && positions <= MOST_POSITIONS))
    return convByProducts(builder, problem, outputShape);
  const unstrided = window.every(({ stride }) => stride === 1);
  const dilated = window.some(({ inputDilation }) => inputDilation > 1);
  const kernelAxes = window.map((_, i) => problem.groups + problem.outputs + 1 + i);
  if (unstrided && (dilated || isFlipped(problem.kernel, kernelAxes))) return transposed(builder, problem, kernelAxes);
  return direct(builder, dilated ? withDilatedInput(builder, problem) : problem);
}

function direct(builder: Builder, problem: ConvProblem): View {
  const { input, window } = cutInput(builder, problem);
  const x = grouped(builder, input, problem.groups, problem.examples, true);
  const kernel = grouped(builder, problem.kernel, problem.groups, problem.outputs, false);
  const value = builder.op(
    "Conv",
    [x, kernel],
    attributesOf(problem, window, ({ stride }) => stride),
  );
  return resultOf(value, problem);
}

/** A dilated left operand, or a reversed kernel: the same as the runtime's transposed convolution by the other kernel. */
function transposed(builder: Builder, problem: ConvProblem, kernelAxes: readonly number[]): View {
  const { groups, outputs, window } = problem;
  const channel = groups + outputs;
  const all = problem.kernel.axes.map((_, axis) => axis);
  const kernelFirst = [...all.slice(0, groups), channel, ...all.slice(groups, channel), ...kernelAxes];
  const kernel = materialise(builder, transposeView(flipView(builder, problem.kernel, kernelAxes), kernelFirst));
  const shape = shapeOf(problem.kernel);
  const shaped = builder.reshape(kernel, [
    sizeOf(shape.slice(0, groups)) * shape[channel],
    sizeOf(shape.slice(groups, channel)),
    ...kernelAxes.map((axis) => shape[axis]),
  ]);
  const x = grouped(builder, problem.input, groups, problem.examples, true);
  // A window that starts before the reach of the kernel sees only zeros there: they are put around the result.
  const margins = window.map(({ before, after, kernelDilation }, i) => {
    const reach = (shape[kernelAxes[i]] - 1) * kernelDilation;
    return { before: reach - before, after: reach - after };
  });
  const cut = window.map((own, i) => ({
    ...own,
    before: Math.max(0, margins[i].before),
    after: Math.max(0, margins[i].after),
  }));
  const value = builder.op(
    "ConvTranspose",
    [x, shaped],
    attributesOf(problem, cut, (own) => own.inputDilation),
  );
  return resultOf(
    padded(
      builder,
      value,
      margins.map((margin) => ({ before: Math.max(0, -margin.before), after: Math.max(0, -margin.after) })),
    ),
    problem,
  );
}

function attributesOf(
  { input, groups }: ConvProblem,
  window: readonly ConvWindow[],
  stride: (own: ConvWindow) => number,
) {
  return {
    strides: window.map(stride),
    dilations: window.map(({ kernelDilation }) => kernelDilation),
    before: window.map(({ before }) => before),
    after: window.map(({ after }) => after),
    group: sizeOf(shapeOf(input).slice(0, groups)),
  };
}

/** [examples, groups · channels, …] or [groups · outputs, channels, …]. */
function grouped(builder: Builder, view: View, groups: number, count: number, isInput: boolean): Value {
  const shape = shapeOf(view);
  const all = shape.map((_, axis) => axis);
  const [own, other, rest] = [all.slice(0, groups), all.slice(groups, groups + count), all.slice(groups + count)];
  const sizes = (axes: readonly number[]): number => sizeOf(axes.map((axis) => shape[axis]));
  const spatial = rest.slice(1).map((axis) => shape[axis]);
  if (isInput)
    return builder.reshape(materialise(builder, transposeView(view, [...other, ...own, ...rest])), [
      sizes(other),
      sizes(own) * shape[rest[0]],
      ...spatial,
    ]);
  return builder.reshape(materialise(builder, view), [sizes(own) * sizes(other), shape[rest[0]], ...spatial]);
}

/** From [examples, groups · outputs, …] to view axes [groups, examples, outputs, …]. */
function resultOf(value: Value, { input, kernel, groups, examples, outputs }: ConvProblem): View {
  const groupShape = shapeOf(input).slice(0, groups);
  const exampleShape = shapeOf(input).slice(groups, groups + examples);
  const outputShape = shapeOf(kernel).slice(groups, groups + outputs);
  const view = viewOf(value, [...exampleShape, ...groupShape, ...outputShape, ...value.shape.slice(2)]);
  const all = view.axes.map((_, axis) => axis);
  return transposeView(view, [
    ...all.slice(examples, examples + groups),
    ...all.slice(0, examples),
    ...all.slice(examples + groups),
  ]);
}
