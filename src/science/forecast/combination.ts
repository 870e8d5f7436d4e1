/**
 * @file Combination of forecasters, weighted by how well each did on left-out cohort runs.
 *
 * Refuses what any of its members refuses.
 */
import { averageQuantiles } from "./distribution.ts";
import { cohortTargets, defineForecaster, type Forecaster } from "./forecaster.ts";
import { crps } from "./scores.ts";

/**
 * Quantiles averaged with weights proportional to (mean left-out CRPS)^(−n/2): as the likelihood of n errors with that
 * scale, tempered by one half because left-out scores of one cohort depend on each other. Refits each member n times.
 */
export function combination(members: readonly Forecaster[]): Forecaster {
  return defineForecaster({
    name: "combination",
    role: "method",
    version: 1,
    description: `average of ${members.map(({ name }) => name).join(", ")}, weighted by scores on left-out cohort runs`,
    fit(cohort, task) {
      const targets = cohortTargets(cohort, task);
      const n = cohort.length;
      const totals = members.map(() => 0);
      for (let i = 0; i < n; i++) {
        const others = cohort.filter((_, k) => k !== i);
        for (let m = 0; m < members.length; m++)
          totals[m] += crps(members[m].fit(others, task).predict(cohort[i]), targets[i]);
      }
      const best = Math.min(...totals);
      const weights = totals.map((total) => (best === 0 ? Number(total === 0) : (best / total) ** (n / 2)));
      const fitted = members.map((member) => member.fit(cohort, task));
      return {
        parameters: { members: members.map(({ name }, m) => [name, weights[m], totals[m] / n]) },
        predict: (prefix) =>
          averageQuantiles(
            fitted.map((one) => one.predict(prefix)),
            weights,
          ),
      };
    },
  });
}
