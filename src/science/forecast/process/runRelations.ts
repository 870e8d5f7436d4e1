/**
 * @file How runs depart together from what is common to all: by their configuration, or each for itself.
 *
 * Covariates are those of covariates.ts, standardised over the cohort. A new run that lacks one is refused.
 */
import { RefusedError } from "../../../core/index.ts";
import { mean, sd } from "../../stats/moments.ts";
import type { Trajectory } from "../forecaster.ts";
import { differingCovariates } from "../regression/covariates.ts";

/** Distance, in standard deviations of a covariate, over which departures from the linear law are shared. */
const NEARNESS = 1;

/** "linear" in the covariates; "near": smooth in them; "own": each run for itself. */
export type Relation = "linear" | "near" | "own";

export interface RunRelations {
  readonly covariates: readonly string[];
  readonly kinds: readonly Relation[];
  /** One R × R matrix a kind. */
  readonly within: readonly Float64Array[];
  /** A new run's relation to each cohort run, and to itself, by kind. */
  across(run: Trajectory): { readonly cross: readonly Float64Array[]; readonly own: readonly number[] };
  /** The relations among some of the runs, by index. */
  subset(runs: readonly number[]): RunRelations;
}

/** `isConfigured` false: every run for itself, whatever its configuration. */
export function runRelations(cohort: readonly Trajectory[], { isConfigured = true } = {}): RunRelations {
  const covariates = isConfigured ? differingCovariates(cohort) : [];
  const scaled = covariates.map(({ name, of }) => {
    const column = cohort.map(of);
    const [centre, spread] = [mean(column), sd(column)];
    return { name, of: (run: Trajectory) => (of(run) - centre) / spread };
  });
  const rows = cohort.map((run) => scaled.map(({ of }) => of(run)));
  const rowOf = (run: Trajectory) =>
    scaled.map(({ name, of }) => {
      const value = of(run);
      if (!Number.isFinite(value))
        throw new RefusedError("Forecast", `run ${run.run} states no ${name}, by which the cohort differs`);
      return value;
    });
  return relationsOf(
    rows,
    scaled.map(({ name }) => name),
    rowOf,
  );
}

function relationsOf(
  rows: readonly (readonly number[])[],
  covariates: readonly string[],
  rowOf: (run: Trajectory) => number[],
): RunRelations {
  const kinds: Relation[] = covariates.length === 0 ? ["own"] : ["linear", "near", "own"];
  const n = rows.length;
  return {
    covariates,
    kinds,
    within: kinds.map((kind) => {
      const matrix = new Float64Array(n * n);
      for (let i = 0; i < n; i++)
        for (let k = 0; k < n; k++)
          matrix[i * n + k] = kind === "own" ? Number(i === k) : related(kind, rows[i], rows[k]);
      return matrix;
    }),
    across(run) {
      const row = rowOf(run);
      return {
        cross: kinds.map((kind) =>
          Float64Array.from(rows, (other) => (kind === "own" ? 0 : related(kind, row, other))),
        ),
        own: kinds.map((kind) => (kind === "own" ? 1 : related(kind, row, row))),
      };
    },
    subset: (runs) =>
      relationsOf(
        runs.map((i) => rows[i]),
        covariates,
        rowOf,
      ),
  };
}

function related(kind: Exclude<Relation, "own">, a: readonly number[], b: readonly number[]): number {
  let [inner, distance] = [0, 0];
  for (let k = 0; k < a.length; k++) {
    inner += a[k] * b[k];
    distance += (a[k] - b[k]) ** 2;
  }
  return kind === "linear" ? inner / a.length : Math.exp((-0.5 * distance) / (NEARNESS * NEARNESS * a.length));
}
