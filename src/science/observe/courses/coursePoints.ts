/**
 * @file A series as the search for change points reads it: finite values, in blocks of neighbours where there are many,
 * with the error of each.
 *
 * NaN and ±∞ are left out and counted.
 */

import type { Series } from "../series.ts";
import { localWiggle } from "./localWiggle.ts";

const MOST_POINTS = 400;

/**
 * The wiggle around a point, being the greater of two readings, is on average too large: contrasts may spread less than
 * it says.
 */
const UNSTATED_LEAST = 0.5;

export interface Points {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly ses: readonly number[];
  /** Step of the first evaluation in each block. */
  readonly first: readonly number[];
  readonly leftOut: number;
}

export function blocks({ steps, values }: Series, ses: readonly number[] | undefined): Points {
  const kept = steps.map((_, i) => i).filter((i) => Number.isFinite(values[i]));
  const count = Math.min(kept.length, MOST_POINTS);
  const at = (block: number) => Math.floor((block * kept.length) / count);
  const groups = Array.from({ length: count }, (_, block) => kept.slice(at(block), at(block + 1)));
  const meanOf = (group: readonly number[], f: (i: number) => number) =>
    group.reduce((sum, i) => sum + f(i), 0) / group.length;
  return {
    x: groups.map((group) => meanOf(group, (i) => steps[i])),
    y: groups.map((group) => meanOf(group, (i) => values[i])),
    ses: groups.map((group) => Math.sqrt(meanOf(group, (i) => (ses?.[i] ?? Number.NaN) ** 2) / group.length)),
    first: groups.map((group) => steps[group[0]]),
    leftOut: steps.length - kept.length,
  };
}

/**
 * `least`: what contrasts spread at least, in these errors. Stated errors, as far as the proportions of the noise go;
 * where there are none, the wiggle around each point.
 */
export function pointErrors(
  { y, ses }: Points,
  floor: number,
): { readonly errors: readonly number[]; readonly least: number } {
  const stated = ses.filter((se) => se > 0).sort((a, b) => a - b);
  if (stated.length < ses.length / 2)
    return { errors: localWiggle(y).map((sd) => Math.max(floor, sd)), least: UNSTATED_LEAST };
  const usual = stated[stated.length >> 1];
  return { errors: ses.map((se) => Math.max(floor, se >= 0 ? se : usual)), least: 1 };
}
