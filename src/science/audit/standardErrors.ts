/**
 * @file Standard errors that cannot be right, and numbers of items that change along a series.
 *
 * For a share of n right answers, se² = p(1 − p)/(n − 1) (or /n): each point tells n. Where nine of ten points agree on
 * one n, the others were measured on other items or carry another error. No share can have a standard error above √(p(1 − p)/(n − 1)),
 * or that with one item more right and wrong. Points with p of 0 or 1, or without a stated error, say
 * nothing. Other means are only checked for errors that are negative, or 0 throughout.
 */
import { betaSd, type Finding, type MeasuredSeries, type RecordedRun } from "../../core/index.ts";
import { median } from "../stats/moments.ts";
import { filesAt, finding, gridOf, listed, stepRanges } from "./check.ts";
import { isShareOfItems } from "./measureParts.ts";
import { itemsFrom } from "./resolution.ts";

interface Odd {
  readonly measure: string;
  readonly positions: readonly number[];
}

export function standardErrors(run: RecordedRun): Finding[] {
  const impossible: (Odd & { readonly why: string })[] = [];
  const otherItems: (Odd & { readonly usual: number; readonly found: number })[] = [];
  for (const [measure, series] of run.series) {
    otherItems.push(...statedItems(measure, series));
    if (series.ses === undefined) continue;
    impossible.push(...impossibleErrors(measure, series));
    otherItems.push(...impliedItems(measure, series));
  }
  return [
    ...grouped(impossible, ({ why }) => why).map(([why, odd]) => implausible(run, why, odd)),
    ...grouped(otherItems, ({ positions, measure }) =>
      positions.map((i) => run.series.get(measure)!.steps[i]).join(" "),
    ).map(([, odd]) => changed(run, odd)),
  ];
}

/** By its name and its values; the mean of anything else may lie between 0 and 1 too (F1, calibration errors). */
function isShare({ measure, values }: MeasuredSeries): boolean {
  return isShareOfItems(measure) && values.every((value) => !Number.isFinite(value) || (value >= 0 && value <= 1));
}

function impossibleErrors(measure: string, series: MeasuredSeries): (Odd & { why: string })[] {
  const { values, ses = [], ns } = series;
  const where = (isOdd: (se: number, i: number) => boolean) => ses.flatMap((se, i) => (isOdd(se, i) ? [i] : []));
  const moves = values.some((value, i) => i > 0 && value !== values[i - 1]);
  // Other means have no error where all their items agree (games won by the same score); all of them never do.
  const isEmpty = moves && ses.every((se) => se === 0 || Number.isNaN(se));
  const share = isShare(series);
  const named: [string, number[]][] = [
    ["negative", where((se) => se < 0)],
    [
      share ? "0 with a share strictly between 0 and 1" : "0 throughout while the values move",
      where((se, i) => se === 0 && (share ? values[i] > 0 && values[i] < 1 : isEmpty)),
    ],
    [
      "larger than any values between 0 and 1 allow",
      share
        ? where((se, i) => {
            const n = ns?.[i] ?? Number.NaN;
            return se > largestError(values[i], n) * (1 + 1e-6) && values[i] > 0 && values[i] < 1;
          })
        : [],
    ],
    ["the same to the last digit while the share moves", share ? stuckErrors(series) : []],
  ];
  return named.filter(([, positions]) => positions.length > 0).map(([why, positions]) => ({ measure, why, positions }));
}

/** Of values in [0, 1] with mean p over n items (NaN: not known), whether by the sample or with one item more on each side. */
function largestError(p: number, n: number): number {
  if (!Number.isFinite(n) || n <= 1) return Math.sqrt(p * (1 - p));
  return Math.max(Math.sqrt((p * (1 - p)) / (n - 1)), betaSd(p * n, n));
}

/** Stretches of at least 5 points with one standard error and at least 4 different values of p(1 − p). */
function stuckErrors({ values, ses = [] }: MeasuredSeries): number[] {
  const positions: number[] = [];
  for (let from = 0; from < ses.length; ) {
    let to = from;
    while (to + 1 < ses.length && ses[to + 1] === ses[from]) to++;
    const spreads = new Set(values.slice(from, to + 1).map((p) => (p * (1 - p)).toPrecision(6)));
    if (to - from >= 4 && ses[from] > 0 && spreads.size >= 4) for (let i = from; i <= to; i++) positions.push(i);
    from = to + 1;
  }
  return positions;
}

/** Points whose standard error implies another number of items than nine of ten others. */
function impliedItems(measure: string, series: MeasuredSeries): (Odd & { usual: number; found: number })[] {
  const { values, ses = [] } = series;
  if (!isShare(series) || series.ns?.every(Number.isFinite)) return [];
  const implied = values
    .map((p, i) => ({ i, n: itemsFrom(p, ses[i]), slack: slackOf(values[i], ses[i]) }))
    .filter(({ n }) => Number.isFinite(n));
  if (implied.length < 5) return [];
  const usual = median(implied.map(({ n }) => n));
  const odd = implied.filter(
    ({ i, n, slack }) =>
      Math.abs(n - usual) > 1.5 + slack * Math.max(n, usual) &&
      // Errors with one item more on each side imply fewer items near 0 and 1.
      Math.abs(betaSd(values[i] * usual, usual) / ses[i] - 1) > 0.01 + slack,
  );
  // A mean of something else can imply one n by standing still: several different shares must agree on it.
  const shares = new Set(implied.filter((one) => !odd.includes(one)).map(({ i }) => values[i]));
  if (shares.size < 5) return [];
  if (odd.length === 0 || odd.length > 0.1 * implied.length)
    return odd.length === 0 ? [] : otherGroup(measure, implied, odd);
  return [
    {
      measure,
      positions: odd.map(({ i }) => i),
      usual: Math.round(usual),
      found: Math.round(median(odd.map(({ n }) => n))),
    },
  ];
}

/** More than one in ten differ: still two groups where they, too, agree with each other. */
function otherGroup(
  measure: string,
  implied: readonly { i: number; n: number; slack: number }[],
  odd: readonly { i: number; n: number; slack: number }[],
): (Odd & { usual: number; found: number })[] {
  const usual = median(implied.map(({ n }) => n));
  const other = median(odd.map(({ n }) => n));
  const agreeing = odd.filter(({ n, slack }) => Math.abs(n - other) <= 1.5 + slack * Math.max(n, other));
  if (agreeing.length < 3 || agreeing.length < odd.length || odd.length > 0.5 * implied.length) return [];
  return [{ measure, positions: odd.map(({ i }) => i), usual: Math.round(usual), found: Math.round(other) }];
}

/** Relative error of the implied n from the digits to which value and error are written. */
function slackOf(p: number, se: number): number {
  const digit = (x: number) =>
    10 ** -((String(x).split(".")[1]?.replace(/e.*$/, "").length ?? 0) + Number(/e-(\d+)$/.exec(String(x))?.[1] ?? 0));
  return digit(se) / se + (digit(p) * Math.abs(1 - 2 * p)) / (p * (1 - p)) + 1e-6;
}

function statedItems(measure: string, { ns }: MeasuredSeries): (Odd & { usual: number; found: number })[] {
  const stated = (ns ?? []).flatMap((n, i) => (Number.isFinite(n) ? [{ n, i }] : []));
  if (stated.length < 2) return [];
  const counts = new Map<number, number>();
  for (const { n } of stated) counts.set(n, (counts.get(n) ?? 0) + 1);
  const [usual] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a));
  const odd = stated.filter(({ n }) => n !== usual);
  // A last, larger evaluation is how the lab and others measure: only a minority that comes in between is odd.
  const isFinal = odd.length === 1 && odd[0].i === (ns?.length ?? 0) - 1 && odd[0].n > usual;
  if (odd.length === 0 || isFinal) return [];
  return [{ measure, positions: odd.map(({ i }) => i), usual, found: odd[0].n }];
}

function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => string): [string, Item[]][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups];
}

function place(run: RecordedRun, odd: readonly Odd[]): { measures: string[]; steps: number[]; files: string[] } {
  const series = (measure: string) => run.series.get(measure)!;
  return {
    measures: [...new Set(odd.map(({ measure }) => measure))],
    steps: [...new Set(odd.flatMap(({ measure, positions }) => positions.map((i) => series(measure).steps[i])))].sort(
      (a, b) => a - b,
    ),
    files: [...new Set(odd.flatMap(({ measure, positions }) => filesAt(run, series(measure), positions)))].slice(0, 20),
  };
}

function implausible(run: RecordedRun, why: string, odd: readonly Odd[]): Finding {
  const { measures, steps, files } = place(run, odd);
  const { ses = [], values } = run.series.get(measures[0])!;
  const at = odd[0].positions[0];
  return finding(
    "standard-error-implausible",
    `${run.name}: the standard error of ${listed(measures)} is ${why} (${listed(steps.map((step) => `step ${step}`))})`,
    {
      severity: "warning",
      where: { runs: [run.id], measures, steps: stepRanges(steps, gridOf(run)), files },
      evidence: { value: values[at], standardError: ses[at], points: steps.length },
      confidence: { ground: "certain: arithmetic", n: steps.length },
      spoils: [`intervals and weights that use the errors of ${listed(measures)}`],
    },
  );
}

function changed(run: RecordedRun, odd: readonly (Odd & { usual: number; found: number })[]): Finding {
  const { measures, steps, files } = place(run, odd);
  const { usual, found } = odd[0];
  return finding(
    "items-changed",
    `${run.name}: ${listed(measures)} ${measures.length === 1 ? "was" : "were"} measured on ${found} items instead of ${usual} at ${listed(steps.map((step) => `step ${step}`))}`,
    {
      severity: "error",
      where: { runs: [run.id], measures, steps: stepRanges(steps, gridOf(run)), files },
      evidence: { items: found, usualItems: usual, measures: measures.length, points: steps.length },
      confidence: { ground: "items stated in the files, or implied by p(1 − p)/se² + 1", n: steps.length },
      spoils: [`trends and forecasts of ${listed(measures)}`, "effects between values on different items"],
    },
  );
}
