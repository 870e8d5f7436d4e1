/**
 * @file Whether two sets of runs may be compared at given steps: measured by the same evaluator and version, on the same
 * version and number of items of the task, with the same prompt and number of examples in it, and by the same statistic.
 *
 * What is stated is compared as stated; the number of items also as implied by standard errors of shares. A statistic that
 * only the code of the evaluator explains is inferred as in evaluatorShift.ts: on nearly all tasks of a kind, and on no
 * others, the arms differ by many times what checkpoints move, and their standard errors do too. What neither side states
 * is not a difference; the answer says how much was stated.
 */
import type { EvaluationContext, MeasuredSeries, RecordedRun } from "../../core/index.ts";
import { median } from "../stats/moments.ts";
import { listed } from "./check.ts";
import { type Jumping, kindsOf, shiftAt } from "./evaluatorShift.ts";
import { judgedScale } from "./excursion.ts";
import { isSchedule, isShareOfItems, measureParts } from "./measureParts.ts";
import { itemsFrom } from "./resolution.ts";

const FIELDS = ["evaluator", "evaluatorVersion", "taskVersion", "shots", "prompt", "limit"] as const;
type Field = (typeof FIELDS)[number];
const FIELD_NAMES: Readonly<Record<Field, string>> = {
  evaluator: "evaluators",
  evaluatorVersion: "versions of the evaluator",
  taskVersion: "versions of the task",
  shots: "numbers of examples in the prompt",
  prompt: "prompts",
  limit: "limits on items",
};

export interface Incomparability {
  readonly what: string;
  readonly measures: readonly string[];
  /** It is the evaluator that differs: other measures of the same files may be affected where it cannot be seen. */
  readonly isOfEvaluator: boolean;
  /** Absent: stated in the files. */
  readonly chance?: number;
  readonly ground: string;
}

export interface Comparability {
  readonly differences: readonly Incomparability[];
  /** Share of the measures for which both sides state at least the evaluator or the task version. */
  readonly statedShare: number;
}

export interface ComparisonRequest {
  readonly treated: readonly RecordedRun[];
  readonly control: readonly RecordedRun[];
  readonly measures: readonly string[];
  /** Steps at which values are compared. */
  readonly steps: readonly number[];
  /** False alarms of the inferred part; default 0.01. */
  readonly level?: number;
}

export function comparability({ treated, control, measures, steps, level = 0.01 }: ComparisonRequest): Comparability {
  const at = new Set(steps);
  const differences: Incomparability[] = [];
  for (const field of FIELDS) differences.push(...statedDifferences(field, treated, control, measures, at));
  differences.push(...itemDifferences(treated, control, measures, at));
  differences.push(...statisticDifferences(treated, control, measures, at, level));
  const stated = measures.filter((measure) =>
    [treated, control].every(
      (arm) => [...valuesOf("evaluator", arm, measure, at), ...valuesOf("taskVersion", arm, measure, at)].length > 0,
    ),
  );
  return { differences, statedShare: measures.length === 0 ? 0 : stated.length / measures.length };
}

function valuesOf(field: Field, runs: readonly RecordedRun[], measure: string, at: ReadonlySet<number>): Set<string> {
  const values = new Set<string>();
  for (const run of runs) {
    const series = run.series.get(measure);
    series?.contexts?.forEach((index, i) => {
      const value = (run.contexts[index] as EvaluationContext | undefined)?.[field];
      if (at.has(series.steps[i]) && value !== undefined) values.add(String(value));
    });
  }
  return values;
}

function statedDifferences(
  field: Field,
  treated: readonly RecordedRun[],
  control: readonly RecordedRun[],
  measures: readonly string[],
  at: ReadonlySet<number>,
): Incomparability[] {
  const alike = new Map<string, string[]>();
  for (const measure of measures) {
    const a = [...valuesOf(field, treated, measure, at)].sort();
    const b = [...valuesOf(field, control, measure, at)].sort();
    if (a.length === 0 || b.length === 0 || (a.length === 1 && b.length === 1 && a[0] === b[0])) continue;
    const key = `${listed(a)} against ${listed(b)}`;
    alike.set(key, [...(alike.get(key) ?? []), measure]);
  }
  return [...alike].map(([values, names]) => ({
    what: `different ${FIELD_NAMES[field]} (treated ${values.replace(" against ", ", control ")}) on ${listed(names)}`,
    measures: names,
    isOfEvaluator: field === "evaluator" || field === "evaluatorVersion",
    ground: "stated in the files",
  }));
}

/** Items at the given steps, stated or implied; NaN where neither. */
function itemsOf(runs: readonly RecordedRun[], measure: string, at: ReadonlySet<number>): number {
  const counts: number[] = [];
  for (const run of runs) {
    const series = run.series.get(measure);
    if (series === undefined) continue;
    const isShare =
      isShareOfItems(measure) && series.values.every((value) => !Number.isFinite(value) || (value >= 0 && value <= 1));
    series.steps.forEach((step, i) => {
      if (!at.has(step)) return;
      const stated = series.ns?.[i] ?? Number.NaN;
      const n = Number.isFinite(stated)
        ? stated
        : isShare
          ? itemsFrom(series.values[i], series.ses?.[i] ?? Number.NaN)
          : Number.NaN;
      if (Number.isFinite(n)) counts.push(n);
    });
  }
  return counts.length === 0 ? Number.NaN : median(counts);
}

function itemDifferences(
  treated: readonly RecordedRun[],
  control: readonly RecordedRun[],
  measures: readonly string[],
  at: ReadonlySet<number>,
): Incomparability[] {
  const odd = measures.flatMap((measure) => {
    const [a, b] = [itemsOf(treated, measure, at), itemsOf(control, measure, at)];
    // One item and one per cent: printed standard errors have few digits.
    return Math.abs(a - b) > 1.5 + 0.01 * Math.max(a, b) ? [{ measure, a: Math.round(a), b: Math.round(b) }] : [];
  });
  if (odd.length === 0) return [];
  const [{ a, b }] = odd;
  return [
    {
      what: `different numbers of items (treated ${a}, control ${b}) on ${listed(odd.map(({ measure }) => measure))}`,
      measures: odd.map(({ measure }) => measure),
      isOfEvaluator: false,
      ground: "stated, or implied by the standard errors: p(1 − p)/se² + 1",
    },
  ];
}

function statisticDifferences(
  treated: readonly RecordedRun[],
  control: readonly RecordedRun[],
  measures: readonly string[],
  at: ReadonlySet<number>,
  level: number,
): Incomparability[] {
  const contrasts = measures
    .filter((measure) => !isSchedule(measure))
    .flatMap((measure) => contrastOf(treated, control, measure, at));
  const kinds = kindsOf(contrasts);
  const shifts = kinds
    .map((kind) => shiftAt(contrasts, kind, 0, kinds.length))
    .filter((shift) => shift !== undefined && shift.chance <= level && shift.shareOfErrors >= 0.8)
    .sort((a, b) => a!.chance - b!.chance);
  const best = shifts[0];
  if (best === undefined) return [];
  const ratios = best.jumped.map(({ ratio }) => ratio(0));
  const value = median(ratios.map((one) => one.value).filter(Number.isFinite));
  const error = median(ratios.map((one) => one.error).filter(Number.isFinite));
  const names = best.jumped.map(({ measure }) => measure);
  return [
    {
      what: `another statistic under the same name: ${best.kind.name} is × ${value.toPrecision(2)} of the control's, with standard errors × ${error.toPrecision(2)}, on ${best.jumped.length} of ${best.tasks} tasks, while ${best.othersJumped} of ${best.others} other measures differ so (${listed(names, 2)})`,
      measures: [...best.kind.members],
      isOfEvaluator: true,
      chance: best.chance,
      ground: `Fisher's exact test of such differences against kind of measure, Bonferroni over ${kinds.length} kinds`,
    },
  ];
}

/** Median difference of the arms at the matched steps, in usual differences between neighbouring checkpoints. */
function contrastOf(
  treated: readonly RecordedRun[],
  control: readonly RecordedRun[],
  measure: string,
  at: ReadonlySet<number>,
): Jumping[] {
  const [a, b] = [treated, control].map((runs) =>
    runs.map((run) => run.series.get(measure)).filter((series) => series !== undefined),
  );
  const all = [...a, ...b];
  const { isLog } = judgedScale(all.flatMap(({ values }) => [...values]));
  const scale = (value: number) => (isLog ? Math.log(value) : value);
  const logError = (_: number, i: number, { ses }: MeasuredSeries) => Math.log(ses?.[i] ?? Number.NaN);
  const isShare = all.every(({ values }) =>
    values.every((value) => !Number.isFinite(value) || (value >= 0 && value <= 1)),
  );
  const ofValue = armsDiffer(a, b, at, scale);
  const ofError = isShare ? { jump: Number.NaN, difference: Number.NaN } : armsDiffer(a, b, at, logError);
  if (Number.isNaN(ofValue.jump)) return [];
  return [
    {
      measure,
      ...measureParts(measure),
      value: Float64Array.of(ofValue.jump),
      error: Float64Array.of(ofError.jump),
      ratio: () => ({
        value: isLog ? Math.exp(ofValue.difference) : ofValue.ratio,
        error: Math.exp(ofError.difference),
      }),
    },
  ];
}

function armsDiffer(
  a: readonly MeasuredSeries[],
  b: readonly MeasuredSeries[],
  at: ReadonlySet<number>,
  read: (value: number, i: number, series: MeasuredSeries) => number,
): { jump: number; difference: number; ratio: number } {
  const matched = (arm: readonly MeasuredSeries[]) =>
    arm.flatMap((series) =>
      series.values
        .map((value, i) => read(value, i, series))
        .filter((value, i) => at.has(series.steps[i]) && Number.isFinite(value)),
    );
  const [x, y] = [matched(a), matched(b)];
  const moves = [...a, ...b].flatMap((series) => {
    const values = series.values.map((value, i) => read(value, i, series));
    return values
      .slice(1)
      .map((value, i) => Math.abs(value - values[i]))
      .filter((move) => Number.isFinite(move) && move > 0);
  });
  if (x.length === 0 || y.length === 0 || moves.length < 5)
    return { jump: Number.NaN, difference: Number.NaN, ratio: Number.NaN };
  const difference = median(x) - median(y);
  return { jump: difference / (1.4826 * median(moves)), difference, ratio: median(x) / median(y) };
}
