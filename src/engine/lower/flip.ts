/**
 * @file Reversing axes. The physical array is reversed where it lies, so that a transpose before or after costs nothing
 * and two reversals of the same axes are none: that is how the kernel of a convolution's gradient becomes the kernel.
 */
import type { Builder } from "../ir/builder.ts";
import type { Value } from "../ir/types.ts";
import { sameShape } from "../ir/types.ts";
import { settle } from "./settle.ts";
import type { Atom, View } from "./view.ts";

interface Run {
  readonly reversed: boolean;
  size: number;
}

export function flipView(builder: Builder, view: View, flipped: readonly number[]): View {
  const { storage, axes, value } = settle(view);
  const runs = runsOf(axes, new Set(flipped));
  const result = reverse(builder, value, runs);
  return { storage: { type: storage.type, size: storage.size, value: result }, axes };
}

/** Whether the view lies reversed along exactly these axes, so that flipping it costs nothing. */
export function isFlipped(view: View, flipped: readonly number[]): boolean {
  const { axes, value } = settle(view);
  return maybeUnreversed(value, runsOf(axes, new Set(flipped))) !== undefined;
}

/** Memory order; neighbours that are both reversed, or both not, are one run. Broadcast atoms read the same reversed. */
function runsOf(axes: readonly (readonly Atom[])[], flipped: ReadonlySet<number>): Run[] {
  const atoms = axes.flatMap((own, axis) => own.map((atom) => ({ ...atom, reversed: flipped.has(axis) })));
  const inMemory = atoms.filter(({ stride }) => stride > 0).sort((a, b) => b.stride - a.stride);
  const runs: Run[] = [];
  for (const { size, reversed } of inMemory) {
    const last = runs[runs.length - 1];
    if (last !== undefined && last.reversed === reversed) last.size *= size;
    else runs.push({ size, reversed });
  }
  return runs;
}

function reverse(builder: Builder, value: Value, runs: readonly Run[]): Value {
  const axes = reversedAxes(runs);
  if (axes.length === 0) return value;
  const shaped = builder.reshape(
    value,
    runs.map(({ size }) => size),
  );
  return maybeUnreversed(value, runs) ?? builder.op("Reverse", [shaped], { axes });
}

function maybeUnreversed({ producer, shape }: Value, runs: readonly Run[]): Value | undefined {
  if (producer?.op !== "Reverse") return undefined;
  const undoes =
    sameShape(producer.attributes.axes as readonly number[], reversedAxes(runs)) &&
    sameShape(
      shape,
      runs.map(({ size }) => size),
    );
  return undoes ? producer.inputs[0] : undefined;
}

const reversedAxes = (runs: readonly Run[]): number[] => runs.flatMap((run, axis) => (run.reversed ? [axis] : []));
