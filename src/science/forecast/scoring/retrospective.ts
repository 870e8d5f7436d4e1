/**
 * @file Leave-one-out forecasts of a finished cohort: each run forecast by methods fitted on the others.
 *
 * The outcomes existed when these forecasts were made. They are labelled retrospective and must never be mixed with
 * registered ones. A run that a method refuses throws.
 */
import type { Distribution } from "../../../core/index.ts";
import { type Forecaster, type Trajectory, upTo } from "../forecaster.ts";

export interface RetrospectiveForecast {
  readonly retrospective: true;
  readonly run: string;
  readonly method: string;
  readonly role: "baseline" | "method";
  readonly distribution: Distribution;
}

export function retrospectiveForecasts<Task extends { readonly cutoff: number }>({
  cohort,
  forecasters,
  task,
  runs = cohort,
}: {
  readonly cohort: readonly Trajectory[];
  readonly forecasters: readonly Forecaster<Task>[];
  readonly task: Task;
  /** The cohort runs to forecast; default all. For onsets: those still at risk. */
  readonly runs?: readonly Trajectory[];
}): RetrospectiveForecast[] {
  return runs.flatMap((run) => {
    const others = cohort.filter((other) => other !== run);
    return forecasters.map((forecaster) => ({
      retrospective: true as const,
      run: run.run,
      method: forecaster.name,
      role: forecaster.role,
      distribution: forecaster.fit(others, task).predict(upTo(run, task.cutoff)),
    }));
  });
}
