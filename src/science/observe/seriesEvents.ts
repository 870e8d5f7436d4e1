/**
 * @file Everything that happened to one measure of one run, with the settings that suit what is known of the measure.
 *
 * A detector that cannot judge the series says why in `refused`; the others go on. Series of a clock or a counter are
 * the caller's to leave out.
 */
import { DomainError, type Event, type MeasureSpec, OntogenyError } from "../../core/index.ts";
import { median } from "../stats/moments.ts";
import { type Breakthrough, breakthrough } from "./breakthrough.ts";
import { courseChanges } from "./courses/courseChanges.ts";
import { standoutLimit } from "./courses/standout.ts";
import { trajectoryNoise } from "./courses/trajectoryNoise.ts";
import { maybeDecline } from "./decline.ts";
import { maybeDivergence } from "./divergence.ts";
import { excursions } from "./excursions.ts";
import { itemErrors } from "./itemErrors.ts";
import { type LogisticRise, logisticRise } from "./logisticRise.ts";
import type { Series } from "./series.ts";

export interface SeriesEventsInput extends Series {
  readonly ses?: readonly number[];
  readonly ns?: readonly number[];
  readonly spec?: Partial<MeasureSpec>;
}

export interface SeriesEvents {
  /** Most notable first. */
  readonly events: readonly NotableEvent[];
  readonly refused: readonly { readonly kind: string; readonly code: string; readonly reason: string }[];
  /** On what the values were judged. */
  readonly scale: "identity" | "log";
  /** The least step, as a share of the series' range on that scale, that the search for changes would find. */
  readonly smallestChange: number;
  readonly shape?: Breakthrough;
  /** The whole series as one rise or fall, where it has one change point and that describes it. */
  readonly rise?: LogisticRise;
}

export interface NotableEvent {
  readonly event: Event;
  /** 0 and up: how much of the series' range is at stake, weighted by kind. For sorting only. */
  readonly notability: number;
}

/** Share of its whole fall that a loss must have gone back up to count as diverged. */
const DIVERGED = 0.25;
/** A bounded measure's events count in full from this share of its scale on, and in proportion below. */
const FULL_SCALE_SHARE = 0.1;
/** The same for others, as a share of their usual absolute value. */
const FULL_LEVEL_SHARE = 0.01;
/** Least share of the evaluations that a flat course before a change must hold to be called a plateau. */
const PLATEAU_SHARE = 0.25;

/**
 * Changes, excursions, declines and collapses on the measure's scale (logarithm for perplexities and for positive
 * series that span more than a factor of 1,000), divergence of losses, and plateaus that end in a change. Evaluations
 * inside an excursion are left out for the other detectors. Item errors as in itemErrors.ts.
 */
export function seriesEvents(input: SeriesEventsInput): SeriesEvents {
  const { measure, steps, values, spec = {} } = input;
  const refused: { kind: string; code: string; reason: string }[] = [];
  const attempt = <Result>(kind: string, run: () => Result): Result | undefined => {
    try {
      return run();
    } catch (error) {
      // What the data cannot carry is told; a defect of ours is not hidden.
      if (!(error instanceof OntogenyError)) throw error;
      refused.push({ kind, code: error.code, reason: error.message });
      return undefined;
    }
  };
  const events: NotableEvent[] = [];
  if (spec.family === "loss" && spec.direction === "lower" && values.every((v) => !(v < 0))) {
    const gone = attempt("divergence", () =>
      maybeDivergence({ measure, steps, values }, { least: DIVERGED * fallOf(values) }),
    );
    if (gone !== undefined) events.push({ event: gone, notability: 3 });
  }
  const scale = scaleOf(values, spec);
  const isShare = spec.range?.[0] === 0 && spec.range[1] === 1;
  const errors = itemErrors({ values, ses: input.ses, ns: input.ns, isShare });
  const onScale = (v: number) => (scale === "log" ? Math.log(v) : v);
  const scaled = values.map(onScale);
  const scaledErrors =
    errors === undefined ? undefined : scale === "log" ? errors.map((se, i) => se / values[i]) : errors;
  const whole = { measure, steps, values: scaled };
  const range = finiteRange(scaled);
  const usual = scale === "log" ? 1 : median(scaled.filter((v) => Number.isFinite(v)).map(Math.abs));
  const push = (event: Event, change: number) =>
    events.push({
      event: back(event, scale),
      notability: Math.min(1.3, change / range) * weightOf(change, spec, usual),
    });
  const spikes = attempt("spike", () => excursions(whole, { ses: scaledErrors })) ?? [];
  for (const event of spikes) push(event, Math.abs(Number(event.evidence.height)));
  const calm = without(whole, scaledErrors, spikes);
  const changes = attempt("change-point", () => courseChanges(calm.series, { ses: calm.ses })) ?? [];
  for (const event of changes) push(event, sizeOf(event));
  for (const event of plateausBefore(changes, calm.series)) events.push({ event: back(event, scale), notability: 0.1 });
  if (spec.direction === "higher" || spec.direction === "lower") {
    const better = spec.direction;
    const start = spec.chance === undefined ? undefined : onScale(spec.chance);
    const event = attempt("decline", () => maybeDecline(calm.series, { better, ses: calm.ses, start }));
    if (event !== undefined) push(event, lossOf(event) * (event.kind === "collapse" ? 1.3 : 1));
  }
  events.sort((a, b) => b.notability - a.notability || a.event.low - b.event.low);
  const finite = scaled.filter((v) => Number.isFinite(v)).length;
  return {
    events,
    refused: distinctReasons(refused),
    scale,
    smallestChange: smallestChange(calm.series, calm.ses) / range,
    ...(finite >= 3 ? { shape: breakthrough(whole) } : {}),
    ...(changes.length === 1 ? maybeRise(changes[0], calm.series, calm.ses, scale) : {}),
  };
}

/** From the highest of the first three finite values to the lowest of all; 0 when there are none. */
function fallOf(values: readonly number[]): number {
  const finite = values.filter((v) => Number.isFinite(v));
  return finite.length === 0 ? 0 : Math.max(...finite.slice(0, 3)) - Math.min(...finite);
}

/** 1, or less for what hardly moves on a bounded measure's whole scale, or beside an unbounded one's usual value. */
function weightOf(change: number, { range }: Partial<MeasureSpec>, usual: number): number {
  const [low, high] = range ?? [null, null];
  const full = low === null || high === null ? FULL_LEVEL_SHARE * usual : FULL_SCALE_SHARE * (high - low);
  return full > 0 ? Math.min(1, Math.abs(change) / full) : 1;
}

function lossOf({ evidence }: Event): number {
  return Math.abs(Number(evidence.best) - Number(evidence.last));
}

function scaleOf(values: readonly number[], spec: Partial<MeasureSpec>): "identity" | "log" {
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (const v of values) {
    if (!Number.isFinite(v)) continue;
    if (!(v > 0)) return "identity";
    low = Math.min(low, v);
    high = Math.max(high, v);
  }
  return spec.unit === "perplexity" || high > 1000 * low ? "log" : "identity";
}

/** The evaluations outside the excursions. */
function without(
  { measure, steps, values }: Series,
  ses: readonly number[] | undefined,
  spikes: readonly Event[],
): { series: Series; ses: readonly number[] | undefined } {
  const kept = steps
    .map((_, i) => i)
    .filter((i) => !spikes.some(({ low, high }) => low < steps[i] && steps[i] <= (high ?? steps[i])));
  const pick = (column: readonly number[]) => kept.map((i) => column[i]);
  return { series: { measure, steps: pick(steps), values: pick(values) }, ses: ses && pick(ses) };
}

/**
 * The step that stands out at 5% of false alarms over blocks of an eighth of the series; Infinity where no change can
 * be found.
 */
function smallestChange({ steps, values }: Series, ses: readonly number[] | undefined): number {
  const kept = values.map((_, i) => i).filter((i) => Number.isFinite(values[i]));
  const n = kept.length;
  if (n < 9) return Number.POSITIVE_INFINITY;
  const noise = trajectoryNoise(
    kept.map((i) => steps[i]),
    kept.map((i) => values[i]),
  );
  const stated = kept.map((i) => ses?.[i] ?? Number.NaN).filter((se) => se > 0);
  const error = Math.max(noise.sd * Math.sqrt(noise.inflation), stated.length > 0 ? median(stated) : 0);
  return standoutLimit(n, 0.05) * error * Math.sqrt(5 / Math.max(1, Math.floor(n / 8)));
}

/**
 * What a change is worth: the jump, or what the new course makes of itself beyond the old one's pace, whichever is
 * more.
 */
function sizeOf({ evidence }: Event): number {
  const { before, after, final } = evidence as { before: number; after: number; final: number };
  return Math.max(Math.abs(after - before), Math.abs(final - before));
}

/** Flat courses of at least a quarter of the evaluations that end in a change. */
function plateausBefore(changes: readonly Event[], { measure, steps, values }: Series): Event[] {
  return changes.flatMap((change, k): Event[] => {
    const from = k === 0 ? steps[0] : changes[k - 1].step!;
    const stretch = steps.map((_, i) => i).filter((i) => steps[i] >= from && steps[i] < change.step!);
    const { flatBefore, noiseSd, before } = change.evidence as { flatBefore: boolean; noiseSd: number; before: number };
    if (!flatBefore || stretch.length < Math.max(4, PLATEAU_SHARE * steps.length)) return [];
    return [
      {
        kind: "plateau",
        measure,
        step: from,
        low: from,
        high: from,
        evidence: {
          lastStep: steps[stretch[stretch.length - 1]],
          level: before,
          noiseSd,
          evaluations: stretch.length,
          first: values[stretch[0]],
        },
        method: `a course that changes by less than two noise sds, before the change at ${change.step}`,
      },
    ];
  });
}

const LEVELS = ["before", "after", "final", "best", "last", "start", "level", "value", "first"];

/**
 * Levels in the evidence, back in the measure's own unit; slopes, heights and noise stay on the logarithmic scale,
 * which is said.
 */
function back(event: Event, scale: "identity" | "log"): Event {
  if (scale === "identity") return event;
  const evidence = Object.fromEntries(
    Object.entries(event.evidence).map(([key, value]) => [
      key,
      LEVELS.includes(key) && typeof value === "number" ? Math.exp(value) : value,
    ]),
  );
  return { ...event, evidence: { ...evidence, scale }, method: `${event.method}; on the logarithm` };
}

/** Nothing where the curve explains less than 80% of the variance, or puts the rise somewhere else than the change. */
function maybeRise(
  change: Event,
  series: Series,
  ses: readonly number[] | undefined,
  scale: "identity" | "log",
): { rise?: LogisticRise } {
  try {
    const rise = logisticRise(series, { ses });
    const { t50, width, r2 } = rise;
    const isThere = t50.value > change.low - width.value && t50.value < (change.high ?? t50.value) + width.value;
    if (r2 < 0.8 || !isThere) return {};
    return { rise: scale === "log" ? { ...rise, from: Math.exp(rise.from), to: Math.exp(rise.to) } : rise };
  } catch (error) {
    if (error instanceof OntogenyError) return {};
    throw error;
  }
}

/**
 * Detectors that all lack evaluations say it once: the first of them, the search for changes where it is among them.
 */
function distinctReasons<Refusal extends { readonly kind: string; readonly reason: string }>(
  refused: readonly Refusal[],
): Refusal[] {
  const saying = (one: Refusal) => one.reason.slice(one.reason.indexOf(":")).replace(/;.*/s, "");
  const ordered = [...refused].sort((a, b) => Number(b.kind === "change-point") - Number(a.kind === "change-point"));
  return ordered.filter((one, i) => ordered.findIndex((other) => saying(other) === saying(one)) === i);
}

function finiteRange(values: readonly number[]): number {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const v of values) if (Number.isFinite(v)) [low, high] = [Math.min(low, v), Math.max(high, v)];
  if (low > high) throw new DomainError("seriesEvents", "values", "none finite");
  return high > low ? high - low : 1;
}
