/**
 * @file The use case of `ontogeny observe`: the events of recorded runs, each judged for what a smooth measure of the
 * same task says of it, and onsets over runs.
 *
 * Clocks and counters are left out, and so is the optimizer's own machinery (learning rate, norms of gradients), unless
 * a pattern names them. Errors: MEASURE_NOT_FOUND when patterns match nothing, RUN_NOT_FOUND without runs.
 */
import {
  type EVENT_KINDS,
  type Event,
  isBookkeeping,
  type MeasuredSeries,
  OntogenyError,
  type RecordedRun,
  smoothCompanions,
} from "../../core/index.ts";
import {
  type CompanionChanges,
  type LogisticRise,
  metricRobustness,
  type Robustness,
  type SeedMixture,
  type SeriesEvents,
  seriesEvents,
} from "../../science/index.ts";
import { matchesPattern } from "../recorded/listRuns.ts";
import type { Hold, OnsetClaim } from "./onsetClaim.ts";
import { type OnsetDelay, type OnsetSummary, onsetDelay, onsetSummary } from "./onsetSummary.ts";
import { seedMixtures } from "./seedMixtures.ts";

export type EventKind = (typeof EVENT_KINDS)[number];

export interface ObserveRequest {
  readonly runs: readonly RecordedRun[];
  /** Names or patterns; empty: every measure that says something of the model. */
  readonly measures?: readonly string[];
  /** Empty: every kind. */
  readonly kinds?: readonly EventKind[];
  readonly onsets?: readonly OnsetClaim[];
  readonly hold?: Hold;
}

export interface ObservedEvent {
  readonly id: string;
  readonly run: string;
  readonly event: Event;
  readonly notability: number;
  /** Of changes in measures that count right answers. */
  readonly robustness?: Robustness;
  /** Of the only change of a series that is one rise or fall: when half of it was done, and how long it took. */
  readonly rise?: LogisticRise;
}

export interface RefusedSeries {
  readonly run: string;
  readonly measure: string;
  readonly code: string;
  readonly reason: string;
}

export interface Observation {
  readonly runs: readonly {
    readonly id: string;
    readonly name: string;
    readonly measures: number;
    readonly leftOut: number;
  }[];
  /** Most notable first. */
  readonly events: readonly ObservedEvent[];
  readonly refused: readonly RefusedSeries[];
  readonly onsets: readonly OnsetSummary[];
  readonly delay?: OnsetDelay;
  readonly mixtures: readonly {
    readonly measure: string;
    readonly runs: readonly string[];
    readonly mixture: SeedMixture;
  }[];
  /** Series that were looked at, and those in which nothing happened. */
  readonly series: number;
  readonly quiet: number;
}

export function observeRuns({
  runs,
  measures = [],
  kinds = [],
  onsets = [],
  hold = { k: 2, of: 2 },
}: ObserveRequest): Observation {
  if (runs.length === 0)
    throw new OntogenyError(
      "RUN_NOT_FOUND",
      "Observe: expected runs, got a workspace without any; bring some with `ontogeny import PATH`, or train with `ontogeny run`",
    );
  const events: ObservedEvent[] = [];
  const refused: RefusedSeries[] = [];
  const listed: { id: string; name: string; measures: number; leftOut: number }[] = [];
  let series = 0;
  let quiet = 0;
  for (const run of runs) {
    const chosen = [...run.series.values()].filter((one) => isWanted(run, one, measures));
    listed.push({ id: run.id, name: run.name, measures: chosen.length, leftOut: run.series.size - chosen.length });
    const known = new Map<string, SeriesEvents>();
    const eventsOf = (one: MeasuredSeries): SeriesEvents => {
      const before = known.get(one.measure);
      if (before !== undefined) return before;
      const found = seriesEvents({ ...one, spec: run.specs.get(one.measure) });
      known.set(one.measure, found);
      return found;
    };
    for (const one of chosen) {
      if (!one.values.some((value) => Number.isFinite(value))) {
        const reason = "expected finite values, got none";
        refused.push({ run: run.name, measure: one.measure, code: "NOTHING_FINITE", reason });
        continue;
      }
      series++;
      const found = eventsOf(one);
      for (const { code, reason } of found.refused) refused.push({ run: run.name, measure: one.measure, code, reason });
      const kept = found.events.filter(({ event }) => kinds.length === 0 || kinds.includes(event.kind));
      if (kept.length === 0) quiet++;
      for (const { event, notability } of kept) {
        const robustness = event.kind === "change-point" ? robustnessOf(run, event, eventsOf) : undefined;
        const rise = event.kind === "change-point" ? found.rise : undefined;
        events.push({
          id: run.id,
          run: run.name,
          event,
          notability,
          ...(robustness ? { robustness } : {}),
          ...(rise ? { rise } : {}),
        });
      }
    }
  }
  if (series === 0 && measures.length > 0 && refused.length === 0)
    throw new OntogenyError(
      "MEASURE_NOT_FOUND",
      `Observe: expected a measure that ${measures.map((text) => `"${text}"`).join(" or ")} matches, got none in ${runs.length} runs; \`ontogeny show\` lists a run's measures`,
    );
  const summaries = onsets.map((claim) => onsetSummary(runs, claim, hold));
  for (const { claim, runs: found } of summaries)
    if (found.length === 0)
      throw new OntogenyError(
        "MEASURE_NOT_FOUND",
        `Onset "${claim.text}": expected a measure that "${claim.measure}" matches, got none in ${runs.length} runs; \`ontogeny show\` lists a run's measures`,
      );
  return {
    runs: listed,
    events: events.sort((a, b) => b.notability - a.notability),
    refused,
    onsets: summaries,
    ...(summaries.length === 2 ? { delay: onsetDelay(summaries[0], summaries[1]) } : {}),
    mixtures: seedMixtures(runs, (run, one) => isWanted(run, one, measures)),
    series,
    quiet,
  };
}

/** Whether a series is looked at: see the file's comment. */
export function isWanted(run: RecordedRun, { measure, steps }: MeasuredSeries, patterns: readonly string[]): boolean {
  if (steps.length === 0) return false;
  if (patterns.length > 0) return patterns.some((pattern) => matchesPattern(measure, pattern));
  return !isBookkeeping(measure) && run.specs.get(measure)?.family !== "optimization";
}

/** Undefined for measures that are smooth themselves. */
function robustnessOf(
  run: RecordedRun,
  event: Event,
  eventsOf: (series: MeasuredSeries) => SeriesEvents,
): Robustness | undefined {
  const { family, unit } = run.specs.get(event.measure) ?? {};
  const names = smoothCompanions(event.measure, run.series.keys());
  const isSharp = unit === "share" || unit === "percent";
  if (names.length === 0 && (!isSharp || family === "loss")) return undefined;
  const companions = names.map((measure): CompanionChanges => {
    const one = run.series.get(measure)!;
    const { events, refused, smallestChange } = eventsOf(one);
    const changes = events.flatMap(({ event: other }) => (other.kind === "change-point" ? [other] : []));
    const refusal = refused.find(({ kind }) => kind === "change-point");
    const found = refusal === undefined ? changes : { refused: refusal.reason };
    return { measure, steps: one.steps, smallestChange, changes: found };
  });
  const { before, final, range } = event.evidence as { before: number; final: number; range: number };
  return metricRobustness({ event, share: Math.abs(final - before) / range }, companions);
}
