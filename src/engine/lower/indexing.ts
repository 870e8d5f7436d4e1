/**
 * @file Primitives that pick or place elements: they lay their operand out and emit one operator.
 */
import type { Builder } from "../ir/builder.ts";
import { materialise } from "./physical.ts";
import type { View } from "./view.ts";
import { shapeOf, viewOf } from "./view.ts";

export function concatenate(builder: Builder, views: readonly View[], axis: number): View {
  const filled = views.filter((view) => !shapeOf(view).includes(0));
  if (filled.length === 1) return filled[0];
  return viewOf(
    builder.op(
      "Concat",
      filled.map((view) => materialise(builder, view)),
      { axis },
    ),
  );
}

export function split(builder: Builder, view: View, axis: number, sizes: readonly number[]): View[] {
  let start = 0;
  return sizes.map((size) => {
    const slice = shapeOf(view).map((extent, i): [number, number] =>
      i === axis ? [start, start + size] : [0, extent],
    );
    start += size;
    return shrink(builder, view, slice);
  });
}

/** Axes that are kept whole or repeated stay virtual. */
export function shrink(builder: Builder, view: View, slice: readonly (readonly [number, number])[]): View {
  const shape = shapeOf(view);
  if (slice.every(([start, end], axis) => start === 0 && end === shape[axis])) return view;
  const value = materialise(builder, view);
  return viewOf(
    builder.op("Slice", [value], { starts: slice.map(([start]) => start), ends: slice.map(([, end]) => end) }),
  );
}

/** Zeros around; a negative width cuts. */
export function pad(builder: Builder, view: View, width: readonly (readonly [number, number])[]): View {
  const value = materialise(builder, view);
  return viewOf(
    builder.op("Pad", [value], { before: width.map(([low]) => low), after: width.map(([, high]) => high) }),
  );
}
