/**
 * @file Loss curves from learning-rate laws: fitted on recorded runs that logged their rates, asked of another schedule or of
 * the rest of a run whose schedule is known.
 *
 * Errors: RATE_UNKNOWN for a run that logged no rate, MEASURE_UNKNOWN, SCHEDULE_INVALID, those of choosing runs; REFUSED where
 * the runs do not carry the law.
 */
import {
  type Distribution,
  type Estimate,
  OntogenyError,
  type RecordedRun,
  RefusedError,
  Rng,
} from "../../core/index.ts";
import {
  type CurveErrors,
  centralInterval,
  curveErrors,
  fitLossLaw,
  forecastCurve,
  type LearningRateSchedule,
  type LossLaw,
  lawEstimates,
  lawLosses,
  lawModel,
  multiPowerLaw,
  namedSchedule,
  type ScheduledCurve,
  scheduleFrom,
  tissueLaw,
} from "../../science/index.ts";
import { Workspace } from "../../store/index.ts";
import { listRuns, selectRun, selectRuns } from "../recorded/listRuns.ts";
import { loadRuns } from "../recorded/loadRuns.ts";

export const LOSS_LAWS: Readonly<Record<"multi-power" | "annealing", LossLaw>> = {
  "multi-power": multiPowerLaw,
  annealing: tissueLaw,
};

export interface ScheduleForecastRequest {
  readonly home: string;
  /** The runs that the law is fitted on. */
  readonly selectors: readonly string[];
  readonly measure: string;
  /** Measure that holds the rate; absent: the one whose name says so. */
  readonly rate?: string;
  /** Updates of a linear warm-up from 0 that came before what was logged; absent: up to the first logged step. */
  readonly warmup?: number;
  readonly law?: keyof typeof LOSS_LAWS;
  /**
   * A schedule in words (see `parseSchedule`), or a run: then the rest of it after `at` (default: what it has logged), under
   * its own logged rates or under the schedule in words that it is to follow.
   */
  readonly ask:
    | { readonly schedule: string }
    | { readonly run: string; readonly at?: number; readonly schedule?: string };
  /** Points of the forecast; default 12. */
  readonly points?: number;
  readonly level?: number;
  readonly seed?: number;
}

export interface ScheduleForecast {
  readonly law: string;
  readonly source: string;
  readonly measure: string;
  readonly fittedOn: readonly string[];
  readonly parameters: readonly { readonly name: string; readonly estimate: Estimate }[];
  /** By run, how the law fitted on the others misses its curve; only where three or more runs are there. */
  readonly leftOut: readonly { readonly run: string; readonly errors: CurveErrors }[];
  readonly asked: string;
  readonly level: number;
  readonly points: readonly {
    readonly step: number;
    readonly rate: number;
    readonly distribution: Distribution;
    /** Of the band that holds the whole curve at once. */
    readonly band: readonly [low: number, high: number];
  }[];
  readonly bandMethod: string;
  /** Where the run has gone on: how the forecast missed what it logged after `at`, and how its last value did. */
  readonly outcome?: {
    readonly errors: CurveErrors;
    readonly lastValue: CurveErrors;
    /** Share of the logged values in their pointwise intervals. */
    readonly covered: number;
    readonly isInBand: boolean;
  };
}

export async function scheduleForecast(request: ScheduleForecastRequest): Promise<ScheduleForecast> {
  const workspace = await Workspace.open(request.home);
  const all = listRuns(workspace);
  const asked = "run" in request.ask ? selectRun(all, request.ask.run) : undefined;
  const fittedOn = selectRuns(all, request.selectors).filter(({ id }) => id !== asked?.id);
  const [runs, [own]] = [
    await loadRuns(workspace, fittedOn),
    asked === undefined ? [undefined] : await loadRuns(workspace, [asked]),
  ];
  return scheduleForecastOf(runs, own, request);
}

/** The same on runs in hand; `own` is the run that is asked of. */
export function scheduleForecastOf(
  runs: readonly RecordedRun[],
  own: RecordedRun | undefined,
  request: Omit<ScheduleForecastRequest, "home" | "selectors">,
): ScheduleForecast {
  const { measure, law: name = "multi-power", points = 12, level = 0.9, seed = 1, ask } = request;
  const law = LOSS_LAWS[name];
  const curves = runs.map((run) => curveOf(run, request));
  const target = "run" in ask ? ownCurve(own, ask, request) : undefined;
  const fitted = target?.seen === undefined ? curves : [...curves, target.seen];
  const model = lawModel(law, fitted);
  const schedule = target?.schedule ?? parseSchedule(ask.schedule!);
  const from = target === undefined ? schedule.warmupEnd + 1 : target.at + 1;
  const rng = Rng.of(seed, "schedule forecast");
  const forecastAt = (steps: readonly number[]) =>
    forecastCurve(model, { schedule, steps, prefix: target?.seen, level, rng });
  const steps = spread(from, schedule.rates.length - 1, points);
  const forecast = forecastAt(steps);
  return {
    law: law.name,
    source: law.source,
    measure,
    fittedOn: fitted.map(({ run }) => run),
    parameters: lawEstimates(model, { level }),
    leftOut: curves.length < 3 ? [] : leftOutErrors(law, curves, model.fit.parameters),
    asked: target === undefined ? ask.schedule! : `the rest of ${own!.name} after step ${target.at}`,
    level,
    points: steps.map((step, i) => ({
      step,
      rate: schedule.rates[step],
      distribution: forecast.distributions[i],
      band: [forecast.band.low[i], forecast.band.high[i]],
    })),
    bandMethod: forecast.band.method,
    outcome:
      target === undefined || target.later.steps.length < 2
        ? undefined
        : outcomeOf(target, forecastAt(target.later.steps), level),
  };
}

/**
 * "cosine:peak=3e-4,final=3e-5,updates=72000,warmup=2160,decayFrom=60000": a shape (constant, cosine, linear, exponential) and
 * its numbers, as in `namedSchedule`. Throws SCHEDULE_INVALID for other words.
 */
export function parseSchedule(text: string): LearningRateSchedule {
  const [shape, rest = ""] = text.split(/:(.*)/s);
  const pairs = rest.split(",").map((pair) => pair.split("="));
  const given = Object.fromEntries(pairs.map(([key, value]) => [key.trim(), Number(value)]));
  const known = ["peak", "final", "updates", "warmup", "decayFrom"];
  const isShape = shape === "constant" || shape === "cosine" || shape === "linear" || shape === "exponential";
  const isKnown =
    pairs.every((pair) => pair.length === 2 && known.includes(pair[0].trim())) &&
    Object.values(given).every(Number.isFinite);
  if (!isShape || !isKnown || given.peak === undefined || given.updates === undefined)
    throw new OntogenyError(
      "SCHEDULE_INVALID",
      `Schedule: expected constant, cosine, linear or exponential with numbers, such as cosine:peak=3e-4,final=3e-5,updates=72000,warmup=2160, got "${text}"`,
    );
  const { peak, final, updates, warmup, decayFrom } = given;
  return namedSchedule({ shape, peak, final, updates, warmup, decayFrom });
}

type Settings = Pick<ScheduleForecastRequest, "measure" | "rate" | "warmup">;

function curveOf(run: RecordedRun, settings: Settings, known?: LearningRateSchedule): ScheduledCurve {
  const series = run.series.get(settings.measure);
  if (series === undefined)
    throw new OntogenyError(
      "MEASURE_UNKNOWN",
      `Loss of run ${run.name}: expected a measure named "${settings.measure}", got none; it has ${[...run.series.keys()].slice(0, 8).join(", ")}`,
    );
  const schedule = known ?? scheduleOf(run, settings);
  const kept = series.steps
    .map((_, i) => i)
    .filter(
      (i) => Number.isInteger(series.steps[i]) && series.steps[i] >= 1 && series.steps[i] < schedule.rates.length,
    );
  return {
    run: run.name,
    schedule,
    steps: kept.map((i) => series.steps[i]),
    losses: kept.map((i) => series.values[i]),
  };
}

function scheduleOf(run: RecordedRun, { rate, warmup, measure }: Settings): LearningRateSchedule {
  const names = [...run.series.keys()];
  const name = rate ?? rateName(names);
  const series = name === undefined ? undefined : run.series.get(name);
  if (series === undefined)
    throw new OntogenyError(
      "RATE_UNKNOWN",
      `Learning rate of run ${run.name}: expected a measure ${rate === undefined ? "named like lr or learning_rate" : `"${rate}"`}, got ${names.slice(0, 8).join(", ")}; name it with --rate`,
    );
  const last = Math.max(series.steps.at(-1) ?? 0, run.series.get(measure)?.steps.at(-1) ?? 0);
  return scheduleFrom(series.steps, series.values, { warmup, until: last });
}

/** A setting such as a peak or a final rate is no schedule. */
function rateName(names: readonly string[]): string | undefined {
  const rates = names.filter((one) => /(^|[._/ -])(lr|learning[._ -]?rate)([._/ -]|\d*$)/i.test(one));
  return rates.find((one) => !/peak|max|min|base|initial|final|warm|decay/i.test(one)) ?? rates[0];
}

interface OwnCurve {
  readonly schedule: LearningRateSchedule;
  readonly at: number;
  /** Absent where too little was seen to add to the fit. */
  readonly seen?: ScheduledCurve;
  readonly later: { readonly steps: readonly number[]; readonly losses: readonly number[] };
}

function ownCurve(
  own: RecordedRun | undefined,
  { at: cutoff, schedule: words }: { readonly at?: number; readonly schedule?: string },
  settings: Settings,
): OwnCurve {
  if (own === undefined) throw new RefusedError("Schedule forecast", "no run to ask of");
  const whole = curveOf(own, settings, words === undefined ? undefined : parseSchedule(words));
  const at = cutoff ?? whole.steps.at(-1) ?? 0;
  const seen = whole.steps.filter((step) => step <= at).length;
  const part = (from: number, to?: number) => ({
    steps: whole.steps.slice(from, to),
    losses: whole.losses.slice(from, to),
  });
  if (at >= whole.schedule.rates.length - 1)
    throw new RefusedError(
      "Schedule forecast",
      `run ${own.name} logged no rates after step ${at}: nothing of its schedule is left to forecast; ask of an earlier step, or of a schedule in words`,
    );
  return {
    schedule: whole.schedule,
    at,
    seen: seen < 4 ? undefined : { run: own.name, schedule: whole.schedule, ...part(0, seen) },
    later: part(seen),
  };
}

function leftOutErrors(law: LossLaw, curves: readonly ScheduledCurve[], from: readonly number[]) {
  return curves.flatMap((left, i) => {
    const fit = fitLossLaw(
      law,
      curves.filter((_, k) => k !== i),
      { from },
    );
    const kept = left.steps
      .map((_, k) => k)
      .filter((k) => left.steps[k] > left.schedule.warmupEnd && left.losses[k] > 0);
    if (fit.diagnostics.length > 0 || kept.length < 2) return [];
    const losses = kept.map((k) => left.losses[k]);
    const predicted = lawLosses(
      fit,
      left.schedule,
      kept.map((k) => left.steps[k]),
    );
    return [{ run: left.run, errors: curveErrors(losses, predicted) }];
  });
}

function outcomeOf(
  { later, seen }: OwnCurve,
  forecast: ReturnType<typeof forecastCurve>,
  level: number,
): ScheduleForecast["outcome"] {
  const { losses } = later;
  const last = seen?.losses.at(-1) ?? Number.NaN;
  const inside = losses.filter((loss, i) => {
    const [low, high] = centralInterval(forecast.distributions[i], level);
    return low <= loss && loss <= high;
  });
  return {
    errors: curveErrors(losses, forecast.losses),
    lastValue: curveErrors(
      losses,
      losses.map(() => last),
    ),
    covered: inside.length / losses.length,
    isInBand: losses.every((loss, i) => forecast.band.low[i] <= loss && loss <= forecast.band.high[i]),
  };
}

/** So many whole steps from `from` to `to`, evenly, both ends among them. */
function spread(from: number, to: number, count: number): number[] {
  const steps = Array.from({ length: count }, (_, i) => Math.round(from + ((to - from) * i) / Math.max(1, count - 1)));
  return [...new Set(steps)];
}
