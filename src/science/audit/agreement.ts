/**
 * @file How surprising it is that two checkpoints agree exactly on as many measures as they do.
 *
 * The chance that one measure agrees comes from the measure itself: how finely it tells values apart, next to how much
 * it moves between neighbouring checkpoints here; how often neighbours agree here; and how common that very value is
 * elsewhere. So a saturated measure, or a plateau at chance, agrees for free. Measures of one task share items and count
 * once, by their most telling member. Schedules (learning rate, tokens) and non-finite values are left out.
 */
import type { MeasuredSeries, RecordedRun } from "../../core/index.ts";
import { median } from "../stats/moments.ts";
import { byTask, isSchedule } from "./measureParts.ts";
import { resolution } from "./resolution.ts";

/** Checkpoints on either side that tell how much a measure moves here. */
const NEAR = 3;
/** Steps on either side that tell how far two runs lie apart here. */
const APART = 6;

export interface Agreement {
  /** Tasks that both checkpoints have. */
  readonly tasks: number;
  /** Of those, the ones that agree to the last digit. */
  readonly equal: number;
  /** Natural logarithm of a bound on the chance of so much agreement between two different checkpoints. */
  readonly logChance: number;
}

interface Indexed {
  readonly series: MeasuredSeries;
  readonly position: ReadonlyMap<number, number>;
}

interface Pooled {
  readonly grain: number;
  /** Usual difference between two checkpoints of different runs. */
  readonly spread: number;
  readonly everywhere: Tally;
  readonly atStep: ReadonlyMap<number, Tally>;
}

/** How often each value occurs. */
interface Tally {
  readonly counts: Map<number, number>;
  total: number;
}

/** Looks values up and knows what is usual, over all the runs given. */
export class Agreements {
  readonly tasks: ReadonlyMap<string, readonly string[]>;
  private readonly indexed: ReadonlyMap<RecordedRun, ReadonlyMap<string, Indexed>>;
  private readonly pooled = new Map<string, Pooled>();

  constructor(runs: readonly RecordedRun[]) {
    const measures = new Set<string>();
    this.indexed = new Map(
      runs.map((run) => {
        const own = new Map<string, Indexed>();
        for (const [measure, series] of run.series) {
          if (isSchedule(measure)) continue;
          measures.add(measure);
          own.set(measure, { series, position: new Map(series.steps.map((step, i) => [step, i])) });
        }
        return [run, own];
      }),
    );
    this.tasks = byTask(measures);
    for (const measure of measures)
      this.pooled.set(
        measure,
        pool(runs.map((run) => run.series.get(measure)).filter((series) => series !== undefined)),
      );
  }

  /** The value of a measure at a step; NaN when there is none. */
  valueAt(run: RecordedRun, measure: string, step: number): number {
    const found = this.indexed.get(run)?.get(measure);
    const at = found?.position.get(step);
    return found === undefined || at === undefined ? Number.NaN : found.series.values[at];
  }

  /** How much two checkpoints agree, and how surprising that is. */
  between(a: RecordedRun, stepA: number, b: RecordedRun, stepB: number): Agreement {
    const chances: number[] = [];
    const isEqual: boolean[] = [];
    for (const measures of this.tasks.values()) {
      let rarest = Number.POSITIVE_INFINITY;
      let agrees = false;
      for (const measure of measures) {
        const x = this.valueAt(a, measure, stepA);
        const y = this.valueAt(b, measure, stepB);
        if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
        const chance = this.tieChance(measure, x, a, stepA, b, stepB);
        if (chance >= rarest) continue;
        rarest = chance;
        agrees = x === y;
      }
      if (rarest > 1) continue;
      chances.push(rarest);
      isEqual.push(agrees);
    }
    const equal = isEqual.filter(Boolean).length;
    return { tasks: chances.length, equal, logChance: logTail(chances, isEqual) };
  }

  private tieChance(measure: string, x: number, a: RecordedRun, stepA: number, b: RecordedRun, stepB: number): number {
    const { grain, spread, everywhere, atStep } = this.pooled.get(measure)!;
    if (!Number.isFinite(grain)) return 1;
    const near =
      a !== b && stepA === stepB
        ? [this.difference(measure, a, b, stepA), this.movement(measure, a, stepA, Number.NaN)]
        : [
            this.movement(measure, a, stepA, a === b ? stepB : Number.NaN),
            this.movement(measure, b, stepB, a === b ? stepA : Number.NaN),
          ];
    let chance = commonness(everywhere, x);
    if (stepA === stepB) chance = Math.max(chance, commonness(atStep.get(stepA), x));
    let least = spread;
    for (const { ties, spread: here } of near) {
      chance = Math.max(chance, ties);
      if (!Number.isNaN(here)) least = Math.min(least, here);
    }
    if (!(least > 0)) return 1;
    return Math.min(1, Math.max(chance, grain / (Math.sqrt(2 * Math.PI) * least)));
  }

  /** How far two runs lie apart at the steps around, where they do; nothing where they hardly ever do (copies). */
  private difference(measure: string, a: RecordedRun, b: RecordedRun, step: number): { ties: number; spread: number } {
    const { series, position } = this.indexed.get(a)!.get(measure)!;
    const at = position.get(step)!;
    const apart: number[] = [];
    for (let u = Math.max(0, at - APART); u <= Math.min(series.steps.length - 1, at + APART); u++) {
      const difference = Math.abs(series.values[u] - this.valueAt(b, measure, series.steps[u]));
      if (u !== at && Number.isFinite(difference) && difference > 0) apart.push(difference);
    }
    return { ties: 0, spread: apart.length < 3 ? Number.NaN : 1.4826 * median(apart) };
  }

  /** Share of ties and the usual difference between neighbours near a step; neighbours that are the pair itself do not count. */
  private movement(measure: string, run: RecordedRun, step: number, other: number): { ties: number; spread: number } {
    const { series, position } = this.indexed.get(run)!.get(measure)!;
    const { steps, values } = series;
    const at = position.get(step)!;
    const differences: number[] = [];
    for (let u = Math.max(1, at - NEAR + 1); u <= Math.min(values.length - 1, at + NEAR); u++) {
      const isPair = (steps[u] === step && steps[u - 1] === other) || (steps[u - 1] === step && steps[u] === other);
      const difference = Math.abs(values[u] - values[u - 1]);
      if (!isPair && Number.isFinite(difference)) differences.push(difference);
    }
    if (differences.length < 2) return { ties: 0, spread: Number.NaN };
    const ties = differences.filter((difference) => difference === 0).length;
    return { ties: ties === 0 ? 0 : (ties + 0.5) / (differences.length + 1), spread: 1.4826 * median(differences) };
  }
}

function pool(all: readonly MeasuredSeries[]): Pooled {
  const everywhere: Tally = { counts: new Map(), total: 0 };
  const atStep = new Map<number, Tally>();
  const finite: number[] = [];
  for (const { steps, values } of all)
    values.forEach((value, i) => {
      if (!Number.isFinite(value)) return;
      finite.push(value);
      const here = atStep.get(steps[i]) ?? { counts: new Map(), total: 0 };
      atStep.set(steps[i], here);
      for (const tally of [everywhere, here]) {
        tally.counts.set(value, (tally.counts.get(value) ?? 0) + 1);
        tally.total++;
      }
    });
  const centre = finite.length === 0 ? 0 : median(finite);
  const spread =
    finite.length < 3 ? Number.NaN : Math.SQRT2 * 1.4826 * median(finite.map((value) => Math.abs(value - centre)));
  return { grain: resolution(finite), spread: spread > 0 ? spread : Number.POSITIVE_INFINITY, everywhere, atStep };
}

/** Share of the other checkpoints that have this very value; the two compared are left out. */
function commonness(tally: Tally | undefined, value: number): number {
  if (tally === undefined || tally.total <= 2) return 0;
  return Math.max(0, ((tally.counts.get(value) ?? 0) - 2) / (tally.total - 2));
}

/**
 * Chernoff's bound on P(Σ w_i X_i ≥ observed), X_i ~ Bernoulli(p_i) independent, w_i = −ln p_i:
 * min over θ in (0, 1] of exp(−θ·observed)·Π(1 − p_i + p_i^(1 − θ)).
 */
export function logTail(chances: readonly number[], isEqual: readonly boolean[]): number {
  let observed = 0;
  chances.forEach((p, i) => {
    if (isEqual[i]) observed -= Math.log(p);
  });
  if (observed === 0) return 0;
  let least = 0;
  for (let k = 1; k <= 40; k++) {
    const theta = k / 40;
    let log = -theta * observed;
    for (const p of chances) log += Math.log(1 - p + p ** (1 - theta));
    least = Math.min(least, log);
  }
  return least;
}
