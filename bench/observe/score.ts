/**
 * @file Scores of event detectors: precision, recall within a tolerance, delay, false alarms per 1,000 evaluations,
 * each with an interval over runs. One truth takes at most one detection, the nearest.
 */
import { Rng } from "../../src/core/index.ts";
import { median } from "../harness.ts";
import type { Case, TrueSeries } from "./cases.ts";

export interface Figure {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface Score {
  readonly case: string;
  readonly detector: string;
  readonly runs: number;
  /** Of detections; absent where there are none. */
  readonly precision?: Figure;
  /** Of truths; absent for null runs. */
  readonly recall?: Figure;
  /** Evaluations between the truth and the detection that found it, signed, median; absent where none was found. */
  readonly delay?: number;
  readonly falseAlarms: Figure;
}

interface Tally {
  readonly truths: number;
  readonly found: number;
  readonly detections: number;
  readonly evaluations: number;
  readonly delays: readonly number[];
}

const DRAWS = 2000;

export function score(
  { name, tolerance }: Case,
  detector: string,
  series: readonly TrueSeries[],
  detections: readonly (readonly number[])[],
): Score {
  const tallies = series.map((one, i) => tally(one, detections[i], tolerance));
  const sum = (chosen: readonly Tally[], key: "truths" | "found" | "detections" | "evaluations") =>
    chosen.reduce((total, one) => total + one[key], 0);
  const delays = tallies.flatMap((one) => one.delays);
  const hasTruth = sum(tallies, "truths") > 0;
  return {
    case: name,
    detector,
    runs: series.length,
    ...(sum(tallies, "detections") > 0 && hasTruth
      ? { precision: figure(tallies, (t) => sum(t, "found") / sum(t, "detections")) }
      : {}),
    ...(hasTruth ? { recall: figure(tallies, (t) => sum(t, "found") / sum(t, "truths")) } : {}),
    ...(delays.length > 0 ? { delay: median(delays) } : {}),
    falseAlarms: figure(tallies, (t) => (1000 * (sum(t, "detections") - sum(t, "found"))) / sum(t, "evaluations")),
  };
}

function tally({ steps, truth }: TrueSeries, detected: readonly number[], tolerance: number): Tally {
  const place = (step: number) => (step - steps[0]) / (steps[1] - steps[0]);
  const free = new Set(detected.map((_, i) => i));
  const delays: number[] = [];
  for (const step of truth) {
    const nearest = [...free].sort((a, b) => Math.abs(detected[a] - step) - Math.abs(detected[b] - step))[0];
    if (nearest === undefined) continue;
    const delay = place(detected[nearest]) - place(step);
    if (Math.abs(delay) > tolerance) continue;
    free.delete(nearest);
    delays.push(delay);
  }
  return { truths: truth.length, found: delays.length, detections: detected.length, evaluations: steps.length, delays };
}

/**
 * Percentile bootstrap over runs; where no run has an event at all, Poisson's upper limit takes the place of a width of
 * 0.
 */
function figure(tallies: readonly Tally[], of: (chosen: readonly Tally[]) => number): Figure {
  const value = of(tallies);
  const rng = Rng.of(1, "bench observe");
  const draws = Array.from({ length: DRAWS }, () => of(tallies.map(() => tallies[rng.int(tallies.length)])))
    .filter((draw) => Number.isFinite(draw))
    .sort((a, b) => a - b);
  const low = draws[Math.floor(0.025 * draws.length)] ?? value;
  let high = draws[Math.ceil(0.975 * draws.length) - 1] ?? value;
  if (value === 0 && high === 0) {
    const evaluations = tallies.reduce((sum, one) => sum + one.evaluations, 0);
    high = (1000 * Math.log(40)) / evaluations;
  }
  return { value, low, high };
}
