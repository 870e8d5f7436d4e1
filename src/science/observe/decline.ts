/**
 * @file Decline and collapse: a measure has lost, by the end or for good, some or most of what it had gained.
 *
 * NaN and ±∞ are left out. For a measure of which lower is better, pass `better: "lower"`. Fewer than 9 finite values
 * are refused.
 */
import { DomainError, type Event, RefusedError, ShapeError } from "../../core/index.ts";
import { normalCdf } from "../stats/distributions.ts";
import { median } from "../stats/moments.ts";
import { trajectoryNoise } from "./courses/trajectoryNoise.ts";
import { requireSeries, type Series } from "./series.ts";

export interface DeclineOptions {
  readonly better: "higher" | "lower";
  readonly ses?: readonly number[];
  /**
   * From where gains are counted; default: the worst of the first three evaluations' median and all before the best.
   */
  readonly start?: number;
  /** Chance of calling a series that stays at its best level declined, at most; default .01. */
  readonly falseAlarms?: number;
  /** Least share of the gain that must be lost; default .05. */
  readonly least?: number;
  /** Share of the gain whose loss is a collapse; default .5. */
  readonly collapse?: number;
}

const FEWEST = 9;

/**
 * At most one event. Values are smoothed by the median of three (the first and last stay). Best: the best smoothed
 * value; gain: best − start; lost: best − median of the last three. An event when `lost` exceeds `least` of the gain
 * and z = lost/√2σ has p = n(1 − Φ(z)) below `falseAlarms` (the best is chosen among n), with σ the greater of the
 * wiggle (AR(1), trajectoryNoise.ts) and the item error. Kind collapse where more than `collapse` of the gain is lost,
 * decline otherwise. `step`: the first evaluation from which on the smoothed curve never comes back to within half of
 * the loss; (low, high]: from the best to the first evaluation that stays below. Evidence: best and its step, last,
 * share of the gain lost.
 */
export function maybeDecline(series: Series, options: DeclineOptions): Event | undefined {
  requireSeries("decline", series);
  const { better, ses, falseAlarms = 0.01, least = 0.05, collapse = 0.5 } = options;
  for (const [name, value] of Object.entries({ falseAlarms, least, collapse }))
    if (!(value > 0 && value <= 1)) throw new DomainError(`decline: ${name}`, "a share in (0, 1]", value);
  if (ses !== undefined && ses.length !== series.values.length)
    throw new ShapeError("decline: ses", `[${series.values.length}]`, [ses.length]);
  const kept = series.steps.map((_, i) => i).filter((i) => Number.isFinite(series.values[i]));
  const n = kept.length;
  if (n < FEWEST)
    throw new RefusedError(
      `Decline of ${series.measure}`,
      `expected at least ${FEWEST} finite evaluations, got ${n}; a decline cannot be told from noise in so few`,
    );
  const sign = better === "higher" ? 1 : -1;
  const steps = kept.map((i) => series.steps[i]);
  const values = kept.map((i) => sign * series.values[i]);
  const smooth = values.map((v, i) => medianOfThree(values[i - 1] ?? v, v, values[i + 1] ?? v));
  let best = 0;
  for (let i = 1; i < n - 1; i++) if (smooth[i] > smooth[best]) best = i;
  const last = median(values.slice(-3));
  const lost = smooth[best] - last;
  if (!(lost > 0)) return undefined;
  const start =
    options.start === undefined ? Math.min(...smooth.slice(0, best + 1)) : Math.min(sign * options.start, smooth[best]);
  const gain = smooth[best] - start;
  const errors = kept.map((i) => ses?.[i] ?? Number.NaN).filter((se) => se > 0);
  const wiggle = trajectoryNoise(steps, values).slowSd;
  const sigma = Math.max(wiggle, errors.length > 0 ? median(errors) : 0);
  const z = sigma > 0 ? lost / (Math.SQRT2 * sigma) : Number.POSITIVE_INFINITY;
  const p = Math.min(1, n * (1 - normalCdf(z)));
  if (!(gain > 0) || lost < least * gain || p > falseAlarms) return undefined;
  const line = smooth[best] - lost / 2;
  let at = n - 1;
  while (at > best + 1 && smooth[at - 1] < line) at--;
  const share = lost / gain;
  return {
    kind: share > collapse ? "collapse" : "decline",
    measure: series.measure,
    step: steps[at],
    low: steps[best],
    high: steps[at],
    evidence: {
      best: sign * smooth[best],
      bestStep: steps[best],
      last: sign * last,
      start: sign * start,
      shareOfGainLost: share,
      noiseSd: sigma,
    },
    method: `medians of three; best against the last three, ${falseAlarms} false alarms a series at its best level; collapse: more than ${collapse} of the gain`,
    certainty: {
      kind: "p",
      value: p,
      of: "as large a loss in a series that stays at its best level, choosing the best among its values",
    },
  };
}

function medianOfThree(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
