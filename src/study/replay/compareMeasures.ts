/**
 * @file What was measured at a step against what is measured there again. How many items a measure was taken on stands in
 * `n`, so both details are tried, and the one that fits better counts.
 */
import type { MeasuredValue, Point, Trainer } from "../../core/index.ts";

export interface MeasureDifference {
  readonly step: number;
  readonly measure: string;
  readonly stored: number;
  readonly replayed: number;
}

export interface MeasuresCompared {
  /** Values that could be compared. */
  readonly compared: number;
  readonly differences: readonly MeasureDifference[];
  /** Stored measures that this version does not take. */
  readonly unknown: readonly string[];
}

/** `tolerance`: share of the value, or of 1 where it is smaller; 0 asks for the same bits, standard errors and counts. */
export async function compareMeasures(
  trainer: Trainer,
  points: readonly Point[],
  tolerance: number,
): Promise<MeasuresCompared> {
  const quick = compared(points, await trainer.measure({ detail: "quick" }), tolerance);
  if (quick.differences.length === 0 && quick.unknown.length === 0) return quick;
  const full = compared(points, await trainer.measure({ detail: "full" }), tolerance);
  const badness = ({ differences, unknown }: MeasuresCompared) => differences.length + unknown.length;
  return badness(full) <= badness(quick) ? full : quick;
}

function compared(points: readonly Point[], values: readonly MeasuredValue[], tolerance: number): MeasuresCompared {
  const byMeasure = new Map(values.map((value) => [value.measure, value]));
  const known = points.filter(({ measure }) => byMeasure.has(measure));
  return {
    compared: known.length,
    differences: known.flatMap((point) => {
      const replayed = byMeasure.get(point.measure)!;
      if (isSame(point, replayed, tolerance)) return [];
      return [{ step: point.step, measure: point.measure, stored: point.value, replayed: replayed.value }];
    }),
    unknown: points.filter(({ measure }) => !byMeasure.has(measure)).map(({ measure }) => measure),
  };
}

function isSame(stored: Point, replayed: MeasuredValue, tolerance: number): boolean {
  if (tolerance === 0)
    return same(stored.value, replayed.value) && same(stored.se, replayed.se) && same(stored.n, replayed.n);
  if (!same(stored.n, replayed.n)) return false;
  const room = tolerance * Math.max(1, Math.abs(stored.value));
  return same(stored.value, replayed.value) || Math.abs(stored.value - replayed.value) <= room;
}

/** NaN is NaN; −0 is stored as 0. */
function same(a: number | undefined, b: number | undefined): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}
