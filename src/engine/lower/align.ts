/**
 * @file Aligning views: their logical axes, broadcast against each other, cut into atoms common to all.
 */
import type { Atom } from "./view.ts";

/** One common atom: its logical axis, extent, and each view's stride (0 where that view repeats). */
export interface SharedAtom {
  readonly axis: number;
  readonly size: number;
  readonly strides: readonly number[];
}

type Axes = readonly (readonly Atom[])[];

/**
 * Common atoms in logical order, or undefined where two views cut one axis incompatibly (6 as 2·3 and as 3·2).
 * Axes are matched from the last one, as NumPy does; a missing or extent-1 axis repeats.
 */
export function maybeAlign(views: readonly Axes[]): SharedAtom[] | undefined {
  const rank = Math.max(...views.map((axes) => axes.length));
  const shared: SharedAtom[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const columns = views.map((axes) => axes[axis - rank + axes.length] ?? []);
    const atoms = maybeAlignAxis(axis, columns);
    if (atoms === undefined) return undefined;
    shared.push(...atoms);
  }
  return shared;
}

function maybeAlignAxis(axis: number, columns: readonly (readonly Atom[])[]): SharedAtom[] | undefined {
  const extent = Math.max(...columns.map(extentOf));
  if (extent === 1) return [];
  const queues = columns.map((atoms) => (atoms.length === 0 ? [{ size: extent, stride: 0 }] : [...atoms]).reverse());
  const shared: SharedAtom[] = [];
  let left = extent;
  while (left > 1) {
    const size = Math.min(...queues.map((queue) => queue[0].size));
    if (queues.some((queue) => queue[0].size % size !== 0)) return undefined;
    shared.unshift({ axis, size, strides: queues.map((queue) => queue[0].stride) });
    for (const queue of queues) {
      const head = queue.shift()!;
      if (head.size > size) queue.unshift({ size: head.size / size, stride: head.stride * size });
    }
    left /= size;
  }
  return shared;
}

function extentOf(atoms: readonly Atom[]): number {
  return atoms.reduce((product, { size }) => product * size, 1);
}
