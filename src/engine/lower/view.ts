/**
 * @file Views: how a logical array lies in a physical one. Reshape, transpose and broadcast change the view and emit
 * nothing (DESIGN §5, items 2–4).
 *
 * A logical axis is a list of atoms, outermost first; an atom has an extent and a stride in elements of the row-major
 * physical array. Stride 0 is a broadcast. The other atoms of a view cover its physical array exactly once.
 */
import { InternalEngineError } from "../errors.ts";
import type { IrType, Value } from "../ir/types.ts";

export interface Atom {
  readonly size: number;
  readonly stride: number;
}

export type ProductOrder = "rows-first" | "columns-first";

/** A matrix product that has not been laid out yet: rows × columns, or columns × rows, as its first user prefers. */
export interface PendingProduct {
  readonly rows: number;
  readonly columns: number;
  emit(order: ProductOrder): Value;
}

export interface Storage {
  readonly type: IrType;
  /** Elements. */
  readonly size: number;
  value: Value | undefined;
  readonly pending?: PendingProduct;
  /** How a pending product was laid out; views made before that have rows-first strides. */
  order?: ProductOrder;
}

export interface View {
  readonly storage: Storage;
  readonly axes: readonly (readonly Atom[])[];
}

export const shapeOf = (view: View): number[] => view.axes.map((atoms) => atoms.reduce((n, { size }) => n * size, 1));

/** The view of a whole physical array as itself. */
export function viewOf(value: Value, shape: readonly number[] = value.shape): View {
  const size = shape.reduce((n, extent) => n * extent, 1);
  return { storage: { type: value.type, size, value }, axes: contiguousAxes(shape) };
}

export function pendingView(type: IrType, pending: PendingProduct, shape: readonly number[]): View {
  const size = shape.reduce((n, extent) => n * extent, 1);
  return { storage: { type, size, value: undefined, pending }, axes: contiguousAxes(shape) };
}

/** A scalar seen at any shape. */
export function uniformView(value: Value, shape: readonly number[]): View {
  return { storage: { type: value.type, size: 1, value }, axes: shape.map((size) => broadcastAtoms(size)) };
}

export function contiguousAxes(shape: readonly number[]): Atom[][] {
  let stride = 1;
  return [...shape]
    .reverse()
    .map((size) => {
      const atoms = size === 1 ? [] : [{ size, stride }];
      stride *= size;
      return atoms;
    })
    .reverse();
}

export function broadcastAtoms(size: number): Atom[] {
  return size === 1 ? [] : [{ size, stride: 0 }];
}

export function transposeView(view: View, perm: readonly number[]): View {
  return { storage: view.storage, axes: perm.map((axis) => view.axes[axis]) };
}

/** New axes at positions `axis` of `shape`, and axes of extent 1 elsewhere, repeated over their extents. */
export function broadcastView(view: View, shape: readonly number[], axis: readonly number[]): View {
  const added = new Set(axis);
  let next = 0;
  const axes = shape.map((size, i) => {
    const own = added.has(i) ? [] : view.axes[next++];
    return own.length === 0 ? broadcastAtoms(size) : own;
  });
  if (next !== view.axes.length) throw new InternalEngineError(`broadcast: ${view.axes.length} axes into ${shape}`);
  return { storage: view.storage, axes };
}

/** The view at another shape, or undefined where no view exists and the array must be laid out first. */
export function maybeReshapeView(view: View, shape: readonly number[]): View | undefined {
  const queue = mergeAtoms(view.axes.flat()).reverse();
  const axes: Atom[][] = [];
  for (const size of [...shape].reverse()) {
    const taken: Atom[] = [];
    let open = size;
    while (open > 1) {
      const atom = queue.shift();
      if (atom === undefined) return undefined;
      if (open % atom.size === 0) {
        taken.unshift(atom);
        open /= atom.size;
      } else if (atom.size % open === 0) {
        taken.unshift({ size: open, stride: atom.stride });
        queue.unshift({ size: atom.size / open, stride: atom.stride * open });
        open = 1;
      } else return undefined;
    }
    axes.unshift(taken);
  }
  return { storage: view.storage, axes };
}

/** Joins neighbours that lie next to each other in memory, or that are both broadcast. */
export function mergeAtoms(atoms: readonly Atom[]): Atom[] {
  const merged: Atom[] = [];
  for (const atom of atoms) {
    const last = merged[merged.length - 1];
    const joins = last !== undefined && last.stride === atom.stride * atom.size;
    if (joins) merged[merged.length - 1] = { size: last.size * atom.size, stride: atom.stride };
    else merged.push(atom);
  }
  return merged;
}
