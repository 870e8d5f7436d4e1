/**
 * @file Faults planted into simulated clean runs, one a run, to count how many the audit finds.
 */
import type { MeasuredSeries, RecordedRun, Rng } from "../../src/core/index.ts";
import { changed, repeatedAt, swappedAt } from "../../src/science/audit/run.fixture.ts";

export interface Planted {
  readonly run: RecordedRun;
  /** Codes of which any counts as found, and a step that the finding must hold. */
  readonly codes: readonly string[];
  readonly step: number;
}

export const FAULTS: Readonly<Record<string, (run: RecordedRun, steps: readonly number[], rng: Rng) => Planted>> = {
  "repeated checkpoint": (run, steps, rng) => {
    const [from, to] = twoSteps(steps, rng);
    return { run: repeatedAt(run, from, to), codes: ["checkpoint-repeated"], step: to };
  },
  "neighbours swapped while training moves": (run, steps, rng) => {
    // The second quarter of the grid: after the start, before the plateau.
    const i = Math.floor(steps.length / 4) + rng.int(Math.max(1, Math.floor(steps.length / 4)));
    return {
      run: swappedAt(run, steps[i], steps[i + 1]),
      codes: ["checkpoints-swapped", "checkpoint-outlier"],
      step: steps[i],
    };
  },
  "checkpoint off by 4 item errors everywhere": (run, steps, rng) => {
    const step = steps[2 + rng.int(steps.length - 4)];
    return { run: moved(run, step, (value, se) => value + 4 * se * rng.normal()), codes: ["checkpoint-outlier"], step };
  },
  "another statistic at one checkpoint": (run, steps, rng) => {
    const step = steps[6 + rng.int(steps.length - 8)];
    const isOdd = (measure: string) => measure.endsWith("/loss");
    const odd = changed(run, (series) => (isOdd(series.measure) ? scaled(series, step, 0.3) : series));
    return { run: odd, codes: ["evaluator-shift", "checkpoint-outlier"], step };
  },
  "a quarter of the items at one checkpoint": (run, steps, rng) => {
    const step = steps[2 + rng.int(steps.length - 4)];
    return { run: moved(run, step, (value) => value, 2), codes: ["items-changed"], step };
  },
};

function twoSteps(steps: readonly number[], rng: Rng): [number, number] {
  const i = Math.floor(steps.length / 3) + rng.int(Math.floor(steps.length / 3));
  const j = (i + 3 + rng.int(steps.length - 6)) % steps.length;
  return [steps[i], steps[j]];
}

function moved(run: RecordedRun, step: number, move: (value: number, se: number) => number, errors = 1): RecordedRun {
  return changed(run, (series) => {
    const at = series.steps.indexOf(step);
    const { ses = [], values } = series;
    return { ...series, values: values.with(at, move(values[at], ses[at])), ses: ses.with(at, ses[at] * errors) };
  });
}

function scaled(series: MeasuredSeries, step: number, by: number): MeasuredSeries {
  const at = series.steps.indexOf(step);
  const { ses = [], values } = series;
  return { ...series, values: values.with(at, values[at] * by), ses: ses.with(at, ses[at] * by * by) };
}
