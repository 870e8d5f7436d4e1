/**
 * @file Elementwise operators on views: the result lies in the order of the largest operand, and stays virtual along
 * axes that every operand repeats.
 */
import type { Builder } from "../ir/builder.ts";
import type { OpName } from "../ir/ops.ts";
import type { Attributes, Value } from "../ir/types.ts";
import { sizeOf } from "../ir/types.ts";
import type { SharedAtom } from "./align.ts";
import { maybeAlign } from "./align.ts";
import { contiguous, orderAtoms, shapedFor } from "./physical.ts";
import type { SettledView } from "./settle.ts";
import { isDescending, isSettled, maybeAxesUnder, settle, settleAs, valueUnder } from "./settle.ts";
import type { Atom, ProductOrder, View } from "./view.ts";

/** One operand: the view is kept, the operator runs on its physical array. */
export function unaryOn(builder: Builder, op: OpName, view: View, attributes: Attributes = {}): View {
  const { value, axes } = settle(view);
  const result = builder.op(op, [value], attributes);
  return { storage: { type: result.type, size: sizeOf(result.shape), value: result }, axes };
}

export function elementwise(builder: Builder, op: OpName, views: readonly View[], attributes: Attributes = {}): View {
  if (views.length === 1) return unaryOn(builder, op, views[0], attributes);
  const sum = op === "Add" ? maybePendingSum(builder, views) : undefined;
  if (sum !== undefined) return sum;
  const { operands, atoms } = alignViews(builder, views);
  const rank = Math.max(...views.map(({ axes }) => axes.length));
  const order = physicalOrder(atoms, dominantOf(operands));
  const shape = groupShape(order, operands);
  const values = operands.map(({ value }, operand) => physicalOperand(builder, value, order, operand, shape));
  const result = builder.op(op, values, attributes);
  return {
    storage: { type: result.type, size: sizeOf(result.shape), value: result },
    axes: axesOf(rank, atoms, order),
  };
}

/** The sum of two pending products of one form is itself left open: its first use decides for both. */
function maybePendingSum(builder: Builder, [x, y]: readonly View[]): View | undefined {
  const [left, right] = [x.storage, y.storage];
  const isOpen = !isSettled(x) && !isSettled(y) && left.pending !== undefined && right.pending !== undefined;
  if (!isOpen || left === right || left.size !== right.size) return undefined;
  const { rows, columns } = left.pending;
  if (right.pending.rows !== rows || right.pending.columns !== columns || !sameAxes(x, y)) return undefined;
  const emit = builder.keepingScope((order: ProductOrder) =>
    builder.op("Add", [valueUnder(builder, left, order), valueUnder(builder, right, order)]),
  );
  return { storage: { ...left, value: undefined, pending: { rows, columns, emit } }, axes: x.axes };
}

const sameAxes = (x: View, y: View): boolean =>
  x.axes.length === y.axes.length &&
  x.axes.every(
    (atoms, axis) =>
      atoms.length === y.axes[axis].length &&
      atoms.every(({ size, stride }, i) => size === y.axes[axis][i].size && stride === y.axes[axis][i].stride),
  );

/** Settles every view and cuts all of them into common atoms. */
export function alignViews(
  builder: Builder,
  views: readonly View[],
): { operands: readonly SettledView[]; atoms: readonly SharedAtom[] } {
  const operands = settleTogether(views);
  const atoms = maybeAlign(operands.map(({ axes }) => axes));
  if (atoms !== undefined) return { operands, atoms };
  const laidOut = operands.map((view) => (view.storage.size === 1 ? view : contiguous(builder, view)));
  return { operands: laidOut, atoms: maybeAlign(laidOut.map(({ axes }) => axes))! };
}

/** A pending product takes the layout that agrees with the largest operand that has one. */
function settleTogether(views: readonly View[]): SettledView[] {
  const leader = views.filter(isSettled).reduce<View | undefined>(larger, undefined);
  return views.map((view) => {
    if (isSettled(view) || leader === undefined || leader.storage.size < view.storage.size) return settle(view);
    const settledLeader = settle(leader);
    const fits = (["rows-first", "columns-first"] as const).find((order) => {
      const axes = maybeAxesUnder(view, order);
      const atoms = axes === undefined ? undefined : maybeAlign([settledLeader.axes, axes]);
      return atoms !== undefined && isDescending(inOrderOf(atoms, 0).map((atom) => strideOf(atom, 1)));
    });
    return fits === undefined ? settle(view) : settleAs(view, fits);
  });
}

const larger = (best: View | undefined, view: View): View =>
  best === undefined || view.storage.size > best.storage.size ? view : best;

const strideOf = ({ size, strides }: SharedAtom, operand: number): Atom => ({ size, stride: strides[operand] });

function dominantOf(operands: readonly SettledView[]): number {
  return operands.reduce((best, { storage }, i) => (storage.size > operands[best].storage.size ? i : best), 0);
}

const inOrderOf = (atoms: readonly SharedAtom[], operand: number): SharedAtom[] =>
  atoms.filter(({ strides }) => strides[operand] > 0).sort((a, b) => b.strides[operand] - a.strides[operand]);

/** The dominant operand's order; atoms that it repeats stand after their logical predecessor. */
function physicalOrder(atoms: readonly SharedAtom[], dominant: number): SharedAtom[] {
  const order = inOrderOf(atoms, dominant);
  let previous: SharedAtom | undefined;
  for (const atom of atoms) {
    if (atom.strides.every((stride) => stride === 0)) continue;
    if (!order.includes(atom)) order.splice(previous === undefined ? 0 : order.indexOf(previous) + 1, 0, atom);
    previous = atom;
  }
  return order;
}

/**
 * Extents of the result, with one group of atoms an axis: as few axes as the operands allow, except that boundaries of
 * the largest operand's own shape are kept, so that parameters keep their shapes.
 */
function groupShape(order: readonly SharedAtom[], operands: readonly SettledView[]): SharedAtom[][] {
  const boundaries = naturalBoundaries(order, operands);
  const groups: SharedAtom[][] = [];
  let inner = sizeOf(order.map(({ size }) => size));
  for (const atom of order) {
    const last = groups[groups.length - 1]?.at(-1);
    const joins =
      last !== undefined &&
      !boundaries.has(inner) &&
      atom.strides.every((stride, i) => last.strides[i] === stride * atom.size && last.strides[i] > 0 === stride > 0);
    if (joins) groups[groups.length - 1].push(atom);
    else groups.push([atom]);
    inner /= atom.size;
  }
  return groups;
}

/** Inner extents at which the shape of a full operand breaks. */
function naturalBoundaries(order: readonly SharedAtom[], operands: readonly SettledView[]): Set<number> {
  const total = sizeOf(order.map(({ size }) => size));
  const full = operands.find(
    ({ storage }, i) => storage.size === total && isDescending(order.map((atom) => strideOf(atom, i))),
  );
  const boundaries = new Set<number>();
  let inner = 1;
  for (const extent of [...(full?.value.shape ?? [])].reverse()) {
    inner *= extent;
    boundaries.add(inner);
  }
  return boundaries;
}

function physicalOperand(
  builder: Builder,
  value: Value,
  order: readonly SharedAtom[],
  operand: number,
  groups: readonly (readonly SharedAtom[])[],
): Value {
  const ordered = orderAtoms(
    builder,
    value,
    order.map((atom) => strideOf(atom, operand)),
  );
  const shape = groups.map((group) => (group[0].strides[operand] > 0 ? sizeOf(group.map(({ size }) => size)) : 1));
  return shapedFor(builder, ordered, shape);
}

/** The result's axes: row-major strides in physical order, logical atoms where they were. */
function axesOf(rank: number, atoms: readonly SharedAtom[], order: readonly SharedAtom[]): Atom[][] {
  const stride = new Map<SharedAtom, number>();
  let inner = 1;
  for (const atom of [...order].reverse()) {
    stride.set(atom, inner);
    inner *= atom.size;
  }
  const axes: Atom[][] = Array.from({ length: rank }, () => []);
  for (const atom of atoms) axes[atom.axis].push({ size: atom.size, stride: stride.get(atom) ?? 0 });
  return axes;
}
