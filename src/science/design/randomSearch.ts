/**
 * @file What random search would cost: training steps until the first candidate that passes.
 *
 * Candidates drawn at random pass independently with one probability p, so the first pass takes 1/p candidates on average.
 */
import { DomainError, type Estimate } from "../../core/index.ts";
import { requireLevel } from "../stats/intervals.ts";
import { clopperPearsonInterval, clopperPearsonLower } from "./reliability.ts";

/**
 * Expected steps to the first success, meanSteps / p, with the Clopper–Pearson interval of p carried over. Undefined when
 * none of the n passed: the data then bound the cost from below only (`randomSearchFloor`).
 */
export function randomSearchCost({
  passed,
  n,
  meanSteps,
  level,
}: {
  /** Random candidates that passed, of n. */
  readonly passed: number;
  readonly n: number;
  /** Training steps of one candidate, on average. */
  readonly meanSteps: number;
  readonly level: number;
}): Estimate | undefined {
  requireSteps("randomSearchCost", meanSteps);
  const rate = clopperPearsonInterval({ successes: passed, n, level });
  if (passed === 0) return undefined;
  return {
    value: meanSteps / rate.value,
    low: meanSteps / rate.high,
    high: meanSteps / rate.low,
    level,
    method: "mean steps a candidate over the share that passed, Clopper–Pearson interval of the share",
    n,
  };
}

/** Steps that random search needs on average at the least, at the one-sided `level`, given that none of n passed. */
export function randomSearchFloor({
  n,
  meanSteps,
  level,
}: {
  readonly n: number;
  readonly meanSteps: number;
  readonly level: number;
}): number {
  requireLevel("randomSearchFloor", level);
  requireSteps("randomSearchFloor", meanSteps);
  return meanSteps / (1 - clopperPearsonLower({ successes: n, n, level }).low);
}

function requireSteps(what: string, meanSteps: number): void {
  if (!(Number.isFinite(meanSteps) && meanSteps > 0))
    throw new DomainError(`${what}: meanSteps`, "a positive number", meanSteps);
}
