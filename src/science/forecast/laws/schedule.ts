/**
 * @file Learning-rate schedules, one rate an update: read from what a run logged, or made from a named shape.
 *
 * Points with a NaN rate are left out; a negative or infinite rate, steps that do not ascend, or fewer than one point throw.
 */
import { DomainError, ShapeError } from "../../../core/index.ts";

/** Longer schedules are refused: steps are optimizer updates, and a run counted in tokens would not fit. */
const UPDATES_AT_MOST = 20_000_000;

export interface LearningRateSchedule {
  /** rates[t] is the rate of update t; rates[0] = 0 stands for "before the first update". */
  readonly rates: Float64Array;
  /** sums[t] = rates[1] + … + rates[t]. */
  readonly sums: Float64Array;
  /** The last update of the initial rise: rates first stop rising after it; 0 without a rise. */
  readonly warmupEnd: number;
}

export interface ScheduleOptions {
  /**
   * Updates of a linear rise from 0 to the first logged rate, which then holds until it was logged; default: it rises all
   * the way to the first logged step; 0: no rise.
   */
  readonly warmup?: number;
  /** Update to which the last logged rate is held; default the last logged step. */
  readonly until?: number;
}

/**
 * The schedule through logged (step, rate) points. Between two points the rate is a straight line, except where it changes
 * once between two constant stretches (the changes before and after are below 1e-3 of this one): there the old rate holds
 * until the step at which the new one was logged.
 */
export function scheduleFrom(
  steps: readonly number[],
  rates: readonly number[],
  { warmup, until }: ScheduleOptions = {},
): LearningRateSchedule {
  if (steps.length !== rates.length) throw new ShapeError("scheduleFrom: rates", `[${steps.length}]`, [rates.length]);
  const kept = steps.map((_, i) => i).filter((i) => !Number.isNaN(rates[i]));
  if (kept.length === 0) throw new DomainError("scheduleFrom", "at least 1 logged rate", "none");
  const [at, rate] = [kept.map((i) => steps[i]), kept.map((i) => rates[i])];
  const end = Math.floor(until ?? at[at.length - 1]);
  if (!(end <= UPDATES_AT_MOST))
    throw new DomainError("scheduleFrom", `steps in updates, at most ${UPDATES_AT_MOST}; is the axis tokens?`, end);
  const all = new Float64Array(end + 1);
  const first = Math.max(1, Math.ceil(at[0]));
  const rise = warmup ?? first;
  if (!(rise >= 0)) throw new DomainError("scheduleFrom: warmup", "a number ≥ 0", rise);
  for (let t = 1; t < first && t <= end; t++) all[t] = t < rise ? (rate[0] * t) / rise : rate[0];
  for (let i = 0; i < at.length; i++) {
    if (!(rate[i] >= 0 && rate[i] < Number.POSITIVE_INFINITY) || !(i === 0 || at[i] > at[i - 1]))
      throw new DomainError("scheduleFrom", "ascending steps and finite rates ≥ 0", `rate ${rate[i]} at step ${at[i]}`);
    const next = i + 1 < at.length ? at[i + 1] : end + 1;
    const slope = i + 1 < at.length && !isJump(rate, i) ? (rate[i + 1] - rate[i]) / (next - at[i]) : 0;
    for (let t = Math.max(1, Math.ceil(at[i])); t < next && t <= end; t++) all[t] = rate[i] + slope * (t - at[i]);
  }
  return scheduleOfRates(all);
}

/** Between points i and i + 1 the rate goes from one constant stretch to another. */
function isJump(rate: readonly number[], i: number): boolean {
  const change = Math.abs(rate[i + 1] - rate[i]);
  const isFlat = (a: number) => a < 0 || a + 1 >= rate.length || Math.abs(rate[a + 1] - rate[a]) <= 1e-3 * change;
  return change > 0 && rate.length > 2 && isFlat(i - 1) && isFlat(i + 1);
}

/** `rates[t]` for t = 1…; rates[0] is set to 0. The array is taken over. */
function scheduleOfRates(rates: Float64Array): LearningRateSchedule {
  rates[0] = 0;
  const sums = new Float64Array(rates.length);
  for (let t = 1; t < rates.length; t++) sums[t] = sums[t - 1] + rates[t];
  let warmupEnd = 0;
  while (warmupEnd + 1 < rates.length && rates[warmupEnd + 1] > rates[warmupEnd]) warmupEnd++;
  return { rates, sums, warmupEnd };
}

export interface NamedSchedule {
  readonly shape: "constant" | "cosine" | "linear" | "exponential";
  readonly peak: number;
  /** Rate of the last update; default a tenth of the peak. Not for "constant". */
  readonly final?: number;
  readonly updates: number;
  /** Updates of a linear rise from 0; default 0. */
  readonly warmup?: number;
  /** Update at which the decay begins (warm-up–stable–decay); default the end of the warm-up. */
  readonly decayFrom?: number;
}

/** A schedule for "what if": rises to `peak`, holds it until `decayFrom`, then falls to `final` in the given shape. */
export function namedSchedule({
  shape,
  peak,
  final = peak / 10,
  updates,
  warmup = 0,
  decayFrom = warmup,
}: NamedSchedule): LearningRateSchedule {
  if (!(Number.isInteger(updates) && updates >= 1 && updates <= UPDATES_AT_MOST))
    throw new DomainError("namedSchedule: updates", `an integer in 1…${UPDATES_AT_MOST}`, updates);
  if (!(peak > 0 && Number.isFinite(peak))) throw new DomainError("namedSchedule: peak", "a positive number", peak);
  if (!(final >= 0 && final <= peak)) throw new DomainError("namedSchedule: final", `a rate in 0…${peak}`, final);
  if (shape === "exponential" && final === 0)
    throw new DomainError("namedSchedule: final", "a positive rate where the decay is exponential", final);
  if (!(warmup >= 0 && warmup <= decayFrom && decayFrom <= updates))
    throw new DomainError("namedSchedule", "0 ≤ warmup ≤ decayFrom ≤ updates", `${warmup}, ${decayFrom}, ${updates}`);
  const falls = {
    constant: () => 1,
    cosine: (share: number) => final / peak + (1 - final / peak) * 0.5 * (1 + Math.cos(Math.PI * share)),
    linear: (share: number) => 1 - share * (1 - final / peak),
    exponential: (share: number) => (final / peak) ** share,
  };
  const rates = new Float64Array(updates + 1);
  for (let t = 1; t <= updates; t++) {
    if (t <= warmup) rates[t] = (peak * t) / warmup;
    else rates[t] = t <= decayFrom ? peak : peak * falls[shape]((t - decayFrom) / (updates - decayFrom));
  }
  return scheduleOfRates(rates);
}

/** Throws unless every step is a whole update that the schedule covers. */
export function requireCovered(what: string, { rates }: LearningRateSchedule, steps: readonly number[]): void {
  for (const step of steps)
    if (!Number.isInteger(step) || step < 1 || step >= rates.length)
      throw new DomainError(what, `steps that are whole updates in 1…${rates.length - 1} of the schedule`, step);
}
