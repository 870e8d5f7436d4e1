/**
 * @file The detectors that take part: what each makes of a series, as steps.
 */
import { Rng } from "../../src/core/index.ts";
import {
  changePoints,
  courseChanges,
  cusum,
  cusumThreshold,
  LiveWatch,
  robustNoiseSd,
  trajectoryNoise,
} from "../../src/science/index.ts";
import type { PeerProcess } from "../peerProcess.ts";
import type { TrueSeries } from "./cases.ts";

export interface Detector {
  readonly name: string;
  readonly detect: (series: readonly TrueSeries[]) => Promise<number[][]>;
}

const each = (name: string, detect: (series: TrueSeries) => number[]): Detector => ({
  name,
  detect: async (series) => series.map(detect),
});

/** What `ontogeny observe` calls change points. */
export const ours = each("courses", ({ steps, values, ses }) =>
  courseChanges({ measure: "m", steps, values }, ses === undefined ? {} : { ses }).map(({ step }) => step!),
);

/** Our PELT with segments of constant mean and its default penalty, 2σ² ln n. */
export const ourPelt = each("PELT, means", ({ steps, values }) =>
  changePoints({ measure: "m", steps, values }).map(({ step }) => step!),
);

/**
 * The same with the penalty that correlated noise asks for: times (1 + φ)/(1 − φ), σ and φ read as the courses read
 * them.
 */
export const correlatedPelt = each("PELT, means, AR penalty", ({ steps, values }) => {
  const noise = trajectoryNoise(steps, values);
  const penalty = 2 * Math.log(values.length) * noise.inflation;
  return changePoints({ measure: "m", steps, values }, { noiseSd: noise.sd, penalty }).map(({ step }) => step!);
});

/** BIC as ruptures' examples use it: pen = ln n · σ² for l2, σ from first differences, robustly. */
export function rupturesPelt(peer: PeerProcess): Detector {
  return {
    name: peer.name,
    detect: async (series) => {
      const penalties = series.map(({ values }) => Math.log(values.length) * robustNoiseSd(values) ** 2);
      const request = { series: series.map(({ values }) => values), penalties };
      const { changes } = await peer.ask<{ changes: number[][] }>(request);
      return changes.map((indices, i) => indices.map((at) => series[i].steps[at]));
    },
  };
}

const CALM = 20;

/** What `ontogeny observe --live` does: an alarm stands at the value that raised it. */
export const online = each("BOCPD, lines", ({ steps, values }) => {
  const watch = new LiveWatch("m");
  return values.flatMap((value, i) => watch.push(steps[i], value)?.high ?? []);
});

const threshold = new Map<number, number>();

/**
 * CUSUM of values standardised by the first 20, threshold for one false alarm in 2,000 values at the correlation seen
 * there.
 */
export const sums = each("CUSUM", ({ steps, values }) => {
  const calm = values.slice(0, CALM);
  const noise = trajectoryNoise(
    calm.map((_, i) => i),
    calm,
  );
  const correlation = Math.round(10 * noise.correlation) / 10;
  if (!threshold.has(correlation)) {
    const rng = Rng.of(1, "bench cusum", correlation);
    threshold.set(correlation, cusumThreshold({ runLength: 2000, correlation, runs: 200, rng }).threshold);
  }
  const centre = calm.reduce((a, b) => a + b, 0) / CALM;
  const alarm = cusum(
    values.slice(CALM).map((v) => (v - centre) / (noise.sd || 1e-9)),
    { threshold: threshold.get(correlation)! },
  );
  return alarm === undefined ? [] : [steps[CALM + alarm.alarm]];
});
