/**
 * @file M4: the points of a long series that a line of so many pixels is drawn with, and no others.
 *
 * Per pixel column the first, last, smallest and largest value: the drawn line is then, pixel for pixel, that of the whole
 * series (Jugel, Jerzak, Hackenbroich, Markl, PVLDB 7(10), 2014, theorem 1). NaN and ±∞ cannot be drawn as part of a line
 * and must not vanish: each is counted in its column. Points without a place (step NaN) are left out.
 */
import { DomainError, ShapeError } from "../../core/index.ts";

export interface Reduced {
  /** Indices into the series, ascending by column, within a column in the order of the series. */
  readonly rows: readonly number[];
  /** Columns that hold values that are not finite: how many of each kind. */
  readonly nonFinite: readonly {
    readonly column: number;
    readonly nan: number;
    readonly positive: number;
    readonly negative: number;
  }[];
  /** Points with a place between `from` and `to`. */
  readonly total: number;
}

export interface M4Options {
  /** Columns of pixels, ≥ 1. */
  readonly pixels: number;
  /** Smallest and largest step shown; default: all. */
  readonly from?: number;
  readonly to?: number;
}

/** `steps` and `values` have one length n; at most 4 · pixels rows come back. O(n) time, O(pixels) memory. */
export function m4(steps: ArrayLike<number>, values: ArrayLike<number>, { pixels, ...shown }: M4Options): Reduced {
  if (steps.length !== values.length) throw new ShapeError("m4: values", `[${steps.length}]`, [values.length]);
  if (!Number.isInteger(pixels) || pixels < 1) throw new DomainError("m4: pixels", "a positive integer", pixels);
  const { from, to } = shownSteps(steps, shown);
  const NONE = -1;
  const [first, last, smallest, largest] = Array.from({ length: 4 }, () => new Int32Array(pixels).fill(NONE));
  const counts = Array.from({ length: 3 }, () => new Int32Array(pixels));
  const scale = to > from ? pixels / (to - from) : 0;
  let total = 0;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i];
    if (!(step >= from && step <= to)) continue;
    total += 1;
    const column = Math.min(pixels - 1, Math.floor((step - from) * scale));
    const value = values[i];
    if (!Number.isFinite(value)) {
      counts[Number.isNaN(value) ? 0 : value > 0 ? 1 : 2][column] += 1;
      continue;
    }
    if (first[column] === NONE) {
      first[column] = i;
      smallest[column] = i;
      largest[column] = i;
    } else {
      if (value < values[smallest[column]]) smallest[column] = i;
      if (value > values[largest[column]]) largest[column] = i;
    }
    last[column] = i;
  }
  const rows: number[] = [];
  const nonFinite: Reduced["nonFinite"][number][] = [];
  for (let column = 0; column < pixels; column++) {
    if (first[column] !== NONE) {
      const four = [first[column], smallest[column], largest[column], last[column]].sort((a, b) => a - b);
      for (const row of new Set(four)) rows.push(row);
    }
    const [nan, positive, negative] = counts.map((count) => count[column]);
    if (nan + positive + negative > 0) nonFinite.push({ column, nan, positive, negative });
  }
  return { rows, nonFinite, total };
}

function shownSteps(steps: ArrayLike<number>, { from, to }: Omit<M4Options, "pixels">): { from: number; to: number } {
  if (from !== undefined && to !== undefined) return { from, to };
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i];
    if (step < low && step > Number.NEGATIVE_INFINITY) low = step;
    if (step > high && step < Number.POSITIVE_INFINITY) high = step;
  }
  return { from: from ?? low, to: to ?? high };
}
