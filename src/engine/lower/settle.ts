/**
 * @file Settling: choosing how a pending matrix product is laid out, and rewriting the views that were made before.
 */
import { InternalEngineError } from "../errors.ts";
import type { Builder } from "../ir/builder.ts";
import type { Value } from "../ir/types.ts";
import type { Atom, ProductOrder, Storage, View } from "./view.ts";

export type SettledView = View & { readonly value: Value };

export const isSettled = ({ storage }: View): boolean => storage.value !== undefined;

/** The view with its physical value; a pending product takes the order in which this view reads it in sequence. */
export function settle(view: View): SettledView {
  if (!isSettled(view)) commit(view.storage, preferredOrder(view));
  return settled(view);
}

export function settleAs(view: View, order: ProductOrder): SettledView {
  if (!isSettled(view)) commit(view.storage, order);
  return settled(view);
}

/** A pending product's value in this order: transposed where its first use has chosen the other. */
export function valueUnder(builder: Builder, storage: Storage, order: ProductOrder): Value {
  if (storage.value === undefined) commit(storage, order);
  const value = storage.value!;
  if (storage.order === order) return value;
  const last = value.shape.length - 1;
  return builder.op("Transpose", [value], {
    perm: value.shape.map((_, axis) => (axis < last - 1 ? axis : axis === last ? last - 1 : last)),
  });
}

/** The axes that a pending view would have under an order; undefined where its atoms do not fit that order. */
export function maybeAxesUnder(view: View, order: ProductOrder): readonly (readonly Atom[])[] | undefined {
  const { pending } = view.storage;
  if (pending === undefined || order === "rows-first") return view.axes;
  const axes = view.axes.map((atoms) => atoms.map((atom) => maybeMoveAtom(atom, pending.rows, pending.columns)));
  if (axes.some((atoms) => atoms.includes(undefined))) return undefined;
  return axes.map((atoms) => (atoms as Atom[][]).flat());
}

function commit(storage: Storage, order: ProductOrder): void {
  if (storage.pending === undefined) throw new InternalEngineError("a view has neither a value nor a pending product");
  storage.value = storage.pending.emit(order);
  storage.order = order;
}

function settled(view: View): SettledView {
  const { storage } = view;
  if (storage.order !== "columns-first") return { storage, axes: view.axes, value: storage.value! };
  // From here on the storage is an ordinary one, in its physical order.
  const axes = maybeAxesUnder(view, "columns-first");
  const value = axes === undefined ? storage.pending!.emit("rows-first") : storage.value!;
  return { storage: { type: storage.type, size: storage.size, value }, axes: axes ?? view.axes, value };
}

function preferredOrder(view: View): ProductOrder {
  if (isDescending(view.axes.flat())) return "rows-first";
  const axes = maybeAxesUnder(view, "columns-first");
  return axes !== undefined && isDescending(axes.flat()) ? "columns-first" : "rows-first";
}

export function isDescending(atoms: readonly Atom[]): boolean {
  const strides = atoms.map(({ stride }) => stride).filter((stride) => stride > 0);
  return strides.every((stride, i) => i === 0 || strides[i - 1] >= stride);
}

/** One rows-first atom in columns-first strides; an atom across a boundary is split there, where it divides. */
function maybeMoveAtom({ size, stride }: Atom, rows: number, columns: number): Atom[] | undefined {
  if (stride === 0 || stride >= rows * columns) return [{ size, stride }];
  const [unit, limit, factor] = stride >= columns ? [columns, rows * columns, 1 / columns] : [1, columns, rows];
  const within = limit / stride;
  if (stride % unit !== 0 || !Number.isInteger(within)) return undefined;
  if (size <= within) return within % size === 0 ? [{ size, stride: stride * factor }] : undefined;
  if (size % within !== 0) return undefined;
  const outer = maybeMoveAtom({ size: size / within, stride: limit }, rows, columns);
  return outer === undefined ? undefined : [...outer, { size: within, stride: stride * factor }];
}
