/**
 * @file Outlier checkpoints: one evaluation that stands apart from those before and after it, in many measures at once
 * or in one. Late degradation and steps between levels are trends, not outliers.
 *
 * Many at once: the apartness of the checkpoint (apartness.ts) against its scatter over the 8 checkpoints on
 * either side, in the run and in runs with the same tasks. One measure: a warning where it lies beyond the local noise and beyond its item error;
 * a note where it lies beyond its item error only, which instability explains as well as a wrong file. A series with more
 * than two of these has heavy tails, and nothing is said. The first and last checkpoints cannot be judged.
 */
import type { Finding, MeasuredSeries, RecordedRun } from "../../core/index.ts";
import { normalCdf, normalQuantile, studentTCdf } from "../stats/distributions.ts";
import { mean, sd } from "../stats/moments.ts";
import { type Apartness, apartness } from "./apartness.ts";
import { type CheckOptions, filesAt, finding, listed } from "./check.ts";
import { type Excursion, excursions, judgedScale, REACH } from "./excursion.ts";
import { isSchedule } from "./measureParts.ts";
import { resolution } from "./resolution.ts";
import { taskColumns } from "./taskColumns.ts";

/** Fewer tasks are no "many at once". */
const TASKS_AT_LEAST = 10;

/** What lies within the usual fluctuation of its neighbours is not worth a note, however few items explain it. */
const UNUSUAL = 0.05;
/** A deviation of its own with twice the variance of the usual scatter makes ln(1 + 2/2). */
const APART_AT_LEAST = Math.LN2;

interface Judged {
  readonly run: RecordedRun;
  /** By measure, aligned with its series. */
  readonly byMeasure: ReadonlyMap<string, readonly (Excursion | undefined)[]>;
  /** Standard error of the residual by the stated item errors; 0 where none is stated. */
  readonly itemErrors: ReadonlyMap<string, Float64Array>;
  readonly apart: Apartness;
}

export function outlierCheckpoints(runs: readonly RecordedRun[], { level }: CheckOptions): Finding[] {
  const judged = runs.map(judge);
  return judged.flatMap((one) => {
    const many = manyAtOnce(one, judged, level);
    const known = new Set(many.flatMap(({ where }) => (where.steps ?? []).map(([step]) => step)));
    return [...many, ...singles(one, known, level)];
  });
}

function judge(run: RecordedRun): Judged {
  const byMeasure = new Map<string, (Excursion | undefined)[]>();
  const itemErrors = new Map<string, Float64Array>();
  for (const [measure, series] of run.series) {
    if (isSchedule(measure) || series.steps.length < 10) continue;
    const { scaled, isLog } = judgedScale(series.values);
    byMeasure.set(measure, excursions(series.steps, scaled));
    const grain = latticeOf(series);
    itemErrors.set(
      measure,
      Float64Array.from(series.steps, (_, i) => itemError(series, i, isLog, grain)),
    );
  }
  return { run, byMeasure, itemErrors, apart: apartness(taskColumns(run), TASKS_AT_LEAST) };
}

/** Spacing of the lattice on which shares of a countable number of items lie; NaN for anything else. */
function latticeOf({ values }: MeasuredSeries): number {
  const isShare = values.every((value) => !Number.isFinite(value) || (value >= 0 && value <= 1));
  if (!isShare) return Number.NaN;
  const grain = resolution(values);
  const isLattice = values.every(
    (value) => !Number.isFinite(value) || Math.abs(value / grain - Math.round(value / grain)) < 1e-3,
  );
  return grain >= 1e-5 && isLattice ? grain : Number.NaN;
}

function manyAtOnce(own: Judged, all: readonly Judged[], level: number): Finding[] {
  const { run, byMeasure, apart } = own;
  const kin = all.filter((one) => one === own || areKin(one.run, run));
  const found: Finding[] = [];
  apart.values.forEach((value, i) => {
    if (!(value >= APART_AT_LEAST)) return;
    const low = apart.steps[Math.max(0, i - REACH)];
    const high = apart.steps[Math.min(apart.steps.length - 1, i + REACH)];
    const others = kin.flatMap((one) =>
      one.apart.values.filter((_, k) => {
        const at = one.apart.steps[k];
        return at >= low && at <= high && (one !== own || Math.abs(k - i) > 1);
      }),
    );
    if (others.length < 8) return;
    const scatter = sd(others) * Math.sqrt(1 + 1 / others.length);
    const df = others.length - 1;
    const t = (value - mean(others)) / scatter;
    const chance = studentTCdf(-t, df) * apart.steps.length;
    if (!(chance <= level)) return;
    const step = apart.steps[i];
    const off = [...byMeasure].flatMap(([measure, list]) => {
      const at = run.series.get(measure)!.steps.indexOf(step);
      const p = list[at]?.p ?? 1;
      return p < 0.05 ? [{ measure, at, p }] : [];
    });
    off.sort((a, b) => a.p - b.p);
    const measures = off.map(({ measure }) => measure);
    found.push(
      finding(
        "checkpoint-outlier",
        `${run.name}: step ${step} stands apart from the checkpoints on both sides over ${apart.tasks[i]} tasks at once${measures.length === 0 ? "" : `, most of all in ${listed(measures)}`}`,
        {
          severity: "warning",
          where: {
            runs: [run.id],
            steps: [[step, step]],
            files: [...new Set(off.flatMap(({ measure, at }) => filesAt(run, run.series.get(measure)!, [at])))],
          },
          evidence: {
            apartness: value,
            usualApartness: mean(others),
            scatter,
            t,
            measuresBeyondNeighboursAt5Percent: off.length,
            mostAffected: measures.slice(0, 10),
          },
          confidence: {
            chance: Math.min(1, chance),
            ground: `how much farther it lies from both neighbours than they from each other, Student's t on ${df} df over the other checkpoints${kin.length > 1 ? ` of ${kin.length} runs` : ""}, Bonferroni over ${apart.steps.length} checkpoints`,
            n: apart.tasks[i],
          },
          spoils: [
            `forecasts with a cutoff at or soon after step ${step}`,
            `effects read at step ${step}`,
            "spikes and change points found there",
          ],
        },
      ),
    );
  });
  return found;
}

/** Whether four of five measures are common: their apartness then scatters alike. */
function areKin(a: RecordedRun, b: RecordedRun): boolean {
  let common = 0;
  for (const measure of a.series.keys()) if (b.series.has(measure)) common++;
  return common >= 0.8 * Math.max(a.series.size, b.series.size);
}

interface Single {
  readonly measure: string;
  readonly i: number;
  readonly excursion: Excursion;
  /** Item standard errors beyond the nearer neighbour; NaN: none stated. */
  readonly sigmas: number;
  readonly isBeyondNoise: boolean;
}

/** Single measures beyond the noise around them, their items' error, or both: one finding a checkpoint. */
function singles({ run, byMeasure, itemErrors }: Judged, known: ReadonlySet<number>, level: number): Finding[] {
  const places = [...byMeasure.values()].reduce((sum, list) => sum + list.filter((x) => x !== undefined).length, 0);
  if (places === 0) return [];
  const needed = -normalQuantile(level / places / 2);
  const byStep = new Map<number, Single[]>();
  for (const [measure, list] of byMeasure) {
    const { steps } = run.series.get(measure)!;
    const off = list.flatMap((excursion, i) => {
      if (excursion === undefined) return [];
      const error = itemErrors.get(measure)![i];
      const isBeyondNoise = excursion.p * places <= level;
      const sigmas = error > 0 ? Math.abs(excursion.residual) / error : Number.NaN;
      const isOff = Number.isNaN(sigmas) ? isBeyondNoise : sigmas > needed && excursion.p < UNUSUAL;
      return isOff ? [{ measure, i, excursion, sigmas, isBeyondNoise }] : [];
    });
    if (off.length > 2) continue;
    for (const one of off)
      if (!known.has(steps[one.i])) byStep.set(steps[one.i], [...(byStep.get(steps[one.i]) ?? []), one]);
  }
  return [...byStep].sort(([a], [b]) => a - b).map(([step, list]) => describeSingles(run, step, list, places));
}

function describeSingles(run: RecordedRun, step: number, list: readonly Single[], places: number): Finding {
  const isWarning = list.some(({ isBeyondNoise }) => isBeyondNoise);
  const worst = list.reduce((a, b) => (b.excursion.p < a.excursion.p ? b : a));
  const { measure, i, excursion, sigmas } = worst;
  const { values } = run.series.get(measure)!;
  const measures = list.map((one) => one.measure);
  const others = list.length === 1 ? "" : `; likewise ${listed(measures.filter((name) => name !== measure))}`;
  const items = Number.isNaN(sigmas) ? "" : `, ${sigmas.toFixed(1)} item standard errors beyond the nearer one`;
  const doubt = isWarning ? "" : "; the checkpoints around it fluctuate too, so that it may be instability";
  const { p, df, residual, noise } = excursion;
  return finding(
    "checkpoint-outlier",
    `${run.name}: ${measure} at step ${step} is ${shown(values[i])}, between ${shown(values[i - 1])} and ${shown(values[i + 1])}${items}${others}${doubt}`,
    {
      severity: isWarning ? "warning" : "note",
      where: {
        runs: [run.id],
        measures,
        steps: [[step, step]],
        files: [...new Set(list.flatMap((one) => filesAt(run, run.series.get(one.measure)!, [one.i])))],
      },
      evidence: {
        value: values[i],
        before: values[i - 1],
        after: values[i + 1],
        localNoises: Math.abs(residual) / noise,
        ...(Number.isNaN(sigmas) ? {} : { itemStandardErrors: sigmas }),
        measures: list.length,
      },
      confidence: isWarning
        ? {
            chance: Math.min(1, p * places),
            ground: `distance beyond the nearer neighbour, Student's t with ${df.toFixed(1)} df of local noise, Bonferroni over ${places} values of the run`,
            n: list.length,
          }
        : {
            chance: Math.min(1, 2 * normalCdf(-sigmas) * places),
            ground: `distance beyond the nearer neighbour against independent item errors, Bonferroni over ${places} values of the run; it counts items only, not how checkpoints fluctuate (p = ${p.toPrecision(1)} there, uncorrected)`,
            n: list.length,
          },
      spoils: [
        `forecasts of ${listed(measures)} with a cutoff at or soon after step ${step}`,
        `effects on ${listed(measures)} at step ${step}`,
      ],
    },
  );
}

/** Six significant digits. */
function shown(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/**
 * Standard error of value less the nearer neighbour by the items, taken as independent: as stated, else for shares at
 * least that of as many items as their lattice has places; 0 where nothing tells.
 */
function itemError({ ses, values }: MeasuredSeries, i: number, isLog: boolean, grain: number): number {
  if (i < 1 || i > values.length - 2) return 0;
  const at = (k: number) => {
    const stated = ses?.[k] ?? Number.NaN;
    if (stated > 0) return stated / (isLog ? Math.abs(values[k]) : 1);
    if (!Number.isFinite(grain)) return 0;
    // As if one more item had been right and one wrong: at 0 and 1 the usual formula claims certainty.
    const p = Math.min(1 - grain, Math.max(grain, values[k]));
    return Math.sqrt(p * (1 - p) * grain);
  };
  return at(i) > 0 ? Math.hypot(at(i), Math.max(at(i - 1), at(i + 1))) : 0;
}
