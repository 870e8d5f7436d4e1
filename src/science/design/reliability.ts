/**
 * @file Reliability of a procedure over seeds: the exact lower bound, the size of a confirmation and its power.
 *
 * Seeds pass or fail independently with one success rate. Counts that are no counts throw OUT_OF_DOMAIN.
 */
import { DomainError, type Estimate, RefusedError } from "../../core/index.ts";
import { betaQuantile } from "../stats/distributions.ts";
import { requireLevel } from "../stats/intervals.ts";

/**
 * Success rate with the exact one-sided lower bound: the rate p at which n seeds would show this many successes or more
 * with probability 1 − level, B⁻¹(1 − level; k, n − k + 1), and (1 − level)^{1/n} when all succeed. `high` is 1 by
 * construction. Source: Clopper & Pearson, Biometrika 26 (1934). Throws unless 0 ≤ successes ≤ n are integers, n ≥ 1.
 */
export function clopperPearsonLower({
  successes,
  n,
  level,
}: {
  readonly successes: number;
  readonly n: number;
  readonly level: number;
}): Estimate {
  requireLevel("clopperPearsonLower", level);
  requireCount("clopperPearsonLower: n", n, 1, Number.MAX_SAFE_INTEGER);
  requireCount("clopperPearsonLower: successes", successes, 0, n);
  return {
    value: successes / n,
    low: lowerBound(successes, n, level),
    high: 1,
    level,
    method: "Clopper–Pearson, one-sided lower bound",
    n,
  };
}

function lowerBound(successes: number, n: number, level: number): number {
  if (successes === 0) return 0;
  if (successes === n) return (1 - level) ** (1 / n);
  return betaQuantile(1 - level, successes, n - successes + 1);
}

/** Both ends of the exact interval, each with half of the error: [0, …] without a success, […, 1] without a failure. */
export function clopperPearsonInterval({
  successes,
  n,
  level,
}: {
  readonly successes: number;
  readonly n: number;
  readonly level: number;
}): Estimate {
  const half = (1 + level) / 2;
  const { value, low } = clopperPearsonLower({ successes, n, level: half });
  const high = 1 - clopperPearsonLower({ successes: n - successes, n, level: half }).low;
  return { value, low, high, level, method: "Clopper–Pearson interval", n };
}

/**
 * Smallest n such that n − failures successes of n put the one-sided lower bound at `reliability` or above. Equivalently
 * P(at most `failures` failures of n) ≤ 1 − level at a true rate of exactly `reliability`, which falls with n.
 * Throws REFUSED beyond a million seeds.
 */
export function confirmationSize({
  reliability,
  level,
  failures,
}: {
  readonly reliability: number;
  readonly level: number;
  readonly failures: number;
}): number {
  requireLevel("confirmationSize", level);
  requireCount("confirmationSize: failures", failures, 0, 1e4);
  if (!(reliability > 0 && reliability < 1))
    throw new DomainError("confirmationSize: reliability", "a number in (0, 1)", reliability);
  // The tiny slack lets an equality such as .5⁴ = .0625 hold although its terms are rounded.
  const suffices = (n: number) => confirmationPower({ n, failures, rate: reliability }) <= (1 - level) * (1 + 1e-12);
  let high = failures + 1;
  while (!suffices(high)) {
    if (high > 1e6) throw new RefusedError("confirmationSize", "more than a million seeds would be needed");
    high *= 2;
  }
  let low = failures;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (suffices(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** P(at most `failures` failures of n) at the true success rate `rate`: the chance that a confirmation succeeds. */
export function confirmationPower({
  n,
  failures,
  rate,
}: {
  readonly n: number;
  readonly failures: number;
  readonly rate: number;
}): number {
  requireCount("confirmationPower: n", n, 1, Number.MAX_SAFE_INTEGER);
  requireCount("confirmationPower: failures", failures, 0, n);
  if (!(rate >= 0 && rate <= 1)) throw new DomainError("confirmationPower: rate", "a number in [0, 1]", rate);
  if (rate === 1 || failures === n) return 1;
  if (rate === 0) return 0;
  // log of C(n, k) (1 − rate)^k rate^(n − k), built up term by term; logs because rate^n underflows for large n.
  let logTerm = n * Math.log(rate);
  let sum = Math.exp(logTerm);
  const logOdds = Math.log1p(-rate) - Math.log(rate);
  for (let k = 1; k <= failures; k++) {
    logTerm += Math.log((n - k + 1) / k) + logOdds;
    sum += Math.exp(logTerm);
  }
  return Math.min(1, sum);
}

function requireCount(what: string, value: number, low: number, high: number): void {
  if (!Number.isSafeInteger(value) || value < low || value > high)
    throw new DomainError(what, `an integer in ${low}…${high}`, value);
}
