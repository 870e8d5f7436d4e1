/**
 * @file The worst of several groups' success rates, with the downward bias of a minimum of noisy numbers corrected.
 *
 * Pure and deterministic, well under a millisecond for 20 groups, so that it can run at every evaluation. Every group has
 * the same number of items, otherwise the noisiest group would look worst. Refuses an empty list and impossible counts.
 */
import normalCdf from "@stdlib/stats-base-dists-normal-cdf";
import { DomainError } from "./errors.ts";
import { betaSd, type Proportion, requireCount } from "./proportion.ts";

const ATOMS = 40;
const EM_STEPS = 50;
const NODES = 96;

export interface WorstGroup extends Proportion {
  /** The minimum as observed, which is biased down. */
  readonly observed: number;
}

/**
 * Estimate of min over groups of the true rate, from `successes` (one count a group, each out of `n` items).
 *
 * Parametric bootstrap of the bias, without its random numbers: the rates are shrunk to their posterior means q under a
 * discrete prior that is estimated from the groups themselves (EM on a grid of 40 rates), the expected minimum E of
 * normal variables with means q and variances q(1 − q)/n, cut to [0, 1], is integrated numerically, and the value is
 * min p̂ + min q − E, kept between the observed minimum and the mean of the groups. The prior is discrete so that two
 * clusters of groups (cue agrees, cue conflicts) are not shrunk towards each other.
 *
 * In simulations with 20 groups of 200 it removes four fifths of the bias when groups are equal (−.064 to about −.01) and
 * is within ±.013 for one low group, two clusters, and normal spread; the test shows it. `se` is the item standard error of one
 * group at the value (see `proportion`), which in those simulations is 1.0 to 1.5 times the true spread. `n`
 * is the items of one group. Method after Efron & Tibshirani (1993) §10.4 (bias) and Laird, JASA 73 (1978) (the prior).
 */
export function worstGroup(successes: readonly number[], n: number): WorstGroup {
  if (successes.length === 0) throw new DomainError("worstGroup", "at least one group", "none");
  for (const count of successes) requireCount("worstGroup", count, n);
  const observed = Math.min(...successes) / n;
  const mean = successes.reduce((sum, count) => sum + count, 0) / (n * successes.length);
  const rates = shrunkenRates(successes, n);
  const bias = expectedMinimum(rates, n) - Math.min(...rates);
  const value = Math.max(observed, Math.min(mean, observed - bias));
  return { value, se: betaSd(value * n, n), n, observed };
}

/** Posterior mean rate of each group under the estimated discrete prior. */
function shrunkenRates(successes: readonly number[], n: number): number[] {
  const low = Math.asin(Math.sqrt(Math.min(...successes) / n));
  const high = Math.asin(Math.sqrt(Math.max(...successes) / n));
  if (low === high) return successes.map((count) => count / n);
  const atoms = Array.from({ length: ATOMS }, (_, a) => Math.sin(low + ((high - low) * a) / (ATOMS - 1)) ** 2);
  const likelihoods = successes.map((count) => binomialLikelihoods(count, n, atoms));
  let weights = new Float64Array(ATOMS).fill(1 / ATOMS);
  for (let step = 0; step < EM_STEPS; step++) {
    const next = new Float64Array(ATOMS);
    for (const likelihood of likelihoods) {
      let total = 0;
      for (let a = 0; a < ATOMS; a++) total += likelihood[a] * weights[a];
      for (let a = 0; a < ATOMS; a++) next[a] += (likelihood[a] * weights[a]) / (total * successes.length);
    }
    weights = next;
  }
  return likelihoods.map((likelihood) => {
    let total = 0;
    let moment = 0;
    for (let a = 0; a < ATOMS; a++) {
      total += likelihood[a] * weights[a];
      moment += likelihood[a] * weights[a] * atoms[a];
    }
    return moment / total;
  });
}

/** Binomial likelihood of each atom, scaled to a maximum of 1. */
function binomialLikelihoods(count: number, n: number, atoms: readonly number[]): Float64Array {
  const logs = Float64Array.from(atoms, (atom) => {
    const rate = Math.min(1 - 1e-12, Math.max(1e-12, atom));
    return count * Math.log(rate) + (n - count) * Math.log1p(-rate);
  });
  const top = Math.max(...logs);
  return logs.map((log) => Math.exp(log - top));
}

/** E[min Xᵢ], Xᵢ ~ N(rateᵢ, rateᵢ(1 − rateᵢ)/n) cut to [0, 1]: ∫₀¹ Π P(Xᵢ > x) dx by the midpoint rule. */
function expectedMinimum(rates: readonly number[], n: number): number {
  const sds = rates.map((rate) => Math.sqrt(Math.max(0, rate * (1 - rate)) / n));
  const low = Math.max(0, Math.min(...rates.map((rate, i) => rate - 8 * sds[i])));
  const high = Math.min(1, ...rates.map((rate, i) => rate + 8 * sds[i]));
  const width = (high - low) / NODES;
  let area = low;
  for (let node = 0; node < NODES; node++) {
    const x = low + (node + 0.5) * width;
    let above = 1;
    for (let i = 0; i < rates.length && above > 1e-12; i++)
      if (x > rates[i] - 8 * sds[i]) above *= sds[i] === 0 ? 0 : normalCdf(rates[i] - x, 0, sds[i]);
    area += above * width;
  }
  return area;
}
