/**
 * @file Loss curves for the tests of learning-rate laws: synthetic ones from a law, and the published ones at 25M.
 *
 * The published files stay outside the project; `absent` says where they are not there.
 */
import { existsSync, readFileSync } from "node:fs";
import { Rng } from "../../../core/index.ts";
import { type LossLaw, lawLosses, type ScheduledCurve } from "./lossLaw.ts";
import { type LearningRateSchedule, scheduleFrom } from "./schedule.ts";

const FOLDER = new URL("../../../../../shared/data/multipowerlaw/loss_curve_repo/csv_25/", import.meta.url);

export const isAbsent = !existsSync(FOLDER);
/** For the name of a test that is skipped. */
export const absent = isAbsent ? " (skipped: ../shared/data/multipowerlaw is absent)" : "";

/** The paper's split: fitted on three, judged on six. */
export const FITTED = ["constant_24000", "cosine_24000", "wsdcon_9"];
export const JUDGED = [
  "constant_72000",
  "cosine_72000",
  "wsd_20000_24000",
  "wsdld_20000_24000",
  "wsdcon_3",
  "wsdcon_18",
];

/** With the warm-up that the paper states: 2160 updates. */
export function publishedCurves(names: readonly string[]): ScheduledCurve[] {
  return names.map((run) => {
    const lines = readFileSync(new URL(`${run}.csv`, FOLDER), "utf8")
      .trim()
      .split("\n")
      .slice(1);
    const rows = lines.map((line) => line.split(",").map(Number));
    const steps = rows.map(([step]) => step);
    const rates = rows.map(([, rate]) => rate);
    return {
      run,
      steps,
      losses: rows.map(([, , loss]) => loss),
      schedule: scheduleFrom(steps, rates, { warmup: 2160 }),
    };
  });
}

/** A law's losses every `every` updates after the warm-up, with first-order autoregressive noise of ln(loss). */
export function syntheticCurve({
  law,
  parameters,
  schedule,
  every,
  sd = 0,
  correlation = 0,
  run,
}: {
  readonly law: LossLaw;
  readonly parameters: readonly number[];
  readonly schedule: LearningRateSchedule;
  readonly every: number;
  readonly sd?: number;
  readonly correlation?: number;
  readonly run: string;
}): ScheduledCurve {
  const rng = Rng.of(run, "synthetic curve");
  const steps: number[] = [];
  for (let step = schedule.warmupEnd + every; step < schedule.rates.length; step += every) steps.push(step);
  let noise = rng.normal();
  const losses = [...lawLosses({ law, parameters }, schedule, steps)].map((loss) => {
    noise = correlation * noise + Math.sqrt(1 - correlation ** 2) * rng.normal();
    return loss * Math.exp(sd * noise);
  });
  return { run, schedule, steps, losses };
}
