/**
 * @file A convolution with its axes sorted by role, and what every way of computing it needs: extents, cuts, zeros.
 */
import type { Builder } from "../ir/builder.ts";
import type { Value } from "../ir/types.ts";
import { sizeOf } from "../ir/types.ts";
import { materialise } from "./physical.ts";
import type { View } from "./view.ts";
import { shapeOf, viewOf } from "./view.ts";
import { shrink } from "./window.ts";

/** Per spatial axis. */
export interface ConvWindow {
  readonly stride: number;
  /** Zeros around; negative cuts. */
  readonly before: number;
  readonly after: number;
  readonly inputDilation: number;
  readonly kernelDilation: number;
}

/**
 * Axes of the operands: input [groups, examples, channels, …spatial], kernel [groups, outputs, channels, …spatial],
 * each of the first two any number of view axes.
 */
export interface ConvProblem {
  readonly input: View;
  readonly kernel: View;
  /** How many leading view axes are groups, and how many after them are examples or outputs. */
  readonly groups: number;
  readonly examples: number;
  readonly outputs: number;
  readonly window: readonly ConvWindow[];
}

export function outputExtents({ input, kernel, window }: ConvProblem): number[] {
  const extents = spatialShape(input, window.length);
  return spatialShape(kernel, window.length).map((size, i) => {
    const { stride, before, after, inputDilation, kernelDilation } = window[i];
    const full = (extents[i] - 1) * inputDilation + 1 + before + after;
    return Math.floor((full - (size - 1) * kernelDilation - 1) / stride) + 1;
  });
}

export const spatialShape = (view: View, rank: number): number[] => shapeOf(view).slice(shapeOf(view).length - rank);

/** Negative padding as a slice: the runtime knows only zeros around. */
export function cutInput(builder: Builder, { input, window }: ConvProblem): Pick<ConvProblem, "input" | "window"> {
  if (window.every(({ before, after }) => before >= 0 && after >= 0)) return { input, window };
  const shape = shapeOf(input);
  const first = shape.length - window.length;
  const slice = shape.map((extent, axis): [number, number] => {
    const own = window[axis - first];
    return own === undefined ? [0, extent] : [Math.max(0, -own.before), extent - Math.max(0, -own.after)];
  });
  const positive = window.map((own) => ({ ...own, before: Math.max(0, own.before), after: Math.max(0, own.after) }));
  return { input: shrink(builder, input, slice), window: positive };
}

/** Zeros between the elements of the input, laid out. */
export function withDilatedInput(builder: Builder, problem: ConvProblem): ConvProblem {
  const { input, window } = problem;
  const shape = shapeOf(input);
  const lead = shape.slice(0, shape.length - window.length);
  const spatial = shape.slice(lead.length);
  const spread = builder.reshape(materialise(builder, input), [sizeOf(lead), ...spatial.flatMap((size) => [size, 1])]);
  const zeros = spatial.flatMap((_, i) => [0, window[i].inputDilation - 1]);
  const filled = builder.op("Pad", [spread], { before: [0, ...zeros.map(() => 0)], after: [0, ...zeros] });
  const wide = builder.reshape(filled, [...lead, ...spatial.map((size, i) => size * window[i].inputDilation)]);
  const slice = [...lead, ...spatial.map((size, i) => (size - 1) * window[i].inputDilation + 1)];
  return {
    ...problem,
    input: shrink(
      builder,
      viewOf(wide),
      slice.map((end): [number, number] => [0, end]),
    ),
    window: window.map((own) => ({ ...own, inputDilation: 1 })),
  };
}

/** Zeros around the last axes. */
export function padded(builder: Builder, x: Value, margins: readonly { before: number; after: number }[]): Value {
  if (margins.every(({ before, after }) => before === 0 && after === 0)) return x;
  const lead = x.shape.slice(0, x.shape.length - margins.length).map(() => 0);
  return builder.op("Pad", [x], {
    before: [...lead, ...margins.map(({ before }) => before)],
    after: [...lead, ...margins.map(({ after }) => after)],
  });
}
