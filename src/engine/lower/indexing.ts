/**
 * @file Primitives that pick or place elements: they lay their operand out and emit one operator.
 */
import type { Builder } from "../ir/builder.ts";
import { materialise } from "./physical.ts";
import type { RuleInput } from "./rules.ts";
import type { View } from "./view.ts";
import { shapeOf, transposeView, viewOf } from "./view.ts";
import { shrink } from "./window.ts";

/** Picks along one axis by one integer array; negative indices count from the end. */
export function gather({ builder, views: [x, ...indices], params, refuse }: RuleInput): View {
  const axis = params.axis as number[];
  if (axis.length !== 1) throw refuse(`it gathers along ${axis.length} axes at once, and one is supported`);
  const index = materialise(builder, indices[0]);
  const picked = viewOf(builder.op("Gather", [materialise(builder, x), index], { axis: axis[0] }));
  const outDim = params.outDim as number;
  if (outDim === axis[0]) return picked;
  const rank = index.shape.length;
  const others = picked.axes.map((_, i) => i).filter((i) => i < axis[0] || i >= axis[0] + rank);
  const own = Array.from({ length: rank }, (_, i) => axis[0] + i);
  return transposeView(picked, [...others.slice(0, outDim), ...own, ...others.slice(outDim)]);
}

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

/** By gathering in reverse order. */
export function flip(builder: Builder, view: View, axes: readonly number[]): View {
  let value = materialise(builder, view);
  for (const axis of axes) {
    const extent = value.shape[axis];
    const reversed = builder.constant(
      "int32",
      [extent],
      Int32Array.from({ length: extent }, (_, i) => extent - 1 - i),
    );
    value = builder.op("Gather", [value, reversed], { axis });
  }
  return viewOf(value);
}
