/**
 * @file Onset of a measure that is itself measured with error: in which interval of steps the threshold was first
 * reached and kept, when no evaluation is known exactly.
 *
 * NaN cannot be judged: it counts as not reached and bounds no interval from below; ±∞ are compared like any number. A
 * standard error that is NaN or absent counts as 0.
 */
import { DomainError, type Event, ShapeError } from "../../core/index.ts";
import { normalCdf } from "../stats/distributions.ts";
import { requireSeries, type Series } from "./series.ts";

export interface MeasuredOnsetOptions {
  readonly threshold: number;
  readonly direction?: "above" | "below";
  /** Reached at the onset and at `k` of the `of` evaluations that begin with it. Default 2 of 2. */
  readonly hold?: { readonly k: number; readonly of: number };
  /** Standard error of each value over its items, [n]. */
  readonly ses?: readonly number[];
  /** Coverage of (low, high]; default .95. */
  readonly level?: number;
}

const LONGEST_HOLD = 10;

/**
 * `step`: the first evaluation whose value reaches the threshold with `hold` (as onset.ts where k = of); null when
 * there is none. (low, high]: from the last evaluation before the (1 − level)/2 quantile of the onset to its (1 +
 * level)/2 quantile; `high` null when the chance of no onset by the end exceeds (1 − level)/2. The distribution is
 * exact for independent normal errors of the stated size and nothing known of the true values beforehand; errors that
 * neighbouring evaluations share (the same items) make it wider than need be. A hold still open at the end counts only
 * when it already has its k. Evidence: the chance of no onset, and of each interval that has at least .05.
 */
export function measuredOnset(series: Series, options: MeasuredOnsetOptions): Event {
  requireSeries("onset", series);
  const { threshold, direction = "above", hold = { k: 2, of: 2 }, level = 0.95, ses } = options;
  const { steps, values, measure } = series;
  if (!Number.isFinite(threshold)) throw new DomainError("onset: threshold", "a finite number", threshold);
  if (
    !Number.isInteger(hold.k) ||
    !Number.isInteger(hold.of) ||
    hold.k < 1 ||
    hold.of < hold.k ||
    hold.of > LONGEST_HOLD
  )
    throw new DomainError("onset: hold", `k of n with 1 ≤ k ≤ n ≤ ${LONGEST_HOLD}`, `${hold.k} of ${hold.of}`);
  if (!(level > 0 && level < 1)) throw new DomainError("onset: level", "a level between 0 and 1", level);
  if (ses !== undefined && ses.length !== steps.length)
    throw new ShapeError("onset: ses", `[${steps.length}]`, [ses.length]);
  const reached = values.map((v) => (direction === "above" ? v >= threshold : v <= threshold));
  const chances = values.map((v, i) => {
    const se = ses?.[i];
    if (Number.isNaN(v) || !(se !== undefined && se > 0)) return reached[i] ? 1 : 0;
    return normalCdf(((direction === "above" ? 1 : -1) * (v - threshold)) / se);
  });
  const observed = firstHeld(reached, hold);
  const { at, never } = onsetDistribution(chances, hold);
  const tail = (1 - level) / 2;
  const [first, last] = [quantileIndex(at, tail), quantileIndex(at, 1 - tail)];
  const below = (end: number) => lastBelow(reached, series, end);
  const evidence: Record<string, unknown> = { chanceOfNone: never };
  const likely = at
    .map((p, i) => ({ low: below(i), high: steps[i], p }))
    .filter(({ p }) => p >= 0.05 && p < 1)
    .sort((a, b) => b.p - a.p);
  if (likely.length > 0) evidence.intervals = likely;
  if (observed !== undefined) evidence.value = values[observed];
  else evidence.last = values[values.length - 1];
  const open = openFrom(reached);
  if (observed === undefined && open !== undefined) evidence.unconfirmedFrom = steps[open];
  const how = hold.k === hold.of ? `${hold.k} evaluations in a row` : `${hold.k} of ${hold.of} evaluations`;
  const errors = ses === undefined ? "values as stated" : `independent item errors, ${100 * level}%`;
  return {
    kind: "onset",
    measure,
    step: observed === undefined ? null : steps[observed],
    low: below(first ?? open ?? steps.length),
    high: last === undefined ? null : steps[last],
    evidence,
    certainty: {
      kind: "posterior",
      value: 1 - never,
      of: "that the threshold was reached and held by the end, item errors independent",
    },
    method: `first of ${how} ${direction === "above" ? "≥" : "≤"} ${threshold}; ${errors}`,
  };
}

/** First index that is reached and has k of the `of` from it on reached; undefined when there is none. */
function firstHeld(reached: readonly boolean[], { k, of }: { k: number; of: number }): number | undefined {
  for (let i = 0; i < reached.length; i++) {
    if (!reached[i]) continue;
    let count = 0;
    for (let j = i; j < Math.min(reached.length, i + of); j++) if (reached[j]) count++;
    if (count >= k) return i;
  }
  return undefined;
}

/**
 * P(onset at i), each evaluation reached with its own chance, independently. State: which of the last of − 1 were
 * reached. The candidate that gets its k first is the earliest that ever does, so the walk may stop there.
 */
function onsetDistribution(
  chances: readonly number[],
  { k, of }: { k: number; of: number },
): { at: number[]; never: number } {
  const at = new Array<number>(chances.length).fill(0);
  const mask = (1 << of) - 1;
  let states = new Map<number, number>([[0, 1]]);
  for (let j = 0; j < chances.length; j++) {
    const next = new Map<number, number>();
    const add = (bits: number, p: number) => {
      if (p <= 0) return;
      const held = earliestHeld(bits, k, of);
      if (held === undefined) next.set(bits, (next.get(bits) ?? 0) + p);
      else at[j - held] += p;
    };
    for (const [bits, p] of states) {
      add(((bits << 1) | 1) & mask, p * chances[j]);
      add((bits << 1) & mask, p * (1 - chances[j]));
    }
    states = next;
  }
  return { at, never: [...states.values()].reduce((a, b) => a + b, 0) };
}

/** How many evaluations ago the earliest candidate with k reached since began; bit 0 is now. */
function earliestHeld(bits: number, k: number, of: number): number | undefined {
  for (let ago = of - 1; ago >= 0; ago--) {
    if (((bits >> ago) & 1) === 0) continue;
    let count = 0;
    for (let b = 0; b <= ago; b++) count += (bits >> b) & 1;
    if (count >= k) return ago;
  }
  return undefined;
}

function quantileIndex(at: readonly number[], p: number): number | undefined {
  let sum = 0;
  for (let i = 0; i < at.length; i++) {
    sum += at[i];
    if (sum >= p - 1e-12 && at[i] > 0) return i;
  }
  return undefined;
}

function openFrom(reached: readonly boolean[]): number | undefined {
  let i = reached.length;
  while (i > 0 && reached[i - 1]) i--;
  return i < reached.length ? i : undefined;
}

function lastBelow(reached: readonly boolean[], { steps, values }: Series, end: number): number {
  for (let i = end - 1; i >= 0; i--) if (!Number.isNaN(values[i]) && !reached[i]) return steps[i];
  return Math.min(0, steps[0]);
}
