/**
 * @file Between records of named float32 tensors and one float64 vector: names in code-unit order, each tensor row-major.
 *
 * Vectors live on the host in float64, programs compute in float32: `unflattenRecord` rounds. Refuses a record that lacks a
 * name, has one too many, or a tensor of another type or shape, and vectors of another length or with values that
 * float32 cannot hold; the message names the array.
 */
import type { Tensor } from "../../core/index.ts";
import { ShapeError } from "../../core/index.ts";
import type { Tensors } from "../device.ts";
import { EngineError } from "../errors.ts";
import { sameShape, sizeOf } from "../ir/types.ts";
import type { Specs } from "../program.ts";
import { requireSameNames } from "./record.ts";

interface LayoutEntry {
  readonly name: string;
  readonly shape: readonly number[];
  /** Of the first element, in elements. */
  readonly offset: number;
  readonly size: number;
}

export interface RecordLayout {
  readonly entries: readonly LayoutEntry[];
  /** Elements in all. */
  readonly size: number;
}

/** Throws EngineError for a parameter that is not float32, and for no parameters at all. */
export function recordLayout(specs: Specs): RecordLayout {
  let size = 0;
  const entries = Object.keys(specs)
    .sort()
    .map((name): LayoutEntry => {
      const { dtype, shape } = specs[name];
      if (dtype !== "float32")
        throw new EngineError(
          "PARAMETER_TYPE",
          `Parameter "${name}": expected float32, got ${dtype}; hand it in as data`,
        );
      const entry = { name, shape, offset: size, size: sizeOf(shape) };
      size += entry.size;
      return entry;
    });
  if (size === 0) throw new EngineError("PARAMETER_NONE", "Parameters: expected at least one element, got none");
  return { entries, size };
}

/** float64 [layout.size]. Non-finite values are kept. */
export function flattenRecord(layout: RecordLayout, record: Tensors, what = "record"): Float64Array {
  requireRecord(layout, record, what);
  const vector = new Float64Array(layout.size);
  for (const { name, offset } of layout.entries) vector.set(record[name].data, offset);
  return vector;
}

/** Throws EngineError naming an array that is missing, that there is no place for, or that does not fit. */
export function requireRecord({ entries }: RecordLayout, record: Tensors, what: string): void {
  requireSameNames(
    what,
    entries.map(({ name }) => name),
    Object.keys(record),
  );
  for (const { name, shape, size } of entries) {
    const { dtype, shape: got, data } = record[name];
    if (dtype !== "float32" || !sameShape(got, shape) || data.length !== size)
      throw new EngineError(
        "DIRECTION_SHAPE",
        `${what} "${name}": expected float32 of shape [${shape.join(", ")}], got ${dtype} of shape [${got.join(", ")}]`,
      );
  }
}

/** float32 tensors, freshly made. Throws EngineError naming the array where a value is not finite in float32. */
export function unflattenRecord(layout: RecordLayout, vector: Float64Array, what = "vector"): Record<string, Tensor> {
  return split(layout, [vector], what, ({ shape }) => shape);
}

/** k vectors as tensors [k, …shape]. */
export function unflattenRecords(
  layout: RecordLayout,
  vectors: readonly Float64Array[],
  what = "vectors",
): Record<string, Tensor> {
  return split(layout, vectors, what, ({ shape }) => [vectors.length, ...shape]);
}

/**
 * totals[i] += weight · the i-th record of tensors [k, …shape], in the layout's order. Throws EngineError with the name of
 * the first array that holds a value which is not finite.
 */
export function addRecords(
  what: string,
  { entries }: RecordLayout,
  {
    totals,
    weight,
    records,
  }: { readonly totals: readonly Float64Array[]; readonly weight: number; readonly records: Tensors },
): void {
  for (const { name, offset, size } of entries) {
    const data = records[name].data as Float32Array;
    for (const [i, total] of totals.entries()) {
      const part = data.subarray(i * size, (i + 1) * size);
      if (addPart(total.subarray(offset, offset + size), weight, part) !== 0)
        throw notFinite(`${what} "${name}"`, part);
    }
  }
}

function split(
  layout: RecordLayout,
  vectors: readonly Float64Array[],
  what: string,
  shapeOf: (entry: LayoutEntry) => readonly number[],
): Record<string, Tensor> {
  for (const { length } of vectors)
    if (length !== layout.size) throw new ShapeError(what, `[${layout.size}]`, [length]);
  return Object.fromEntries(
    layout.entries.map((entry): [string, Tensor] => {
      const { name, offset, size } = entry;
      const data = new Float32Array(vectors.length * size);
      for (const [i, vector] of vectors.entries()) {
        const part = vector.subarray(offset, offset + size);
        if (copyPart(data.subarray(i * size, (i + 1) * size), part) !== 0) throw notFinite(`${what} "${name}"`, part);
      }
      return [name, { dtype: "float32", shape: [...shapeOf(entry)], data }];
    }),
  );
}

/** Throws EngineError with the name of the first array of the record that holds a value which is not finite. */
export function requireFiniteRecord(what: string, { entries }: RecordLayout, record: Tensors): void {
  for (const { name } of entries) {
    const data = record[name].data as Float32Array;
    if (sumOfZeros(data) !== 0) throw notFinite(`${what} "${name}"`, data);
  }
}

// The loops that every product runs: 0 · x is 0 for finite x alone, and costs less than a look at each.

function addPart(total: Float64Array, weight: number, part: Float32Array): number {
  let zero = 0;
  for (let i = 0; i < part.length; i++) {
    total[i] += weight * part[i];
    zero += part[i] * 0;
  }
  return zero;
}

function sumOfZeros(data: Float32Array): number {
  let [even, odd] = [0, 0];
  const whole = data.length - (data.length % 2);
  for (let i = 0; i < whole; i += 2) {
    even += data[i] * 0;
    odd += data[i + 1] * 0;
  }
  return even + odd + (whole < data.length ? data[whole] * 0 : 0);
}

function copyPart(target: Float32Array, part: Float64Array): number {
  let zero = 0;
  for (let i = 0; i < part.length; i++) {
    const value = Math.fround(part[i]);
    target[i] = value;
    zero += value * 0;
  }
  return zero;
}

function notFinite(what: string, data: Float64Array | Tensor["data"]): EngineError {
  const at = Array.from(data).findIndex((value) => !Number.isFinite(Math.fround(value)));
  return new EngineError("NON_FINITE", `${what}: expected finite values, got ${data[at]} at element ${at}`);
}
