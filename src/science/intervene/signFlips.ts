/**
 * @file Sign flips of paired differences: all of them for few seeds, a seeded sample for many.
 */
import { DomainError, Rng } from "../../core/index.ts";

/** Up to this many seeds all 2ⁿ patterns are used. */
const EXACT_UP_TO = 14;
const SAMPLED_PATTERNS = 20_000;

export interface SignFlips {
  /** One row a pattern, entries ±1; the first is the identity. */
  readonly patterns: readonly Int8Array[];
  readonly isExact: boolean;
}

/** Throws OUT_OF_DOMAIN unless n ≥ 1. */
export function signFlips(n: number): SignFlips {
  if (!Number.isInteger(n) || n < 1) throw new DomainError("signFlips: n", "a positive integer", n);
  if (n <= EXACT_UP_TO)
    return {
      isExact: true,
      patterns: Array.from({ length: 2 ** n }, (_, code) =>
        Int8Array.from({ length: n }, (_, i) => ((code >> i) & 1 ? -1 : 1)),
      ),
    };
  const rng = Rng.of("sign flips", n);
  const patterns = Array.from({ length: SAMPLED_PATTERNS }, (_, k) =>
    Int8Array.from({ length: n }, () => (k > 0 && rng.uniform() < 0.5 ? -1 : 1)),
  );
  return { isExact: false, patterns };
}

/** "all 4096 sign flips" or "20000 sampled sign flips". */
export function describeFlips({ patterns, isExact }: SignFlips): string {
  return isExact ? `all ${patterns.length} sign flips` : `${patterns.length} sampled sign flips`;
}
