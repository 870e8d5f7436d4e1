/**
 * @file Combination of forecasters, weighted by how well each did on left-out cohort runs.
 *
 * Refuses what any of its members refuses, and members that state no left-out errors.
 */
import { RefusedError } from "../../../core/index.ts";
import { mean } from "../../stats/moments.ts";
import { averageQuantiles } from "../distribution.ts";
import { defineForecaster, type Forecaster } from "../forecaster.ts";

/**
 * Quantiles averaged with weights proportional to (mean absolute left-out error)^(−n/2): the likelihood of n Laplace errors
 * of that size, tempered by one half because left-out errors of one cohort depend on each other.
 */
export function combination(members: readonly Forecaster[]): Forecaster {
  return defineForecaster({
    name: "combination",
    role: "method",
    version: 1,
    description: `average of ${members.map(({ name }) => name).join(", ")}, weighted by errors on left-out cohort runs`,
    fit(cohort, task) {
      const fitted = members.map((member) => member.fit(cohort, task));
      const errors = fitted.map(({ leftOutErrors }, m) => {
        if (leftOutErrors === undefined)
          throw new RefusedError("Combination", `"${members[m].name}" states no left-out errors`);
        return mean(leftOutErrors.map(Math.abs));
      });
      const best = Math.min(...errors);
      const weights = errors.map((error) => (best === 0 ? Number(error === 0) : (best / error) ** (cohort.length / 2)));
      return {
        parameters: { members: members.map(({ name }, m) => [name, weights[m], errors[m]]) },
        predict: (prefix) =>
          averageQuantiles(
            fitted.map((one) => one.predict(prefix)),
            weights,
          ),
      };
    },
  });
}
