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
  const names = layout.entries.map(({ name }) => name);
  requireSameNames(what, names, Object.keys(record));
  const vector = new Float64Array(layout.size);
  for (const { name, shape, offset, size } of layout.entries) {
    const tensor = record[name];
    if (tensor.dtype !== "float32" || !sameShape(tensor.shape, shape) || tensor.data.length !== size)
      throw new EngineError(
        "DIRECTION_SHAPE",
        `${what} "${name}": expected float32 of shape [${shape.join(", ")}], got ${tensor.dtype} of shape [${tensor.shape.join(", ")}]`,
      );
    vector.set(tensor.data, offset);
  }
  return vector;
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

/** totals[i] += weight · the i-th record of tensors [k, …shape], in the layout's order. */
export function addRecords(
  { entries }: RecordLayout,
  totals: readonly Float64Array[],
  weight: number,
  records: Tensors,
): void {
  for (const { name, offset, size } of entries) {
    const data = records[name].data as Float32Array;
    for (const [i, total] of totals.entries()) {
      const from = i * size;
      for (let k = 0; k < size; k++) total[offset + k] += weight * data[from + k];
    }
  }
}

function split(
  layout: RecordLayout,
  vectors: readonly Float64Array[],
  what: string,
  shapeOf: (entry: LayoutEntry) => readonly number[],
): Record<string, Tensor> {
  for (const vector of vectors) {
    if (vector.length !== layout.size) throw new ShapeError(what, `[${layout.size}]`, [vector.length]);
    requireFiniteRecord(what, layout, vector);
  }
  return Object.fromEntries(
    layout.entries.map((entry): [string, Tensor] => {
      const data = new Float32Array(vectors.length * entry.size);
      for (const [i, vector] of vectors.entries())
        data.set(vector.subarray(entry.offset, entry.offset + entry.size), i * entry.size);
      return [entry.name, { dtype: "float32", shape: [...shapeOf(entry)], data }];
    }),
  );
}

/** Throws EngineError with the name of the first array that holds a value which float32 has no finite number for. */
export function requireFiniteRecord(what: string, { entries }: RecordLayout, vector: Float64Array): void {
  if (fitsFloat32(vector)) return;
  for (const { name, offset, size } of entries) {
    const values = vector.subarray(offset, offset + size);
    const at = values.findIndex((value) => !Number.isFinite(Math.fround(value)));
    if (at >= 0)
      throw new EngineError(
        "NON_FINITE",
        `${what} "${name}": expected finite values, got ${values[at]} at element ${at}`,
      );
  }
}

/** 0 · x is 0 for finite x alone. Four sums side by side, since every product checks its vectors. */
function fitsFloat32(vector: Float64Array): boolean {
  const whole = vector.length - (vector.length % 4);
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    a += Math.fround(vector[i]) * 0;
    b += Math.fround(vector[i + 1]) * 0;
    c += Math.fround(vector[i + 2]) * 0;
    d += Math.fround(vector[i + 3]) * 0;
  }
  for (let i = whole; i < vector.length; i++) a += Math.fround(vector[i]) * 0;
  return a + b + c + d === 0;
}
