/**
 * @file An estimate carries its own evidence: value, interval, level, method, n.
 */

export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Two-sided coverage of [low, high], e.g. .95; for a one-sided bound, the bound's own level. */
  readonly level: number;
  /** For example "paired bootstrap over seeds, percentile, 4000 draws". */
  readonly method: string;
  /** Independent units: seeds or runs, never points or steps. */
  readonly n: number;
}

/** `0.412 [0.380, 0.441]`, with digits chosen by the interval's width. Non-finite values print as they are. */
export function formatEstimate({ value, low, high }: Pick<Estimate, "value" | "low" | "high">): string {
  const digits = digitsFor(high - low);
  return `${formatNumber(value, digits)} [${formatNumber(low, digits)}, ${formatNumber(high, digits)}]`;
}

/** Decimal places that show two significant digits of an interval this wide; at most 6, at least 0; 3 for a width of 0 (or rounding). */
export function digitsFor(width: number): number {
  if (!Number.isFinite(width) || width < 1e-12) return 3;
  return Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(width))));
}

export function formatNumber(value: number, digits = 3): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const text = value.toFixed(digits);
  // A negative number that rounds to nothing has no sign left.
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}
