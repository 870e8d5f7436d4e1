/**
 * @file From views to physical operands: the only place that emits Transpose, Expand and Reshape.
 */
import type { Builder } from "../ir/builder.ts";
import type { Value } from "../ir/types.ts";
import { sameShape, sizeOf } from "../ir/types.ts";
import type { SettledView } from "./settle.ts";
import { isDescending, settle } from "./settle.ts";
import type { Atom, View } from "./view.ts";
import { shapeOf } from "./view.ts";

/** A value with exactly this view's logical shape, row-major. */
export function materialise(builder: Builder, view: View): Value {
  const shape = shapeOf(view);
  const { value, axes } = settle(view);
  const atoms = axes.flat();
  if (isDescending(atoms) && atoms.every(({ stride }) => stride > 0)) return builder.reshape(value, shape);
  const ordered = orderAtoms(builder, value, atoms);
  if (atoms.every(({ stride }) => stride > 0)) return builder.reshape(ordered, shape);
  if (axes.every((axis) => axis.every(({ stride }) => stride === 0) || axis.every(({ stride }) => stride > 0))) {
    const present = axes.map((axis) => (axis.some(({ stride }) => stride === 0) ? 1 : extent(axis)));
    return builder.op("Expand", [builder.reshape(ordered, present)], { shape });
  }
  const present = atoms.map(({ size, stride }) => (stride === 0 ? 1 : size));
  const full = atoms.map(({ size }) => size);
  return builder.reshape(builder.op("Expand", [builder.reshape(ordered, present)], { shape: full }), shape);
}

/** The view again, now lying as it reads. */
export function contiguous(builder: Builder, view: View): SettledView {
  const value = materialise(builder, view);
  let stride = sizeOf(value.shape);
  const axes = value.shape.map((size) => {
    stride /= size;
    return size === 1 ? [] : [{ size, stride }];
  });
  return { storage: { type: value.type, size: sizeOf(value.shape), value }, axes, value };
}

/**
 * The physical array with its atoms in the order given (broadcast ones are skipped), shaped by atom; a Transpose is
 * emitted only if the order differs from the one in memory.
 */
export function orderAtoms(builder: Builder, value: Value, wanted: readonly Atom[]): Value {
  const present = wanted.filter(({ stride }) => stride > 0);
  if (isDescending(present)) return value;
  const inMemory = [...present].sort((a, b) => b.stride - a.stride);
  const groups = joinRuns(inMemory, present);
  const shaped = builder.reshape(
    value,
    groups.map((group) => extent(group)),
  );
  const order = [...groups].sort((a, b) => present.indexOf(a[0]) - present.indexOf(b[0]));
  const transposed = builder.op("Transpose", [shaped], { perm: order.map((group) => groups.indexOf(group)) });
  return builder.reshape(
    transposed,
    present.map(({ size }) => size),
  );
}

/** Runs of atoms that are neighbours in memory and stay neighbours in the wanted order: fewer axes to transpose. */
function joinRuns(inMemory: readonly Atom[], wanted: readonly Atom[]): Atom[][] {
  const runs: Atom[][] = [];
  for (const atom of inMemory) {
    const last = runs[runs.length - 1];
    const previous = last?.[last.length - 1];
    if (previous !== undefined && wanted.indexOf(atom) === wanted.indexOf(previous) + 1) last.push(atom);
    else runs.push([atom]);
  }
  return runs;
}

/** The value under a shape that broadcasts like `shape`, reshaped only if its own shape does not already do so. */
export function shapedFor(builder: Builder, value: Value, shape: readonly number[]): Value {
  if (sizeOf(value.shape) === 1 && value.shape.length <= Math.max(1, shape.length)) return value;
  const trimmed = trimLeadingOnes(shape);
  if (value.shape.length <= shape.length && sameShape(trimLeadingOnes(value.shape), trimmed)) return value;
  return builder.reshape(value, trimmed);
}

export function trimLeadingOnes(shape: readonly number[]): readonly number[] {
  const first = shape.findIndex((size) => size !== 1);
  return first === -1 ? [] : shape.slice(first);
}

const extent = (atoms: readonly Atom[]): number => atoms.reduce((product, { size }) => product * size, 1);
