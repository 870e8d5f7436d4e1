/**
 * @file Runs of one configuration but for the seed, compared with their mean (science/observe/seedMixture.ts).
 *
 * Pure. Groups with fewer than 4 runs, or fewer than 4 common steps of a measure, are passed over.
 */
import { canonicalJson, type MeasuredSeries, type RecordedRun } from "../../core/index.ts";
import { type SeedMixture, seedMixture } from "../../science/index.ts";

export interface MeasureMixture {
  readonly measure: string;
  readonly runs: readonly string[];
  readonly mixture: SeedMixture;
}

/** Only the verdicts that say something: a mean that is like its runs is left out. */
export function seedMixtures(
  runs: readonly RecordedRun[],
  isWanted: (run: RecordedRun, series: MeasuredSeries) => boolean,
): MeasureMixture[] {
  const groups = new Map<string, RecordedRun[]>();
  for (const run of runs) {
    const entries = Object.entries(run.configuration);
    const kept = entries.filter(([name]) => !/seed/i.test(name));
    // Without a stated seed nothing says that runs differ by it alone.
    if (kept.length === 0 || kept.length === entries.length) continue;
    const key = canonicalJson(Object.fromEntries(kept));
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  const found: MeasureMixture[] = [];
  for (const group of groups.values()) {
    if (group.length < 4) continue;
    for (const [measure, series] of group[0].series) {
      if (!isWanted(group[0], series)) continue;
      const columns = group.map((run) => run.series.get(measure)).filter((one) => one !== undefined);
      const common = series.steps.filter((step) => columns.every(({ steps }) => steps.includes(step)));
      if (columns.length < 4 || common.length < 4) continue;
      const curves = columns.map(({ steps, values }) => common.map((step) => values[steps.indexOf(step)]));
      if (!curves.every((curve) => curve.every((value) => Number.isFinite(value)))) continue;
      const mixture = seedMixture(curves);
      if (mixture.verdict !== "the mean is like its runs")
        found.push({ measure, runs: group.map(({ name }) => name), mixture });
    }
  }
  return found;
}
