/**
 * @file Contraction of the last axes of two broadcast views, as matrix products.
 *
 * Atoms are classified as batch, row, column and contracted. An operand whose atoms lie as batch–row–inner or
 * batch–inner–row is taken as it is (the product's own transpose flags); any other is transposed once. Which of rows
 * and columns stands first in the result is left open until its first use (PendingProduct). With nothing to contract it
 * is an outer product, left open likewise.
 */
import type { Builder } from "../ir/builder.ts";
import type { Value } from "../ir/types.ts";
import { sizeOf } from "../ir/types.ts";
import type { SharedAtom } from "./align.ts";
import { alignViews, elementwise } from "./elementwise.ts";
import { orderAtoms } from "./physical.ts";
import { reduceTyped } from "./reduceRule.ts";
import type { SettledView } from "./settle.ts";
import { settleAs } from "./settle.ts";
import type { Atom, ProductOrder, View } from "./view.ts";
import { broadcastAtoms, pendingView, uniformView } from "./view.ts";

interface Operand {
  readonly value: Value;
  /** Atoms in memory order. */
  readonly batch: readonly SharedAtom[];
  readonly outer: readonly SharedAtom[];
  readonly inner: readonly SharedAtom[];
  readonly stride: (atom: SharedAtom) => number;
}

export function dotViews(builder: Builder, left: View, right: View, inner = 1): View {
  const [x, y] = [left, right].map((view) => settleAs(view, orderToRead(view)));
  const rank = Math.max(x.axes.length, y.axes.length);
  const { operands, atoms } = alignViews(builder, [x, y]);
  const outer = rank - inner;
  const contracted = atoms.filter(({ axis }) => axis >= outer);
  const oneSided = contracted.some(({ strides: [left, right] }) => (left === 0) !== (right === 0));
  const hasInner = contracted.some(({ strides: [left, right] }) => left > 0 && right > 0);
  const rows = atoms.filter(({ axis, strides }) => axis < outer && strides[0] > 0 && strides[1] === 0);
  const columns = atoms.filter(({ axis, strides }) => axis < outer && strides[0] === 0 && strides[1] > 0);
  const sides = [rows, columns].filter((side) => side.length > 0).length;
  const { type } = left.storage;
  if (type !== "float32" || oneSided || sides === 0 || (!hasInner && sides < 2))
    return reduceTyped(
      builder,
      "ReduceSum",
      elementwise(builder, type === "bool" ? "And" : "Mul", operands),
      Array.from({ length: inner }, (_, i) => outer + i),
    );
  return product(builder, operands, atoms, outer);
}

/** Below this, transposes copy element by element rather than row by row. */
const SHORT_ROW = 16;

/**
 * Either layout of an operand that is itself a product can be read in place; rows first is the order of its examples. A
 * batch of products may have to be transposed, which is cheap only if rows stay whole: so they must not be short.
 */
function orderToRead({ storage: { pending, size } }: View): ProductOrder {
  if (pending === undefined || size === pending.rows * pending.columns) return "rows-first";
  return pending.columns < SHORT_ROW && pending.rows >= SHORT_ROW ? "columns-first" : "rows-first";
}

function product(
  builder: Builder,
  operands: readonly SettledView[],
  atoms: readonly SharedAtom[],
  outerRank: number,
): View {
  const isInner = ({ axis }: SharedAtom): boolean => axis >= outerRank;
  const both = ({ strides }: SharedAtom): boolean => strides[0] > 0 && strides[1] > 0;
  const repeatedInner = atoms.filter((atom) => isInner(atom) && !both(atom));
  const lead = operands[0].storage.size >= operands[1].storage.size ? 0 : 1;
  const inMemory = (side: number) => (a: SharedAtom, b: SharedAtom) => b.strides[side] - a.strides[side];
  const batch = atoms.filter((atom) => !isInner(atom) && both(atom)).sort(inMemory(lead));
  const inner = atoms.filter((atom) => isInner(atom) && both(atom)).sort(inMemory(lead));
  const [left, right] = operands.map(
    ({ value }, side): Operand => ({
      value,
      batch,
      inner,
      outer: atoms
        .filter(({ strides, axis }) => axis < outerRank && strides[side] > 0 && strides[1 - side] === 0)
        .sort(inMemory(side)),
      stride: ({ strides }) => strides[side],
    }),
  );
  const order = [...batch, ...left.outer, ...right.outer];
  const sizes = order.map(({ size }) => size);
  const pending = {
    rows: extent(left.outer),
    columns: extent(right.outer),
    emit: builder.keepingScope((layout: "rows-first" | "columns-first") =>
      layout === "rows-first" ? multiply(builder, left, right) : multiply(builder, right, left),
    ),
  };
  const flat = pendingView("float32", pending, sizes);
  const atomOf = new Map(order.map((atom, i) => [atom, flat.axes[i]]));
  const axes: Atom[][] = Array.from({ length: outerRank }, () => []);
  for (const atom of atoms)
    if (!isInner(atom)) axes[atom.axis].push(...(atomOf.get(atom) ?? broadcastAtoms(atom.size)));
  const view: View = { storage: flat.storage, axes };
  if (repeatedInner.length === 0) return view;
  const copies = builder.scalar("float32", extent(repeatedInner));
  return elementwise(builder, "Mul", [
    view,
    uniformView(
      copies,
      axes.map(() => 1),
    ),
  ]);
}

function multiply(builder: Builder, left: Operand, right: Operand): Value {
  if (left.inner.length === 0) return outerProduct(builder, left, right);
  const a = matrixOf(builder, left, "outer-inner");
  const b = matrixOf(builder, right, "inner-outer");
  return builder.op("MatMul", [a.value, b.value], { transA: a.transposed, transB: b.transposed, alpha: 1 });
}

/** Every element of the left with every one of the right, of each batch. */
function outerProduct(builder: Builder, left: Operand, right: Operand): Value {
  const shaped = ({ value, batch, outer, stride }: Operand, ends: readonly number[]): Value => {
    const ordered = orderAtoms(
      builder,
      value,
      [...batch, ...outer].map((atom) => ({ size: atom.size, stride: stride(atom) })),
    );
    return builder.reshape(ordered, [...(batch.length > 0 ? [extent(batch)] : []), ...ends]);
  };
  const columns = shaped(left, [extent(left.outer), 1]);
  return builder.op("Mul", [columns, shaped(right, [1, extent(right.outer)])]);
}

/** The operand as a matrix (or a batch of them), and whether it stands transposed to what was asked. */
function matrixOf(
  builder: Builder,
  { value, batch, outer, inner, stride }: Operand,
  asked: "outer-inner" | "inner-outer",
): { value: Value; transposed: boolean } {
  const layouts = { "outer-inner": [outer, inner], "inner-outer": [inner, outer] } as const;
  const other = asked === "outer-inner" ? "inner-outer" : "outer-inner";
  const asAtoms = (sequence: readonly SharedAtom[]): Atom[] =>
    sequence.map((atom) => ({ size: atom.size, stride: stride(atom) }));
  const lies = (layout: keyof typeof layouts): boolean => {
    const strides = [...batch, ...layouts[layout].flat()].map(stride);
    return strides.every((current, i) => i === 0 || strides[i - 1] > current);
  };
  const chosen = lies(asked) ? asked : lies(other) ? other : keepsInnermost(layouts[asked], stride) ? asked : other;
  const groups = layouts[chosen];
  const ordered = orderAtoms(builder, value, asAtoms([...batch, ...groups.flat()]));
  const shape = [...(batch.length > 0 ? [extent(batch)] : []), extent(groups[0]), extent(groups[1])];
  return { value: builder.reshape(ordered, shape), transposed: chosen !== asked };
}

/** Transposes that leave the last axis in place copy whole rows. */
function keepsInnermost(
  [first, second]: readonly (readonly SharedAtom[])[],
  stride: (atom: SharedAtom) => number,
): boolean {
  const last = [...first, ...second].at(-1);
  return last !== undefined && stride(last) === 1;
}

const extent = (atoms: readonly SharedAtom[]): number => sizeOf(atoms.map(({ size }) => size));
