/**
 * @file Primitives that pick or place elements: they lay their operand out and emit one operator.
 */
import type { Builder } from "../ir/builder.ts";
import { materialise } from "./physical.ts";
import type { View } from "./view.ts";
import { shapeOf, viewOf } from "./view.ts";
import { shrink } from "./window.ts";

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
