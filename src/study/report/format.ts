/**
 * @file Numbers as text: steps, shares, estimates, p-values, durations, bytes.
 *
 * A missing number (null, undefined) prints as "–"; NaN and ±∞ print as themselves. Nothing is ever rounded to "0" or
 * "1" silently where an interval says how many digits matter.
 */
import { digitsFor, formatNumber, type Json, type Seeds } from "../../core/index.ts";

/** A number as results.json may hold it: NaN is written as null there. */
export type MaybeNumber = number | null | undefined;

export const MISSING = "–";

export function isFiniteNumber(value: MaybeNumber): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

export function formatMaybe(value: MaybeNumber, digits = 3): string {
  if (typeof value !== "number") return MISSING;
  const text = withCommas(formatNumber(value, digits));
  return /^−0(\.0+)?$/.test(text) ? text.slice(1) : text;
}

/** Up to four significant digits, no trailing zeros: for settings and thresholds, which are exact. */
export function formatShort(value: MaybeNumber): string {
  if (typeof value !== "number") return MISSING;
  if (!Number.isFinite(value)) return formatNumber(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return formatCount(value);
  const text = Math.abs(value) < 1e-3 ? value.toExponential(3) : String(Number(value.toPrecision(4)));
  return text.replace(/\.?0+e/, "e").replaceAll("-", "−");
}

/** Whole numbers with a comma between thousands from 10,000 on (and 1,000 too, so that columns line up). */
export function formatCount(value: MaybeNumber): string {
  if (typeof value !== "number") return MISSING;
  if (!Number.isFinite(value)) return formatNumber(value);
  return withCommas(formatNumber(value, 0));
}

/** Commas between thousands, before the decimal point only. */
function withCommas(text: string): string {
  return text.replace(/\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ","));
}

export function formatSigned(value: MaybeNumber, digits = 3): string {
  const text = formatMaybe(value, digits);
  return isFiniteNumber(value) && value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

/** Whether an estimate counts steps (no decimals) or is a plain number. */
export type NumberKind = "plain" | "step" | "signed";

/** An estimate's numbers as read from JSON; an absent one may be null. */
export interface LooseEstimate {
  readonly value: MaybeNumber;
  readonly low: MaybeNumber;
  readonly high: MaybeNumber;
}

export function formatValueAndInterval(
  { value, low, high }: LooseEstimate,
  kind: NumberKind = "plain",
): { value: string; interval: string } {
  const width = isFiniteNumber(low) && isFiniteNumber(high) ? high - low : Number.NaN;
  const digits = kind === "step" ? 0 : digitsFor(width);
  const one = (number: MaybeNumber): string =>
    kind === "step"
      ? formatCount(number)
      : kind === "signed"
        ? formatSigned(number, digits)
        : formatMaybe(number, digits);
  return { value: one(value), interval: `[${one(low)}, ${one(high)}]` };
}

export function formatP(p: MaybeNumber): string {
  if (!isFiniteNumber(p)) return formatMaybe(p);
  return p < 0.001 ? "< 0.001" : p.toFixed(3);
}

export function formatPercent(share: MaybeNumber, digits = 0): string {
  return isFiniteNumber(share) ? `${formatNumber(share * 100, digits)}%` : formatMaybe(share);
}

/** Percent without trailing zeros: 95%, 97.5%. */
export function formatLevel(level: MaybeNumber): string {
  return isFiniteNumber(level) ? `${Number((level * 100).toFixed(2))}%` : formatMaybe(level);
}

export function formatDuration(secs: MaybeNumber): string {
  if (!isFiniteNumber(secs)) return formatMaybe(secs);
  if (secs < 60) return `${secs.toFixed(1)} s`;
  const whole = Math.round(secs);
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function formatBytes(bytes: MaybeNumber): string {
  if (!isFiniteNumber(bytes)) return formatMaybe(bytes);
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/** The first characters of a content address: enough to find the run folder by. */
export function shortId(id: string): string {
  return id.slice(0, 9);
}

export function formatSeeds(seeds: Seeds): string {
  const entries = Object.entries(seeds);
  if (entries.length > 1 && entries.every(([, value]) => value === entries[0][1])) return `all ${entries[0][1]}`;
  return entries.map(([name, value]) => `${name} ${value}`).join(", ");
}

export function formatJson(value: Json | undefined): string {
  if (typeof value === "number") return formatShort(value);
  if (typeof value === "string") return value;
  return value === undefined ? MISSING : JSON.stringify(value);
}

/** `3 runs`, `1 run`. */
export function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}
