/**
 * @file Reductions on views: over whichever physical axes the reduced atoms lie on, without a transpose; over repeated
 * atoms by arithmetic (a sum of n copies is a multiplication by n).
 */
import type { Builder } from "../ir/builder.ts";
import type { Value } from "../ir/types.ts";
import { sizeOf } from "../ir/types.ts";
import { elementwise } from "./elementwise.ts";
import { settle } from "./settle.ts";
import type { Atom, View } from "./view.ts";
import { uniformView } from "./view.ts";

export type Reduction = "ReduceSum" | "ReduceMax" | "ReduceMin" | "ReduceProd";

export function reduceView(builder: Builder, op: Reduction, view: View, over: readonly number[]): View {
  const reducedAxes = new Set(over);
  const { value, axes, storage } = settle(view);
  const reduced = axes.flatMap((atoms, axis) => (reducedAxes.has(axis) ? atoms : []));
  const copies = sizeOf(reduced.filter(({ stride }) => stride === 0).map(({ size }) => size));
  const gone = new Set(reduced.filter(({ stride }) => stride > 0));
  const kept = axes.filter((_, axis) => !reducedAxes.has(axis));
  const result = gone.size === 0 ? value : reduceValue(builder, op, value, axes.flat(), gone);
  const packed = gone.size === 0 ? kept : packStrides(kept);
  const size = gone.size === 0 ? storage.size : sizeOf(result.shape);
  return withCopies(builder, op, { storage: { type: result.type, size, value: result }, axes: packed }, copies);
}

function reduceValue(builder: Builder, op: Reduction, value: Value, atoms: readonly Atom[], gone: ReadonlySet<Atom>) {
  const inMemory = atoms.filter(({ stride }) => stride > 0).sort((a, b) => b.stride - a.stride);
  const axes = maybeOwnAxes(value.shape, inMemory, gone);
  if (axes !== undefined) return builder.op(op, [value], { axes });
  const runs: { size: number; gone: boolean }[] = [];
  for (const atom of inMemory) {
    const last = runs[runs.length - 1];
    if (last !== undefined && last.gone === gone.has(atom)) last.size *= atom.size;
    else runs.push({ size: atom.size, gone: gone.has(atom) });
  }
  const shaped = builder.reshape(
    value,
    runs.map(({ size }) => size),
  );
  return builder.op(op, [shaped], { axes: runs.flatMap((run, axis) => (run.gone ? [axis] : [])) });
}

/** The value's own axes to reduce over, if each of them lies wholly in reduced or in kept atoms. */
function maybeOwnAxes(shape: readonly number[], inMemory: readonly Atom[], gone: ReadonlySet<Atom>) {
  const axes: number[] = [];
  let next = 0;
  for (const [axis, extent] of shape.entries()) {
    let size = 1;
    const kinds = new Set<boolean>();
    while (size < extent && next < inMemory.length) {
      kinds.add(gone.has(inMemory[next]));
      size *= inMemory[next++].size;
    }
    if (size !== extent || kinds.size > 1) return undefined;
    if (kinds.has(true)) axes.push(axis);
  }
  return axes;
}

/** Row-major strides for the atoms that are left, in their order in memory. */
function packStrides(axes: readonly (readonly Atom[])[]): Atom[][] {
  const inMemory = axes
    .flat()
    .filter(({ stride }) => stride > 0)
    .sort((a, b) => a.stride - b.stride);
  const packed = new Map<Atom, number>();
  let inner = 1;
  for (const atom of inMemory) {
    packed.set(atom, inner);
    inner *= atom.size;
  }
  return axes.map((atoms) => atoms.map((atom) => ({ size: atom.size, stride: packed.get(atom) ?? 0 })));
}

function withCopies(builder: Builder, op: Reduction, view: View, copies: number): View {
  if (copies === 1 || op === "ReduceMax" || op === "ReduceMin") return view;
  const { type } = view.storage;
  if (op === "ReduceSum")
    return elementwise(builder, "Mul", [
      view,
      uniformView(
        builder.scalar(type, copies),
        view.axes.map(() => 1),
      ),
    ]);
  let power = view;
  for (let i = 1; i < copies; i++) power = elementwise(builder, "Mul", [power, view]);
  return power;
}
