/**
 * @file Evaluator changes that no file states: from one checkpoint to the next, one statistic jumps on nearly all tasks of
 * a kind while the rest of the same files does not.
 *
 * A change of weights moves the statistics of a task together; a change of the evaluator (code, precision, handling of
 * some items) moves one statistic on all the tasks that it concerns, and often its standard error too. So jumps are
 * counted for each statistic, on all tasks and on those whose names begin alike, and Fisher's exact test says how likely so
 * one-sided a split is when jumps fall on measures at random. Needs 3 tasks and other measures beside them. An error where
 * the statistic comes back or its standard error jumps too; else a warning, for a transition that one statistic shows
 * and the others do not looks the same.
 */
import type { Finding, RecordedRun } from "../../core/index.ts";
import { studentTQuantile } from "../stats/distributions.ts";
import { median } from "../stats/moments.ts";
import { type CheckOptions, filesAt, finding, gridOf, stepRanges } from "./check.ts";
import { judgedScale } from "./excursion.ts";
import { isSchedule, measureParts } from "./measureParts.ts";
import { resolution } from "./resolution.ts";

const REACH = 6;
const TASKS_AT_LEAST = 3;
/** Checkpoints that tell what is usual before a jump: training itself begins with one. */
const BEFORE_AT_LEAST = 3;
/** A jump of one measure: 1 in 1,000 for the median of some ten differences, worth about 4 degrees of freedom. */
const JUMP = studentTQuantile(1 - 0.001 / 2, 4);

export interface Jumping {
  readonly measure: string;
  readonly metric: string;
  readonly task: string;
  /** Signed, in usual differences; NaN: not judged. By boundary: jumps[i] is from checkpoint i − 1 to i of the grid. */
  readonly value: Float64Array;
  readonly error: Float64Array;
  /** Ratio after/before of value and standard error. */
  readonly ratio: (i: number) => { value: number; error: number };
}

interface Kind {
  /** For people, e.g. "likelihood_difference of crows_pairs_english…". */
  readonly name: string;
  readonly members: ReadonlySet<string>;
}

interface Shift {
  readonly kind: Kind;
  /** First checkpoint after the jump. */
  readonly at: number;
  readonly jumped: readonly Jumping[];
  readonly tasks: number;
  readonly othersJumped: number;
  readonly others: number;
  readonly chance: number;
  readonly sign: number;
  readonly shareOfErrors: number;
}

export function evaluatorShift(run: RecordedRun, { level }: CheckOptions): Finding[] {
  const grid = gridOf(run);
  const jumping = jumpsOf(run, grid);
  const kinds = kindsOf(jumping);
  const places = kinds.length * Math.max(1, grid.length - 1);
  const shifts: Shift[] = [];
  for (let i = BEFORE_AT_LEAST; i < grid.length; i++) {
    const here = kinds.map((kind) => shiftAt(jumping, kind, i, places)).filter((shift) => shift !== undefined);
    const best = here.reduce<Shift | undefined>((a, b) => (a === undefined || b.chance < a.chance ? b : a), undefined);
    if (best !== undefined && best.chance <= level) shifts.push(best);
  }
  const found: Finding[] = [];
  for (let k = 0; k < shifts.length; k++) {
    const next = shifts[k + 1];
    const isBack = next !== undefined && next.sign === -shifts[k].sign && overlap(next, shifts[k]) >= 0.5;
    found.push(describe(run, grid, shifts[k], isBack ? next : undefined, places));
    if (isBack) k++;
  }
  return found;
}

/** Share of the measures of the smaller shift that are in the other. */
function overlap(a: Shift, b: Shift): number {
  const common = a.jumped.filter((one) => b.jumped.includes(one)).length;
  return common / Math.min(a.jumped.length, b.jumped.length);
}

/** Each statistic, on all tasks and on those whose names begin with the same words; equal sets once. */
export function kindsOf(jumping: readonly Jumping[]): Kind[] {
  const members = new Map<string, Set<string>>();
  const add = (name: string, measure: string) => members.set(name, (members.get(name) ?? new Set()).add(measure));
  for (const { measure, metric, task } of jumping) {
    add(metric, measure);
    const words = task.split(/(?<=[_/.:-])/);
    for (let k = 1; k <= words.length; k++)
      add(
        `${metric} of ${words
          .slice(0, k)
          .join("")
          .replace(/[_/.:-]$/, "")}…`,
        measure,
      );
  }
  const bySet = new Map<string, Kind>();
  for (const [name, set] of members)
    if (set.size >= TASKS_AT_LEAST && set.size < jumping.length) bySet.set([...set].join("\n"), { name, members: set });
  return [...bySet.values()];
}

function jumpsOf(run: RecordedRun, grid: readonly number[]): Jumping[] {
  const position = new Map(grid.map((step, i) => [step, i]));
  const found: Jumping[] = [];
  for (const [measure, series] of run.series) {
    if (isSchedule(measure) || series.steps.length < 6) continue;
    const onGrid = (column: ArrayLike<number>) => {
      const values = new Float64Array(grid.length).fill(Number.NaN);
      series.steps.forEach((step, i) => {
        values[position.get(step)!] = column[i];
      });
      return values;
    };
    const { scaled, isLog } = judgedScale(series.values);
    const isShare = series.values.every((value) => !Number.isFinite(value) || (value >= 0 && value <= 1));
    const ses =
      series.ses === undefined || isShare
        ? undefined
        : onGrid(series.ses.map((se) => (se > 0 ? Math.log(se) : Number.NaN)));
    const values = onGrid(scaled);
    found.push({
      measure,
      ...measureParts(measure),
      value: jumps(values),
      error: ses === undefined ? new Float64Array(grid.length).fill(Number.NaN) : jumps(ses),
      ratio: (i) => ({
        value: isLog ? Math.exp(values[i] - values[i - 1]) : values[i] / values[i - 1],
        error: ses === undefined ? Number.NaN : Math.exp(ses[i] - ses[i - 1]),
      }),
    });
  }
  return found;
}

/** Differences less the median of those around them, in robust standard deviations of those; NaN where fewer than 5 are there. */
function jumps(y: Float64Array): Float64Array {
  const grain = resolution(y);
  return Float64Array.from(y, (_, i) => {
    const difference = y[i] - y[i - 1];
    const around: number[] = [];
    for (let u = Math.max(1, i - REACH); u <= Math.min(y.length - 1, i + REACH); u++)
      if (u !== i && Number.isFinite(y[u] - y[u - 1])) around.push(y[u] - y[u - 1]);
    if (i === 0 || !Number.isFinite(difference) || around.length < 5 || !Number.isFinite(grain)) return Number.NaN;
    const centre = median(around);
    const scale = 1.4826 * median(around.map((value) => Math.abs(value - centre)));
    return (difference - centre) / Math.max(scale, grain);
  });
}

export function shiftAt(jumping: readonly Jumping[], kind: Kind, i: number, places: number): Shift | undefined {
  const judged = jumping.filter(({ value }) => !Number.isNaN(value[i]));
  const isJump = ({ value, error }: Jumping) => Math.abs(value[i]) > JUMP || Math.abs(error[i]) > JUMP;
  const own = judged.filter(({ measure }) => kind.members.has(measure));
  const others = judged.filter(({ measure }) => !kind.members.has(measure));
  const jumped = own.filter(isJump);
  const othersJumped = others.filter(isJump).length;
  if (own.length < TASKS_AT_LEAST || jumped.length < 0.8 * own.length || othersJumped > 0.2 * others.length)
    return undefined;
  const sum = jumped.reduce(
    (total, { value, error }) => total + Math.sign(Math.abs(value[i]) > JUMP ? value[i] : error[i]),
    0,
  );
  return {
    kind,
    at: i,
    jumped,
    tasks: own.length,
    othersJumped,
    others: others.length,
    chance: Math.min(1, places * fisherTail(jumped.length, own.length, othersJumped, others.length)),
    sign: Math.sign(sum),
    shareOfErrors: own.filter(({ error }) => Math.abs(error[i]) > JUMP).length / own.length,
  };
}

/** P(at least k of the k + l marked among m of m + n) when marks fall at random: Fisher's exact test, one-sided. */
export function fisherTail(k: number, m: number, l: number, n: number): number {
  const logFactorial = new Float64Array(m + n + 1);
  for (let i = 2; i < logFactorial.length; i++) logFactorial[i] = logFactorial[i - 1] + Math.log(i);
  const choose = (a: number, b: number) => logFactorial[a] - logFactorial[b] - logFactorial[a - b];
  const marked = k + l;
  let tail = 0;
  for (let x = k; x <= Math.min(m, marked); x++)
    if (marked - x <= n) tail += Math.exp(choose(m, x) + choose(n, marked - x) - choose(m + n, marked));
  return Math.min(1, tail);
}

function describe(
  run: RecordedRun,
  grid: readonly number[],
  shift: Shift,
  back: Shift | undefined,
  places: number,
): Finding {
  const { kind, at, jumped, tasks, othersJumped, others, chance, shareOfErrors } = shift;
  const until = back?.at ?? grid.length;
  const inside = grid.slice(at, until);
  // Without a way back, the shorter side is the odd one.
  const steps = back === undefined && inside.length > at ? grid.slice(0, at) : inside;
  const measures = jumped.map(({ measure }) => measure);
  const ratios = jumped.map(({ ratio }) => ratio(at));
  const valueRatio = median(ratios.map(({ value }) => value).filter(Number.isFinite));
  const errorRatios = ratios.map(({ error }) => error).filter(Number.isFinite);
  const isSure = back !== undefined || shareOfErrors >= 0.8;
  const files = [
    ...new Set(
      measures.flatMap((measure) => {
        const series = run.series.get(measure)!;
        return filesAt(
          run,
          series,
          steps.map((step) => series.steps.indexOf(step)).filter((i) => i >= 0),
        );
      }),
    ),
  ];
  const range = steps.length === 1 ? `step ${steps[0]}` : `steps ${steps[0]}–${steps[steps.length - 1]}`;
  return finding(
    "evaluator-shift",
    `${run.name}: at ${range} ${kind.name} is another statistic: × ${valueRatio.toPrecision(2)}${errorRatios.length === 0 ? "" : ` (its standard error × ${median(errorRatios).toPrecision(2)})`} at step ${grid[at]} on ${jumped.length} of ${tasks} tasks, while ${othersJumped} of ${others} other measures jump`,
    {
      severity: isSure ? "error" : "warning",
      where: {
        runs: [run.id],
        measures,
        steps: stepRanges(steps, grid),
        ...(files.length === 0 ? {} : { files: files.slice(0, 20) }),
      },
      evidence: {
        jumped: jumped.length,
        tasks,
        othersJumped,
        others,
        medianRatioOfValues: valueRatio,
        ...(errorRatios.length === 0 ? {} : { medianRatioOfStandardErrors: median(errorRatios) }),
        comesBack: back !== undefined,
      },
      confidence: {
        chance,
        ground: `Fisher's exact test of jumps against kind of measure, Bonferroni over ${places} kinds × checkpoints`,
        n: tasks + others,
      },
      spoils: [
        `forecasts of ${kind.name} across step ${grid[at]}`,
        `effects on ${kind.name} between values on both sides of it`,
        `change points and jumps in ${kind.name}`,
      ],
    },
  );
}
