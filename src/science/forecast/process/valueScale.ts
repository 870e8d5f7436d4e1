/**
 * @file The scale on which a measure's curves are modelled: as it is, or its logarithm.
 *
 * The logarithm for measures that are positive in every run, not bounded above, and span tenfold or more (perplexities, losses
 * over a whole training): there differences are ratios. The choice is made on the cohort alone.
 */
const LOGARITHM_FROM = 10;

export interface ValueScale {
  readonly name: "as it is" | "logarithm";
  to(value: number): number;
  from(value: number): number;
}

const IDENTITY: ValueScale = { name: "as it is", to: (value) => value, from: (value) => value };
const LOGARITHM: ValueScale = { name: "logarithm", to: Math.log, from: Math.exp };

/** For finite values of one measure; `range` as far as it is known. */
export function valueScale(
  values: Iterable<number>,
  range: readonly [number | null, number | null] = [null, null],
): ValueScale {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return range[1] === null && low > 0 && high >= LOGARITHM_FROM * low ? LOGARITHM : IDENTITY;
}
