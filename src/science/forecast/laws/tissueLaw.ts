/**
 * @file The annealing law of Tissue et al. 2024: loss from the area under the schedule and a momentum of its decay.
 *
 * L = L₀ + A·S₁^(−α) − C·S₂ with S₁ = Ση, mᵢ = λmᵢ₋₁ + (ηᵢ₋₁ − ηᵢ), S₂ = Σm. S₁ includes the warm-up; the changes of the
 * warm-up do not enter m. O(updates) for all steps together.
 */
import type { LossLaw } from "./lossLaw.ts";

const DECAYS = [0.9, 0.99, 0.995, 0.998, 0.999, 0.9995];
const POWERS = [0.2, 0.5, 1];

/** Parameters in the order L₀, A, α, C, and τ = 1/(1 − λ), the updates over which the momentum forgets. */
export const tissueLaw: LossLaw = {
  name: "annealing law (Tissue 2024)",
  source: "Tissue, Wang & Wang, Scaling law with learning rate annealing, arXiv:2408.11029 (2024), eq. 1",
  parameters: [
    { name: "L₀", lower: 0, upper: Number.POSITIVE_INFINITY, isLinear: true },
    { name: "A", lower: 0, upper: Number.POSITIVE_INFINITY, isLinear: true },
    { name: "α", lower: 0.01, upper: 5, isLinear: false },
    { name: "C", lower: 0, upper: Number.POSITIVE_INFINITY, isLinear: true },
    // The paper's λ lie between .99 and .999.
    { name: "τ", lower: 1.5, upper: 1e5, isLinear: false, prior: { centre: 300, logSd: 1 } },
  ],
  starts: POWERS.flatMap((alpha) => DECAYS.map((lambda) => [alpha, 1 / (1 - lambda)])),
  design({ rates, sums, warmupEnd }, steps) {
    const logSums = steps.map((step) => Math.log(sums[step]));
    return {
      evaluate([level, amplitude, alpha, c, tau], losses, gradients) {
        const lambda = 1 - 1 / tau;
        let [momentum, area, momentumSlope, areaSlope] = [0, 0, 0, 0];
        let next = 0;
        const last = steps.length === 0 ? 0 : steps[steps.length - 1];
        for (let t = 1; t <= last; t++) {
          // Derivatives in λ run beside the sums.
          momentumSlope = momentum + lambda * momentumSlope;
          momentum = lambda * momentum + (t > warmupEnd ? rates[t - 1] - rates[t] : 0);
          area += momentum;
          areaSlope += momentumSlope;
          for (; next < steps.length && steps[next] === t; next++) {
            const power = Math.exp(-alpha * logSums[next]);
            losses[next] = level + amplitude * power - c * area;
            if (gradients === undefined) continue;
            gradients[0][next] = 1;
            gradients[1][next] = power;
            gradients[2][next] = -amplitude * power * logSums[next];
            gradients[3][next] = -area;
            gradients[4][next] = (-c * areaSlope) / (tau * tau);
          }
        }
      },
    };
  },
};
