/**
 * @file Scales for figures: domains that ignore what is not finite, and a step axis that has a place for step 0.
 */
import { scaleLinear, scaleLog } from "d3-scale";
import { formatCount, isFiniteNumber, type MaybeNumber } from "../format.ts";

export interface Tick {
  readonly at: number;
  readonly label: string;
}

export interface Scale {
  (value: number): number;
  readonly domain: readonly [number, number];
  readonly range: readonly [number, number];
  readonly ticks: readonly Tick[];
}

/** Smallest and largest finite value, widened to `include`; [0, 1] when there is none; padded when they are equal. */
export function finiteExtent(values: Iterable<MaybeNumber>, include: readonly number[] = []): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of [...values, ...include]) {
    if (!isFiniteNumber(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  if (low === high) return [low - (Math.abs(low) || 1) * 0.1, high + (Math.abs(high) || 1) * 0.1];
  return [low, high];
}

export interface ScaleOptions {
  readonly domain: readonly [number, number];
  readonly range: readonly [number, number];
  /** Wanted number of ticks. */
  readonly count?: number;
  /** Extend the domain to round numbers. */
  readonly nice?: boolean;
}

export function linearScale({ domain, range, count = 4, nice = false }: ScaleOptions): Scale {
  const scale = scaleLinear(domain, range);
  if (nice) scale.nice(count);
  const ticks = scale.ticks(count);
  const format = scale.tickFormat(count);
  const [low, high] = scale.domain();
  return make(
    scale,
    [low, high],
    range,
    ticks.map((value) => ({ at: scale(value), label: format(value) })),
  );
}

/** A log scale; the domain must be positive. Ticks at 1, 2, 5 × powers of ten, thinned to `minGap` pixels. */
export function logScale({
  domain,
  range,
  minGap = 40,
  ends = false,
}: ScaleOptions & { readonly minGap?: number; readonly ends?: boolean }): Scale {
  const scale = scaleLog(domain, range);
  return make(scale, domain, range, logTicks({ scale, domain, minGap, ends }));
}

/**
 * Steps on a log axis from the first positive step on; step 0, where it occurs, has its own place left of them (a log
 * axis has none). Steps below the first positive one are drawn at it.
 */
export function stepScale({
  steps,
  range,
  minGap = 40,
}: {
  readonly steps: readonly number[];
  readonly range: readonly [number, number];
  readonly minGap?: number;
}): Scale {
  const positive = steps.filter((step) => isFiniteNumber(step) && step > 0);
  const [low, high] = positive.length === 0 ? [1, 10] : finiteExtent(positive);
  const hasZero = steps.some((step) => step === 0);
  const start = hasZero ? range[0] + 24 : range[0];
  const log = scaleLog([Math.max(low, 1e-9), high], [start, range[1]]);
  const ticks = logTicks({ scale: log, domain: [low, high], minGap, ends: true });
  const place = (step: number): number =>
    step <= 0 ? range[0] : Math.min(range[1], Math.max(start, log(Math.max(step, low))));
  return make(place, [low, high], range, hasZero ? [{ at: range[0], label: "0" }, ...ticks] : ticks);
}

function logTicks({
  scale,
  domain: [low, high],
  minGap,
  ends,
}: {
  scale: (value: number) => number;
  domain: readonly [number, number];
  minGap: number;
  ends: boolean;
}): Tick[] {
  const ranked: { value: number; rank: number }[] = ends
    ? [
        { value: high, rank: 0 },
        { value: low, rank: 1 },
      ]
    : [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    for (const digit of [1, 2, 5])
      ranked.push({ value: Number(`${digit}e${power}`), rank: digit === 1 ? 2 : digit === 2 ? 4 : 3 });
  const kept: { value: number; at: number }[] = [];
  for (const { value } of ranked.sort((a, b) => a.rank - b.rank)) {
    if (value < low * 0.9999 || value > high * 1.0001) continue;
    const at = scale(value);
    if (kept.every((tick) => Math.abs(tick.at - at) >= minGap)) kept.push({ value, at });
  }
  return kept
    .sort((a, b) => a.value - b.value)
    .map(({ value, at }) => ({ at, label: value >= 1 ? formatCount(value) : String(value) }));
}

function make(
  place: (value: number) => number,
  domain: readonly [number, number],
  range: readonly [number, number],
  ticks: readonly Tick[],
): Scale {
  return Object.assign((value: number) => place(value), { domain, range, ticks });
}
