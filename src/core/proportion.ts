/**
 * @file A proportion with the standard error over the items that it was counted on.
 *
 * Refuses counts that are not integers with 0 ≤ successes ≤ n and n ≥ 1.
 */
import { DomainError } from "./errors.ts";

export interface Proportion {
  readonly value: number;
  /** Never 0: see `proportion`. */
  readonly se: number;
  readonly n: number;
}

/**
 * Share of successes among n items. `value` is k/n. `se` is the standard deviation of Beta(k + 1, n − k + 1), the
 * posterior under a uniform prior: it agrees with √(p(1 − p)/n) for large n, and stays positive at 0 and 1, where that
 * formula would claim certainty.
 */
export function proportion(successes: number, n: number): Proportion {
  requireCount("proportion", successes, n);
  return { value: successes / n, se: betaSd(successes, n), n };
}

/** √(p(1 − p)/(n + 3)) at p = (k + 1)/(n + 2); `successes` may be fractional. */
export function betaSd(successes: number, n: number): number {
  const p = (successes + 1) / (n + 2);
  return Math.sqrt((p * (1 - p)) / (n + 3));
}

export function requireCount(what: string, successes: number, n: number): void {
  if (!Number.isInteger(n) || n < 1) throw new DomainError(`${what}: n`, "a positive integer", n);
  if (!Number.isInteger(successes) || successes < 0 || successes > n)
    throw new DomainError(`${what}: successes`, `an integer in 0…${n}`, successes);
}
