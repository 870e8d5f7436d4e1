/**
 * @file The series that a logged histogram becomes: `NAME/count`, `/mean`, `/sd`, `/min`, `/max`.
 *
 * Of an empty histogram only its count is a value; the rest is not pushed.
 */
import type { HistogramMoments } from "../formats/index.ts";
import type { RunSink, SeriesSink } from "./bridge.ts";

const MOMENTS = ["mean", "sd", "min", "max"] as const;

export class MomentSeries {
  private readonly count: SeriesSink;
  private readonly moments: { readonly [Name in (typeof MOMENTS)[number]]: SeriesSink };

  constructor(run: RunSink, name: string) {
    const series = (moment: string) => run.series(`${name}/${moment}`);
    this.count = series("count");
    this.moments = { mean: series("mean"), sd: series("sd"), min: series("min"), max: series("max") };
  }

  push(step: number, moments: HistogramMoments, wallMs: number, segment: number): void {
    this.count.push(step, moments.count, wallMs, segment);
    if (moments.count === 0) return;
    for (const name of MOMENTS) this.moments[name].push(step, moments[name], wallMs, segment);
  }
}
