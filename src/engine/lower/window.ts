/**
 * @file Cutting a window out of an array and putting one into a larger array of zeros, where the array lies: in the order
 * of its memory, not of its logical axes. Axes that are kept whole stay virtual.
 */
import type { Builder } from "../ir/builder.ts";
import type { Value } from "../ir/types.ts";
import { sizeOf } from "../ir/types.ts";
import { contiguous } from "./physical.ts";
import type { SettledView } from "./settle.ts";
import { settle } from "./settle.ts";
import type { Atom, View } from "./view.ts";
import { broadcastAtoms, mergeAtoms, shapeOf } from "./view.ts";

type Pair = readonly [number, number];

export function shrink(builder: Builder, view: View, slice: readonly Pair[]): View {
  const shape = shapeOf(view);
  const isCut = slice.map(([start, end], axis) => start > 0 || end < shape[axis]);
  if (!isCut.includes(true)) return view;
  const repeats = (axis: number): boolean => view.axes[axis].every(({ stride }) => stride === 0);
  const shorter: View = {
    storage: view.storage,
    axes: view.axes.map((atoms, axis) =>
      isCut[axis] && repeats(axis) ? broadcastAtoms(slice[axis][1] - slice[axis][0]) : atoms,
    ),
  };
  const open = isCut.map((cut, axis) => cut && !repeats(axis));
  if (!open.includes(true)) return shorter;
  return resize(
    builder,
    shorter,
    open,
    (axis) => slice[axis][1] - slice[axis][0],
    (value, groups) =>
      builder.op("Slice", [value], {
        starts: groups.map((axis) => (axis === undefined ? 0 : slice[axis][0])),
        ends: groups.map((axis, i) => (axis === undefined ? value.shape[i] : slice[axis][1])),
      }),
  );
}

/** Zeros around; a negative width cuts. */
export function pad(builder: Builder, view: View, width: readonly Pair[]): View {
  const shape = shapeOf(view);
  const open = width.map(([before, after]) => before !== 0 || after !== 0);
  if (!open.includes(true)) return view;
  return resize(
    builder,
    view,
    open,
    (axis) => shape[axis] + width[axis][0] + width[axis][1],
    (value, groups) =>
      builder.op("Pad", [value], {
        before: groups.map((axis) => (axis === undefined ? 0 : width[axis][0])),
        after: groups.map((axis) => (axis === undefined ? 0 : width[axis][1])),
      }),
  );
}

/**
 * Applies an operator to the physical array, whose axes are the open logical axes (each must be one atom, otherwise the
 * array is laid out first) and the runs of atoms between them (undefined).
 */
function resize(
  builder: Builder,
  view: View,
  open: readonly boolean[],
  extentOf: (axis: number) => number,
  apply: (value: Value, groups: readonly (number | undefined)[]) => Value,
): View {
  const source = openAxes(builder, view, open);
  const atoms = source.axes
    .flatMap((own, axis) => own.map((atom) => ({ atom, axis: open[axis] ? axis : undefined })))
    .filter(({ atom }) => atom.stride > 0)
    .sort((a, b) => b.atom.stride - a.atom.stride);
  const groups: { size: number; axis: number | undefined }[] = [];
  for (const { atom, axis } of atoms) {
    const last = groups[groups.length - 1];
    if (last !== undefined && last.axis === undefined && axis === undefined) last.size *= atom.size;
    else groups.push({ size: atom.size, axis });
  }
  const shaped = builder.reshape(
    source.value,
    groups.map(({ size }) => size),
  );
  const result = apply(
    shaped,
    groups.map(({ axis }) => axis),
  );
  const strides = new Map<Atom, number>();
  let inner = 1;
  for (const { atom, axis } of [...atoms].reverse()) {
    strides.set(atom, inner);
    inner *= axis === undefined ? atom.size : extentOf(axis);
  }
  const axes = source.axes.map((own, axis) =>
    own.flatMap((atom): Atom[] => {
      const size = open[axis] ? extentOf(axis) : atom.size;
      return size === 1 ? [] : [{ size, stride: strides.get(atom) ?? 0 }];
    }),
  );
  return { storage: { type: result.type, size: sizeOf(result.shape), value: result }, axes };
}

function openAxes(builder: Builder, view: View, open: readonly boolean[]): SettledView {
  const settled = settle(view);
  const axes = settled.axes.map((atoms, axis) => (open[axis] ? mergeAtoms(atoms) : atoms));
  const isOneAtom = axes.every((atoms, axis) => !open[axis] || (atoms.length === 1 && atoms[0].stride > 0));
  if (isOneAtom) return { ...settled, axes };
  const laidOut = contiguous(builder, view);
  // An axis of extent 1 has no atom; it gets one, so that it can grow.
  return { ...laidOut, axes: withAtoms(laidOut) };
}

function withAtoms({ value, axes }: SettledView): Atom[][] {
  let stride = sizeOf(value.shape);
  return axes.map((atoms, axis) => {
    const size = value.shape[axis];
    stride /= size;
    return atoms.length === 0 ? [{ size, stride }] : [...atoms];
  });
}
