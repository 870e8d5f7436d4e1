/**
 * @file Axes taken apart by stride: element i·s + r of an axis is element i of its phase r.
 *
 * Laid out, phases stand outside of the last axis before the strided ones: [outer, …strides, inner, …heights] of
 * [outer, inner, …heights · strides].
 */
import type { Builder } from "../ir/builder.ts";
import type { Value } from "../ir/types.ts";
import { sizeOf } from "../ir/types.ts";

export interface PhaseShape {
  readonly outer: number;
  readonly strides: readonly number[];
  readonly inner: number;
  readonly heights: readonly number[];
}

export function deinterleave(builder: Builder, x: Value, { outer, strides, inner, heights }: PhaseShape): Value {
  const target = [outer, ...strides, inner, ...heights];
  const extents = heights.map((height, i) => height * strides[i]);
  if (strides.every((stride) => stride === 1)) return builder.reshape(x, target);
  if (isSquare(x, strides)) {
    const planes = builder.reshape(x, [outer, inner, ...extents]);
    return builder.reshape(builder.op("SpaceToDepth", [planes], { block: strides[0] }), target);
  }
  const split = builder.reshape(x, [outer, inner, ...heights.flatMap((height, i) => [height, strides[i]])]);
  const heightAxes = heights.map((_, i) => 2 + 2 * i);
  const perm = [0, ...heightAxes.map((axis) => axis + 1), 1, ...heightAxes];
  return builder.op("Transpose", [split], { perm });
}

/** The inverse: [outer · inner, …heights · strides]. */
export function interleave(builder: Builder, x: Value, { outer, strides, inner, heights }: PhaseShape): Value {
  const extents = heights.map((height, i) => height * strides[i]);
  const target = [outer * inner, ...extents];
  if (strides.every((stride) => stride === 1)) return builder.reshape(x, target);
  if (isSquare(x, strides)) {
    const deep = builder.reshape(x, [outer, sizeOf(strides) * inner, ...heights]);
    return builder.reshape(builder.op("DepthToSpace", [deep], { block: strides[0] }), target);
  }
  const count = strides.length;
  const perm = [0, count + 1, ...heights.flatMap((_, i) => [count + 2 + i, 1 + i])];
  const shaped = builder.reshape(x, [outer, ...strides, inner, ...heights]);
  return builder.reshape(builder.op("Transpose", [shaped], { perm }), target);
}

/** The runtime has a kernel of its own for this case, three times as fast as its transpose. */
function isSquare({ type }: Value, strides: readonly number[]): boolean {
  return type === "float32" && strides.length === 2 && strides[0] === strides[1];
}
