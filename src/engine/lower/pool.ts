/**
 * @file Windows over the last axes: `pool` lays them out, its transpose `pool_transpose` adds them up where they came from.
 *
 * An axis of extent h·s is taken apart into s phases of extent h (every s-th element). Windows of extent s that stand
 * side by side are then the phases themselves; others are slices of phases. The phases lie outside of the last axis that
 * is not pooled: reductions over windows and what is broadcast over them then run over long rows, which the runtime does
 * at the speed of memory, while windows left where they are ([…, 13, 2, 13, 2]) cost it six times that. A maximum over
 * 2×2 with its gradient, [128, 32, 26, 26], one thread: 18 ms of processor time, PyTorch 22.
 */
import type { Builder } from "../ir/builder.ts";
import type { Value } from "../ir/types.ts";
import { sizeOf } from "../ir/types.ts";
import { padded } from "./convProblem.ts";
import { positionsOf } from "./convProducts.ts";
import type { PhaseShape } from "./phases.ts";
import { deinterleave, interleave } from "./phases.ts";
import { materialise } from "./physical.ts";
import type { RuleInput } from "./rules.ts";
import { isDescending, settle } from "./settle.ts";
import type { View } from "./view.ts";
import { maybeReshapeView, shapeOf, transposeView, viewOf } from "./view.ts";

interface Windows {
  /** Extents that are not pooled. */
  readonly lead: readonly number[];
  /** Per pooled axis; a count is the number of windows. */
  readonly extents: readonly number[];
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  readonly counts: readonly number[];
  readonly phases: PhaseShape;
}

/** […lead, …extents] → […lead, …counts, …sizes]. */
export function pool({ builder, views: [x], params }: RuleInput): View {
  const windows = windowsOf(shapeOf(x), params);
  const { lead, sizes, counts, strides, phases } = windows;
  if (sizes.length === 0) return x;
  const value = materialise(builder, x);
  if (counts.every((count) => count === 1))
    return viewOf(fitted(builder, value, sizes), [...lead, ...counts, ...sizes]);
  const covered = phases.heights.map((height, i) => height * strides[i]);
  const apart = deinterleave(builder, fitted(builder, value, covered), phases);
  return windowView(stackWindows(builder, apart, windows), windows);
}

/** […lead, …counts, …sizes] → […lead, …extents]. */
export function poolTranspose({ builder, views: [windowed], params }: RuleInput): View {
  const shape = params.inShape as readonly number[];
  const windows = windowsOf(shape, params);
  const { lead, extents, sizes, strides, counts, phases } = windows;
  if (sizes.length === 0) return windowed;
  const finish = (value: Value): View => viewOf(fitted(builder, value, extents), shape);
  if (counts.every((count) => count === 1))
    return finish(builder.reshape(materialise(builder, windowed), [...lead, ...sizes]));
  const all = windowed.axes.map((_, axis) => axis);
  const windowAxes = all.slice(lead.length + counts.length);
  const isTiled = sizes.every((size, i) => size === strides[i]);
  const isConstant = windowAxes.every((axis) => windowed.axes[axis].every(({ stride }) => stride === 0));
  if (isTiled && isConstant && windowed.storage.type === "float32") {
    const one = { storage: windowed.storage, axes: windowed.axes.slice(0, lead.length + counts.length) };
    const planes = builder.reshape(materialise(builder, one), [phases.outer, phases.inner, ...counts]);
    const repeated = counts.map((count, i) => count * strides[i]);
    const target = [phases.outer, phases.inner, ...repeated];
    return finish(builder.reshape(builder.op("Repeat", [planes], { shape: target }), [...lead, ...repeated]));
  }
  const inPlace = isTiled ? maybeInPlace(windowed, windows) : undefined;
  if (inPlace !== undefined) return finish(materialise(builder, inPlace));
  const inner = lead.length < 2 ? [] : [lead.length - 1];
  const outer = all.slice(0, lead.length - inner.length);
  const order = [...outer, ...windowAxes, ...inner, ...all.slice(lead.length, lead.length + counts.length)];
  const value = materialise(builder, transposeView(windowed, order));
  const apart = addWindows(builder, value, windows);
  const joined = interleave(builder, apart, phases);
  return finish(builder.reshape(joined, [...lead, ...joined.shape.slice(1)]));
}

/** Windows that lie where they came from, as a view of […lead, …counts · sizes] in reading order. */
function maybeInPlace(windowed: View, { lead, counts, sizes }: Windows): View | undefined {
  const all = windowed.axes.map((_, axis) => axis);
  const pairs = counts.flatMap((_, i) => [lead.length + i, lead.length + counts.length + i]);
  const view = maybeReshapeView(transposeView(windowed, [...all.slice(0, lead.length), ...pairs]), [
    ...lead,
    ...counts.map((count, i) => count * sizes[i]),
  ]);
  const atoms = view === undefined ? [] : settle(view).axes.flat();
  return isDescending(atoms) && atoms.every(({ stride }) => stride > 0) ? view : undefined;
}

function windowsOf(shape: readonly number[], params: Readonly<Record<string, unknown>>): Windows {
  const { window: sizes, strides } = params as { window: readonly number[]; strides: readonly number[] };
  const lead = shape.slice(0, shape.length - sizes.length);
  const extents = shape.slice(lead.length);
  const counts = extents.map((extent, i) => Math.ceil((extent - sizes[i] + 1) / strides[i]));
  const inner = lead.length < 2 ? 1 : lead[lead.length - 1];
  const heights = counts.map((count, i) => count + Math.floor((sizes[i] - 1) / strides[i]));
  return { lead, extents, sizes, strides, counts, phases: { outer: sizeOf(lead) / inner, strides, inner, heights } };
}

/** Phases [outer, …strides, inner, …heights] → windows [outer, positions, inner, …counts]. */
function stackWindows(builder: Builder, apart: Value, { sizes, strides, counts, phases }: Windows): Value {
  const { outer, inner, heights } = phases;
  if (sizes.every((size, i) => size <= strides[i])) {
    if (sizes.every((size, i) => size === strides[i])) return apart;
    return slice(builder, apart, zeros(apart.shape), [outer, ...sizes, inner, ...heights]);
  }
  const slices = positionsOf(sizes).map((position) => {
    const { phase, offset } = placeOf(position, strides);
    const part = slice(builder, apart, [0, ...phase, 0, ...offset], [outer, ...phase.map(() => 1), inner, ...counts]);
    return builder.reshape(part, [outer, 1, inner, ...counts]);
  });
  return builder.op("Concat", slices, { axis: 1 });
}

/** The transpose of stackWindows. */
function addWindows(builder: Builder, windowed: Value, { sizes, strides, counts, phases }: Windows): Value {
  const { outer, inner, heights } = phases;
  if (sizes.every((size, i) => size <= strides[i])) {
    const tiled = builder.reshape(windowed, [outer, ...sizes, inner, ...heights]);
    const missing = strides.map((stride, i) => stride - sizes[i]);
    if (missing.every((count) => count === 0)) return tiled;
    const after = [0, ...missing, 0, ...zeros(heights)];
    return builder.op("Pad", [tiled], { before: zeros(after), after });
  }
  const stacked = builder.reshape(windowed, [outer, sizeOf(sizes), inner, ...counts]);
  const positions = positionsOf(sizes).map((position) => placeOf(position, strides));
  const sums = positionsOf(strides).map((phase) => {
    const parts = positions.flatMap((place, at) => {
      if (place.phase.some((own, i) => own !== phase[i])) return [];
      const part = slice(builder, stacked, [0, at, 0, ...zeros(counts)], [outer, 1, inner, ...counts]);
      const margins = place.offset.map((before, i) => ({ before, after: heights[i] - counts[i] - before }));
      return [padded(builder, part, margins)];
    });
    const none = builder.scalar(windowed.type, 0);
    return parts.length === 0
      ? builder.op("Expand", [none], { shape: [outer, 1, inner, ...heights] })
      : parts.reduce((sum, part) => builder.op("Add", [sum, part]));
  });
  return sums.length === 1 ? sums[0] : builder.op("Concat", sums, { axis: 1 });
}

/** Where an element of a window lies: its phase, and how far on in it. */
function placeOf(position: readonly number[], strides: readonly number[]) {
  return {
    phase: position.map((at, i) => at % strides[i]),
    offset: position.map((at, i) => Math.floor(at / strides[i])),
  };
}

/** From [outer, positions, inner, …counts] in memory to the view […lead, …counts, …sizes]. */
function windowView(value: Value, { lead, sizes, counts }: Windows): View {
  const inner = lead.length < 2 ? [] : lead.slice(-1);
  const outer = lead.slice(0, lead.length - inner.length);
  const view = viewOf(value, [...outer, ...sizes, ...inner, ...counts]);
  const all = view.axes.map((_, axis) => axis);
  const firstInner = outer.length + sizes.length;
  return transposeView(view, [
    ...all.slice(0, outer.length),
    ...all.slice(firstInner),
    ...all.slice(outer.length, firstInner),
  ]);
}

/** The last axes cut or filled up with zeros at their ends. */
function fitted(builder: Builder, x: Value, extents: readonly number[]): Value {
  const lead = x.shape.slice(0, x.shape.length - extents.length);
  const kept = extents.map((extent, i) => Math.min(extent, x.shape[lead.length + i]));
  const cut = slice(builder, x, zeros(x.shape), [...lead, ...kept]);
  return padded(
    builder,
    cut,
    extents.map((extent, i) => ({ before: 0, after: extent - kept[i] })),
  );
}

function slice(builder: Builder, x: Value, starts: readonly number[], size: readonly number[]): Value {
  if (size.every((extent, axis) => extent === x.shape[axis])) return x;
  return builder.op("Slice", [x], { starts: [...starts], ends: starts.map((start, axis) => start + size[axis]) });
}

const zeros = (like: readonly number[]): number[] => like.map(() => 0);
