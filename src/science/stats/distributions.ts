/**
 * @file Normal, Student t, chi-square, beta and F: the functions that intervals need, from @stdlib, with their domains checked.
 *
 * Arguments outside a function's domain, NaN included, throw OUT_OF_DOMAIN instead of giving NaN. Quantiles at 0 and 1
 * are the ends of the support, which may be infinite.
 */
import betaQuantileOf from "@stdlib/stats-base-dists-beta-quantile";
import chiSquareQuantileOf from "@stdlib/stats-base-dists-chisquare-quantile";
import fQuantileOf from "@stdlib/stats-base-dists-f-quantile";
import normalCdfOf from "@stdlib/stats-base-dists-normal-cdf";
import normalQuantileOf from "@stdlib/stats-base-dists-normal-quantile";
import tCdfOf from "@stdlib/stats-base-dists-t-cdf";
import tQuantileOf from "@stdlib/stats-base-dists-t-quantile";
import { DomainError } from "../../core/index.ts";

/** Density of the standard normal. */
export function normalPdf(z: number): number {
  return Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
}

/** P(Z ≤ z) of the standard normal. */
export function normalCdf(z: number): number {
  requireNumber("normalCdf", z);
  return normalCdfOf(z, 0, 1);
}

/** Inverse of `normalCdf`: @stdlib's value after one Newton step, which brings its 2e-9 in the far tail to rounding. */
export function normalQuantile(p: number): number {
  requireProbability("normalQuantile", p);
  if (p > 0.5) return -normalQuantile(1 - p);
  const z = normalQuantileOf(p, 0, 1);
  return z < -30 ? z : z - (normalCdfOf(z, 0, 1) - p) / normalPdf(z);
}

/** P(T ≤ t); `df` > 0 need not be an integer. */
export function studentTCdf(t: number, df: number): number {
  requireNumber("studentTCdf", t);
  requirePositive("studentTCdf: df", df);
  return tCdfOf(t, df);
}

export function studentTQuantile(p: number, df: number): number {
  requireProbability("studentTQuantile", p);
  requirePositive("studentTQuantile: df", df);
  return tQuantileOf(p, df);
}

export function chiSquareQuantile(p: number, df: number): number {
  requireProbability("chiSquareQuantile", p);
  requirePositive("chiSquareQuantile: df", df);
  return chiSquareQuantileOf(p, df);
}

export function betaQuantile(p: number, a: number, b: number): number {
  requireProbability("betaQuantile", p);
  requirePositive("betaQuantile: a", a);
  requirePositive("betaQuantile: b", b);
  return betaQuantileOf(p, a, b);
}

export function fQuantile(p: number, df1: number, df2: number): number {
  requireProbability("fQuantile", p);
  requirePositive("fQuantile: df1", df1);
  requirePositive("fQuantile: df2", df2);
  return fQuantileOf(p, df1, df2);
}

function requireNumber(what: string, x: number): void {
  if (Number.isNaN(x)) throw new DomainError(what, "a number", x);
}

function requireProbability(what: string, p: number): void {
  if (!(p >= 0 && p <= 1)) throw new DomainError(what, "a probability in [0, 1]", p);
}

function requirePositive(what: string, x: number): void {
  if (!(x > 0 && x < Number.POSITIVE_INFINITY)) throw new DomainError(what, "a positive finite number", x);
}
