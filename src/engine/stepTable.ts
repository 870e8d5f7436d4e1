/**
 * @file The host-made table of a loop: one row of named values per step.
 */
import type { Tensor } from "../core/index.ts";
import type { Specs } from "./program.ts";

/** Name of the table that holds all float32 scalars side by side, so that one Gather fetches them. */
export const SCALARS_TABLE = "scalars:float32";

export function scalarNames(perStep: Specs): string[] {
  return Object.keys(perStep).filter((name) => perStep[name].dtype === "float32" && perStep[name].shape.length === 0);
}

/** Columns of scalars from one record per step; every row has the keys of the first. */
export function scalarColumns(rows: readonly Readonly<Record<string, number>>[]): Record<string, Tensor> {
  const names = Object.keys(rows[0] ?? {});
  return Object.fromEntries(
    names.map((name): [string, Tensor] => [
      name,
      { dtype: "float32", shape: [rows.length], data: Float32Array.from(rows, (row) => row[name]) },
    ]),
  );
}

/** The entries of a flat record whose names start with `prefix`, without it: "m.w1" → "w1". */
export function withoutPrefix<T>(record: Readonly<Record<string, T>>, prefix: string): Record<string, T> {
  return Object.fromEntries(
    Object.entries(record)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
}

export function withPrefix<T>(record: Readonly<Record<string, T>>, prefix: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [`${prefix}${name}`, value]));
}
