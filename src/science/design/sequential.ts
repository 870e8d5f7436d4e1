/**
 * @file Confirmations that stop early: a curtailed fixed plan, and Wald's sequential test.
 *
 * Outcomes come in the fixed order of the fresh seeds, one pass or fail each; a seed whose run broke is a failure, never
 * left out. Refuses more outcomes than the plan has seeds, and rates and error levels outside (0, 1).
 */
import { DomainError, type Estimate } from "../../core/index.ts";
import { requireLevel } from "../stats/intervals.ts";
import { clopperPearsonLower } from "./reliability.ts";

export interface CurtailedConfirmation {
  readonly verdict: "confirmed" | "not confirmed" | "undecided";
  /** Seeds after which the verdict stood. */
  readonly used: number;
  readonly successes: number;
  readonly failures: number;
  /**
   * Success rate with a one-sided lower bound that holds although the plan stopped early: that of the whole plan with every
   * unused seed counted as a failure as far as the verdict allows. `n` is the plan's.
   */
  readonly reliability: Estimate;
}

/**
 * Stops a plan of n seeds with at most `failures` failures as soon as its verdict is certain: at failure number
 * `failures` + 1, or when n − failures seeds have passed. No later outcome could change it, so the verdict, its level and
 * the plan's power are those of the full plan. Outcomes after the decision are ignored.
 */
export function curtailedConfirmation({
  n,
  failures,
  level,
  outcomes,
}: {
  readonly n: number;
  /** Failures that the plan allows. */
  readonly failures: number;
  readonly level: number;
  readonly outcomes: readonly boolean[];
}): CurtailedConfirmation {
  requireLevel("curtailedConfirmation", level);
  if (!Number.isInteger(n) || n < 1) throw new DomainError("curtailedConfirmation: n", "a positive integer", n);
  if (!Number.isInteger(failures) || failures < 0 || failures >= n)
    throw new DomainError("curtailedConfirmation: failures", `an integer in 0…${n - 1}`, failures);
  if (outcomes.length > n) throw new DomainError("curtailedConfirmation", `at most ${n} outcomes`, outcomes.length);
  let passed = 0;
  let failed = 0;
  for (const outcome of outcomes) {
    if (failed > failures || passed >= n - failures) break;
    if (outcome) passed++;
    else failed++;
  }
  const verdict = failed > failures ? "not confirmed" : passed >= n - failures ? "confirmed" : "undecided";
  const used = passed + failed;
  const bound = clopperPearsonLower({ successes: passed, n, level });
  return {
    verdict,
    used,
    successes: passed,
    failures: failed,
    reliability: {
      ...bound,
      value: used === 0 ? Number.NaN : passed / used,
      method: `${bound.method}; ${n - used} of ${n} planned seeds not run, counted as failures in the bound`,
    },
  };
}

export interface SequentialTest {
  readonly verdict: "confirmed" | "not confirmed" | "undecided";
  /** Seeds after which the verdict stood; all of them when undecided. */
  readonly used: number;
  /** ln of the likelihood under `good` over that under `bad`. */
  readonly logLikelihoodRatio: number;
  /** Decision limits of the ratio's logarithm. */
  readonly limits: { readonly low: number; readonly high: number };
  /** Seeds in a row, all passing, that confirm. */
  readonly straightSuccesses: number;
}

/**
 * Wald's sequential probability ratio test of a success rate: "confirmed" when the data are 1 − falseReject to falseConfirm
 * times likelier under `good` than under `bad`. Confirms a procedure of rate ≤ `bad` with probability at most about
 * falseConfirm, rejects one of rate ≥ `good` with probability at most about falseReject. Source: Wald, Ann. Math. Stat. 16
 * (1945), limits ln((1 − β)/α) and ln(β/(1 − α)). Between the two rates no promise is made.
 */
export function sequentialTest({
  bad,
  good,
  falseConfirm = 0.05,
  falseReject = 0.05,
  outcomes,
}: {
  readonly bad: number;
  readonly good: number;
  readonly falseConfirm?: number;
  readonly falseReject?: number;
  readonly outcomes: readonly boolean[];
}): SequentialTest {
  if (!(bad > 0 && bad < good && good < 1))
    throw new DomainError("sequentialTest: bad, good", "0 < bad < good < 1", `${bad}, ${good}`);
  if (!(falseConfirm > 0 && falseReject > 0 && falseConfirm + falseReject < 1))
    throw new DomainError(
      "sequentialTest: falseConfirm, falseReject",
      "positive error levels with a sum below 1",
      `${falseConfirm}, ${falseReject}`,
    );
  const limits = {
    low: Math.log(falseReject / (1 - falseConfirm)),
    high: Math.log((1 - falseReject) / falseConfirm),
  };
  const onPass = Math.log(good / bad);
  const onFail = Math.log((1 - good) / (1 - bad));
  const straightSuccesses = Math.ceil(limits.high / onPass);
  let ratio = 0;
  for (let i = 0; i < outcomes.length; i++) {
    ratio += outcomes[i] ? onPass : onFail;
    if (ratio >= limits.high)
      return { verdict: "confirmed", used: i + 1, logLikelihoodRatio: ratio, limits, straightSuccesses };
    if (ratio <= limits.low)
      return { verdict: "not confirmed", used: i + 1, logLikelihoodRatio: ratio, limits, straightSuccesses };
  }
  return { verdict: "undecided", used: outcomes.length, logLikelihoodRatio: ratio, limits, straightSuccesses };
}
