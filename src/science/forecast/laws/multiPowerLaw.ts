/**
 * @file The multi-power law (Luo et al. 2025): loss from the area under the schedule and a power law for each change of rate.
 *
 * L(t) = L₀ + A·S₁(t)^(−α) − B·Σ_k (η_{k−1} − η_k)·[1 − (1 + C·η_k^(−γ)·S_k(t))^(−β)], S_k(t) = η_k + … + η_t. S₁ includes the
 * warm-up (the paper's S_W), and so does the sum: the increases of the warm-up add to the loss.
 */
import type { LossLaw } from "./lossLaw.ts";
import type { LearningRateSchedule } from "./schedule.ts";

/**
 * Changes are summed in groups within which S_k(t) grows by at most this share, each group standing at its weighted mean:
 * second order, so that a loss is off by less than 1e-5 (see the test); O(log updates) groups a step.
 */
const GROUP_WIDTH = 0.12;
/** Within a group η changes by at most this factor. */
const RATE_WIDTH = 1.15;

/**
 * Parameters in the order of the paper's tables: L₀, A, α, B, C, β, γ. Priors: what the paper finds of C, β and γ at its three
 * sizes (2.0–2.1, .58–.60, .63–.66), with generous spreads; without them a few schedules leave a long valley of equal fits.
 */
export const multiPowerLaw: LossLaw = {
  name: "multi-power law (Luo 2025)",
  source:
    "Luo et al., A multi-power law for loss curve prediction across learning rate schedules, ICLR 2025, eqs 1 and 9",
  parameters: [
    { name: "L₀", lower: 0, upper: Number.POSITIVE_INFINITY, isLinear: true },
    { name: "A", lower: 0, upper: Number.POSITIVE_INFINITY, isLinear: true },
    { name: "α", lower: 0.01, upper: 5, isLinear: false },
    { name: "B", lower: 0, upper: Number.POSITIVE_INFINITY, isLinear: true },
    { name: "C", lower: 1e-4, upper: 1e4, isLinear: false, prior: { centre: 2, logSd: 0.7 } },
    { name: "β", lower: 0.01, upper: 5, isLinear: false, prior: { centre: 0.6, logSd: 0.3 } },
    { name: "γ", lower: 0.01, upper: 3, isLinear: false, prior: { centre: 0.6, logSd: 0.3 } },
  ],
  starts: [0.3, 0.6].flatMap((alpha) =>
    [0.3, 1, 3, 10].flatMap((c) => [0.3, 0.6].flatMap((beta) => [0.3, 0.6].map((gamma) => [alpha, c, beta, gamma]))),
  ),
  design(schedule, steps) {
    const logSums = steps.map((step) => Math.log(schedule.sums[step]));
    const { starts, weights, logAreas, logRates } = changeGroups(schedule, steps);
    return {
      evaluate([level, amplitude, alpha, b, c, beta, gamma], losses, gradients) {
        const logC = Math.log(c);
        for (let i = 0; i < steps.length; i++) {
          let [drop, byC, byBeta, byGamma] = [0, 0, 0, 0];
          for (let g = starts[i]; g < starts[i + 1]; g++) {
            const x = Math.exp(logC - gamma * logRates[g] + logAreas[g]);
            const log = Math.log1p(x);
            const rest = Math.exp(-beta * log);
            drop += weights[g] * (1 - rest);
            if (gradients === undefined) continue;
            const slope = weights[g] * rest;
            const inner = (slope * beta * x) / (1 + x);
            byC += inner;
            byBeta += slope * log;
            byGamma -= inner * logRates[g];
          }
          const power = Math.exp(-alpha * logSums[i]);
          losses[i] = level + amplitude * power - b * drop;
          if (gradients === undefined) continue;
          gradients[0][i] = 1;
          gradients[1][i] = power;
          gradients[2][i] = -amplitude * power * logSums[i];
          gradients[3][i] = -drop;
          gradients[4][i] = (-b * byC) / c;
          gradients[5][i] = -b * byBeta;
          gradients[6][i] = -b * byGamma;
        }
      },
    };
  },
};

interface ChangeGroups {
  /** Groups of step i are starts[i] … starts[i + 1] − 1. */
  readonly starts: Int32Array;
  /** Σ (η_{k−1} − η_k) of a group. */
  readonly weights: Float64Array;
  /** ln of the group's mean S_k(t). */
  readonly logAreas: Float64Array;
  /** Mean of ln η_k. */
  readonly logRates: Float64Array;
}

/** The changes of rate before each step, in groups; none of this depends on the law's parameters. */
function changeGroups(schedule: LearningRateSchedule, steps: readonly number[]): ChangeGroups {
  const changes = changesOf(schedule);
  const { at, base, firstOfRun, total, totalBase, totalLogRate } = changes;
  const starts = new Int32Array(steps.length + 1);
  const [weights, logAreas, logRates]: number[][] = [[], [], []];
  let reach = 0;
  for (let i = 0; i < steps.length; i++) {
    while (reach < at.length && at[reach] <= steps[i]) reach++;
    const whole = schedule.sums[steps[i]];
    for (let last = reach - 1; last >= 0; ) {
      const lowest = whole - (whole - base[last]) * (1 + GROUP_WIDTH);
      const first = Math.max(firstOfRun[last], firstAtLeast(base, lowest, last));
      const weight = total[last + 1] - total[first];
      if (weight !== 0) {
        weights.push(weight);
        const mean = (totalBase[last + 1] - totalBase[first]) / weight;
        logAreas.push(Math.log(Math.max(whole - mean, 1e-300)));
        logRates.push((totalLogRate[last + 1] - totalLogRate[first]) / weight);
      }
      last = first - 1;
    }
    starts[i + 1] = weights.length;
  }
  return {
    starts,
    weights: Float64Array.from(weights),
    logAreas: Float64Array.from(logAreas),
    logRates: Float64Array.from(logRates),
  };
}

/** The updates k with η_k ≠ η_{k−1}; runs of one sign and about one rate; running sums for group means. */
function changesOf({ rates, sums }: LearningRateSchedule) {
  const at: number[] = [];
  for (let k = 1; k < rates.length; k++) if (rates[k] !== rates[k - 1]) at.push(k);
  let peak = 0;
  for (const rate of rates) peak = Math.max(peak, rate);
  const n = at.length;
  const base = Float64Array.from(at, (k) => sums[k - 1]);
  const logRate = Float64Array.from(at, (k) => Math.log(Math.max(rates[k], 1e-6 * peak)));
  const firstOfRun = new Int32Array(n);
  const [total, totalBase, totalLogRate] = [new Float64Array(n + 1), new Float64Array(n + 1), new Float64Array(n + 1)];
  for (let j = 0; j < n; j++) {
    const change = rates[at[j] - 1] - rates[at[j]];
    total[j + 1] = total[j] + change;
    totalBase[j + 1] = totalBase[j] + change * base[j];
    totalLogRate[j + 1] = totalLogRate[j] + change * logRate[j];
    const first = j === 0 ? 0 : firstOfRun[j - 1];
    const isSame =
      j > 0 &&
      change > 0 === rates[at[j - 1] - 1] - rates[at[j - 1]] > 0 &&
      Math.abs(logRate[j] - logRate[first]) <= Math.log(RATE_WIDTH);
    firstOfRun[j] = isSame ? first : j;
  }
  return { at, base, firstOfRun, total, totalBase, totalLogRate };
}

/** First index in 0…last whose value is at least `value`, in an ascending array; `last` when none is. */
function firstAtLeast(ascending: Float64Array, value: number, last: number): number {
  let [low, high] = [0, last];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] >= value) high = middle;
    else low = middle + 1;
  }
  return low;
}
