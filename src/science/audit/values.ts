/**
 * @file Values that cannot be right by themselves: NaN and infinities, series that never move, a logger that got stuck,
 * values outside a measure's range.
 *
 * Schedules (learning rate, tokens) may be constant. A saturated or chance-level measure may stand still; only a measure
 * that took many different values before is called stuck.
 */
import type { Finding, RecordedRun } from "../../core/index.ts";
import { median } from "../stats/moments.ts";
import { finding, gridOf, listed, stepRanges } from "./check.ts";
import { isSchedule } from "./measureParts.ts";
import { resolution } from "./resolution.ts";

const POINTS_AT_LEAST = 5;
/** Chance of a tie between neighbours, by resolution and movement, below which a measure counts as continuous. */
const FINE = 0.01;

/** Measures that are not finite at the same steps are one finding. */
export function notFinite(run: RecordedRun): Finding[] {
  const alike = new Map<string, { measures: string[]; steps: number[]; values: Set<string>; isToTheEnd: boolean }>();
  for (const [measure, { steps, values }] of run.series) {
    const bad = steps.filter((_, i) => !Number.isFinite(values[i]));
    if (bad.length === 0) continue;
    const key = bad.join(" ");
    const entry = alike.get(key) ?? {
      measures: [],
      steps: bad,
      values: new Set<string>(),
      isToTheEnd:
        bad.length > 1 &&
        values.slice(values.findIndex((value) => !Number.isFinite(value))).every((value) => !Number.isFinite(value)),
    };
    alike.set(key, entry);
    entry.measures.push(measure);
    for (const value of values) if (!Number.isFinite(value)) entry.values.add(String(value));
  }
  return [...alike.values()].map(({ measures, steps, values, isToTheEnd }) =>
    finding(
      "not-finite",
      `${run.name}: ${listed(measures)} ${measures.length === 1 ? "is" : "are"} ${[...values].join(" or ")} ${isToTheEnd ? `from step ${steps[0]} on` : `at ${listed(steps.map((step) => `step ${step}`))}`}`,
      {
        severity: "warning",
        where: { runs: [run.id], measures, steps: stepRanges(steps, gridOf(run)) },
        evidence: { points: steps.length, firstStep: steps[0], toTheEnd: isToTheEnd },
        confidence: { ground: "certain: the values themselves", n: steps.length },
        spoils: [`forecasts of ${listed(measures)}`, `effects on ${listed(measures)} at these steps`],
      },
    ),
  );
}

export function standingStill(run: RecordedRun): Finding[] {
  const constant: string[] = [];
  const found: Finding[] = [];
  for (const [measure, { steps, values }] of run.series) {
    if (isSchedule(measure) || run.specs.get(measure)?.family === "optimization") continue;
    const finite = values.filter(Number.isFinite);
    if (finite.length < POINTS_AT_LEAST) continue;
    if (finite.every((value) => value === finite[0])) {
      constant.push(measure);
      continue;
    }
    // A share stands still legitimately where the model always gives one answer.
    if (finite.every((value) => value >= 0 && value <= 1)) continue;
    const stuck = stuckFrom(values);
    if (stuck === undefined) continue;
    const [from, to] = [steps[stuck.from], steps[stuck.to]];
    found.push(
      finding(
        "stuck",
        `${run.name}: ${measure} repeats ${values[stuck.from]} from step ${from} to ${to} (${stuck.to - stuck.from + 1} points), though it moves elsewhere`,
        {
          severity: "warning",
          where: { runs: [run.id], measures: [measure], steps: [[from, to]] },
          evidence: { value: values[stuck.from], points: stuck.to - stuck.from + 1, chanceOfOneRepeat: stuck.tie },
          confidence: {
            chance: stuck.chance,
            ground:
              "repeats in a row, each as likely as the measure's resolution and movement, or its other repeats, make it",
            n: values.length,
          },
          spoils: [`forecasts of ${measure}`, "plateaus found there"],
        },
      ),
    );
  }
  if (constant.length > 0)
    found.push(
      finding("constant", `${run.name}: ${listed(constant)} never ${constant.length === 1 ? "changes" : "change"}`, {
        severity: "note",
        where: { runs: [run.id], measures: constant },
        evidence: { measures: constant.length },
        confidence: { ground: "certain: all values are equal", n: constant.length },
        spoils: [`forecasts and effects of ${listed(constant)}, which would look perfect`],
      }),
    );
  return found;
}

interface Stuck {
  readonly from: number;
  readonly to: number;
  /** Of one repeat. */
  readonly tie: number;
  /** Of so long a stretch anywhere in the series. */
  readonly chance: number;
}

/**
 * The longest stretch of equal values, where chance explains it in less than 1 of 1,000 series. Not at the beginning,
 * where nothing may move yet, nor at the largest or smallest value (saturation, floor).
 */
function stuckFrom(values: readonly number[]): Stuck | undefined {
  let best = { from: 0, to: 0 };
  const moves: number[] = [];
  for (let i = 1, from = 0; i < values.length; i++) {
    if (values[i] !== values[i - 1]) from = i;
    if (i - from > best.to - best.from) best = { from, to: i };
    if (Number.isFinite(values[i] - values[i - 1])) moves.push(Math.abs(values[i] - values[i - 1]));
  }
  const repeats = best.to - best.from;
  const value = values[best.from];
  const isExtreme = values.every((other) => !(other > value)) || values.every((other) => !(other < value));
  if (repeats < 2 || best.from === 0 || isExtreme) return undefined;
  const others = moves.length - repeats;
  const ties = moves.filter((move) => move === 0).length - repeats;
  const movement = 1.4826 * median(moves.filter((move) => move > 0));
  const lattice = resolution(values) / (Math.sqrt(2 * Math.PI) * movement);
  if (!(lattice <= FINE)) return undefined;
  const tie = Math.min(1, Math.max((ties + 1) / (others + 1), lattice));
  const chance = values.length * tie ** repeats;
  return chance <= 0.001 ? { ...best, tie, chance } : undefined;
}

/** Beyond the range that the measure's specification states. */
export function outOfRange(run: RecordedRun): Finding[] {
  const found: Finding[] = [];
  for (const [measure, { steps, values }] of run.series) {
    const [low, high] = run.specs.get(measure)?.range ?? [null, null];
    const bad = steps.filter((_, i) => (low !== null && values[i] < low) || (high !== null && values[i] > high));
    if (bad.length === 0) continue;
    const example = values[steps.indexOf(bad[0])];
    found.push(
      finding(
        "out-of-range",
        `${run.name}: ${measure} is ${example} at step ${bad[0]}, outside ${low ?? "−∞"} to ${high ?? "∞"}`,
        {
          severity: "error",
          where: { runs: [run.id], measures: [measure], steps: stepRanges(bad, gridOf(run)) },
          evidence: { points: bad.length, example, low, high },
          confidence: { ground: "certain if the range is that of this measure", n: bad.length },
          spoils: [`every analysis of ${measure}`],
        },
      ),
    );
  }
  return found;
}
