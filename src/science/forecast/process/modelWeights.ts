/**
 * @file How much each model of motion counts for one measure: by its evidence there, and by how often the cohort's other
 * measures follow it.
 */
import type { LearnedProcess } from "./processModel.ts";

/** Measures that an even prior counts for. */
const EVEN_MEASURES = 1;
const ROUNDS = 50;

/**
 * Posterior weights, summing to 1, under prior weights that are themselves inferred from all measures (empirical Bayes: EM
 * on the shares of a mixture, with a Dirichlet pull to even ones).
 */
export function modelWeights(own: LearnedProcess, others: readonly LearnedProcess[]): number[] {
  const all = [own, ...others].filter(({ models }) => models.length === own.models.length);
  const n = own.models.length;
  let prior = new Array<number>(n).fill(1 / n);
  for (let round = 0; round < ROUNDS && all.length > 1; round++) {
    const sums = new Array<number>(n).fill(EVEN_MEASURES / n);
    for (const measure of all)
      posteriorWeights(measure, prior).forEach((weight, k) => {
        sums[k] += weight;
      });
    prior = sums.map((sum) => sum / (all.length + EVEN_MEASURES));
  }
  return posteriorWeights(own, prior);
}

function posteriorWeights({ models }: LearnedProcess, prior: readonly number[]): number[] {
  const logs = models.map(({ logEvidence }, k) => logEvidence + Math.log(prior[k]));
  const top = Math.max(...logs);
  const raw = logs.map((log) => Math.exp(log - top));
  const total = raw.reduce((a, b) => a + b, 0);
  return raw.map((one) => one / total);
}
