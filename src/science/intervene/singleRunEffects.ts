/**
 * @file One treated against one control run, matched by step: what can be said without a second seed.
 *
 * The effect is the mean of treated − control over the matched steps of a window. Two errors are kept apart:
 * checkpoints fluctuate (from the differences themselves: AR(1) over the window, or, in windows of fewer than 8 steps, the
 * scatter of the differences around their local trend), and the items are a sample (stated standard errors, which are taken
 * not to shrink with more checkpoints, as these share their items, and as independent between the arms, which is
 * conservative where the arms share theirs too). `effect` holds both (and is never narrower than the checkpoints alone), simultaneous over the measures by Bonferroni;
 * adjusted p values are Holm's on those same errors. n is 1: nothing here speaks for other seeds.
 *
 * Non-finite differences refuse their measure; so does a measure for which neither error can be told.
 */
import { type Estimate, RefusedError, ShapeError } from "../../core/index.ts";
import { autocorrelatedMean } from "../stats/autocorrelated.ts";
import { studentTCdf, studentTQuantile } from "../stats/distributions.ts";
import { requireLevel } from "../stats/intervals.ts";
import { mean } from "../stats/moments.ts";
import { holm } from "./holm.ts";

export interface SingleRunInput {
  readonly name: string;
  /** All matched steps, ascending; shape [steps] each. */
  readonly steps: readonly number[];
  readonly treated: readonly number[];
  readonly control: readonly number[];
  /** NaN or absent: not stated. */
  readonly treatedErrors?: readonly number[];
  readonly controlErrors?: readonly number[];
}

export interface SingleRunEffect {
  readonly name: string;
  /** For new items and new checkpoints; of the checkpoints alone where no item error is stated. */
  readonly effect: Estimate;
  /** For these very items; absent where the fluctuation of checkpoints cannot be told. */
  readonly onTheseItems?: Estimate;
  readonly treatedMean: number;
  readonly controlMean: number;
  readonly adjustedP: number;
  readonly minimalDetectable: number;
  readonly steps: number;
  /** Independent checkpoints that the window is worth. */
  readonly effectiveSteps?: number;
  readonly itemError?: number;
  readonly checkpointError?: number;
}

export interface SingleRunOptions {
  /** Only steps in this range count; the others still tell of the scatter. */
  readonly window?: readonly [low: number, high: number];
  readonly level?: number;
}

export interface RefusedMeasure {
  readonly name: string;
  readonly reason: string;
}

const AR_AT_LEAST = 8;
/** Second differences of white noise: n of them are worth n/1.94 independent ones. */
const WORTH = 1.94;
/** Large enough for Student's t to be normal: item errors are taken as known. */
const KNOWN = 1e6;

interface Judged {
  readonly input: SingleRunInput;
  readonly value: number;
  readonly checkpoint?: {
    readonly error: number;
    readonly df: number;
    readonly effective: number;
    readonly how: string;
  };
  readonly itemError?: number;
  readonly treatedMean: number;
  readonly controlMean: number;
  readonly steps: number;
}

export function singleRunEffects(
  inputs: readonly SingleRunInput[],
  { window = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY], level = 0.95 }: SingleRunOptions = {},
): { effects: SingleRunEffect[]; refused: RefusedMeasure[] } {
  requireLevel("singleRunEffects", level);
  const refused: RefusedMeasure[] = [];
  const judged: Judged[] = [];
  for (const input of inputs)
    try {
      judged.push(judge(input, window));
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      refused.push({ name: input.name, reason: error.message });
    }
  const errors = judged.map(combined);
  // Where few degrees of freedom make the checkpoints alone the weaker evidence, they decide.
  const adjusted = holm(
    judged.map(({ value, checkpoint }, k) =>
      Math.max(twoSided(value, errors[k]), twoSided(value, checkpoint ?? errors[k])),
    ),
  );
  return { refused, effects: judged.map((one, k) => describe(one, errors[k], adjusted[k], judged.length, level)) };
}

function judge(input: SingleRunInput, [low, high]: readonly [number, number]): Judged {
  const { name, steps, treated, control, treatedErrors, controlErrors } = input;
  if (treated.length !== steps.length || control.length !== steps.length)
    throw new ShapeError(`singleRunEffects: ${name}`, `[${steps.length}]`, [treated.length, control.length]);
  const differences = treated.map((value, i) => value - control[i]);
  const inside = steps.flatMap((step, i) => (step >= low && step <= high ? [i] : []));
  if (inside.length === 0) throw new RefusedError(name, "no matched step lies in the window");
  const own = inside.map((i) => differences[i]);
  if (!own.every(Number.isFinite)) throw new RefusedError(name, "a value in the window is not finite");
  const itemErrors = inside.map((i) => Math.hypot(treatedErrors?.[i] ?? Number.NaN, controlErrors?.[i] ?? Number.NaN));
  const itemError = itemErrors.every((error) => error > 0 && Number.isFinite(error)) ? mean(itemErrors) : undefined;
  const checkpoint = own.length >= AR_AT_LEAST ? overWindow(own) : aroundTrend(differences, own.length);
  if (checkpoint === undefined && itemError === undefined)
    throw new RefusedError(
      name,
      `${own.length} matched steps and no stated standard errors: no error of any kind can be told`,
    );
  return {
    input,
    value: mean(own),
    checkpoint,
    itemError,
    treatedMean: mean(inside.map((i) => treated[i])),
    controlMean: mean(inside.map((i) => control[i])),
    steps: own.length,
  };
}

function overWindow(differences: readonly number[]): Judged["checkpoint"] {
  const { standardError, effectiveCount, rho } = autocorrelatedMean(differences);
  return {
    error: standardError,
    df: Math.max(1, effectiveCount - 1),
    effective: effectiveCount,
    how: `AR(1) over ${differences.length} checkpoints (ρ ${rho.toFixed(2)})`,
  };
}

/** Scatter around the local trend from second differences over all matched steps; undefined with fewer than 3 of them. */
function aroundTrend(differences: readonly number[], count: number): Judged["checkpoint"] {
  const bends = differences.slice(1, -1).map((value, i) => value - (differences[i] + differences[i + 2]) / 2);
  const finite = bends.filter(Number.isFinite);
  if (finite.length < 3) return undefined;
  const scatter = Math.sqrt(finite.reduce((sum, bend) => sum + bend * bend, 0) / finite.length / 1.5);
  return {
    error: scatter / Math.sqrt(count),
    df: Math.max(1, finite.length / WORTH),
    effective: count,
    how: `scatter around the local trend of ${differences.length} matched steps`,
  };
}

interface ErrorOf {
  readonly error: number;
  readonly df: number;
}

/** Both errors together; Satterthwaite's degrees of freedom, item errors taken as known. */
function combined({ checkpoint, itemError }: Judged): ErrorOf {
  const [a, b] = [checkpoint?.error ?? 0, itemError ?? 0];
  const variance = a * a + b * b;
  if (checkpoint === undefined || a === 0)
    return { error: Math.sqrt(variance), df: b > 0 ? KNOWN : (checkpoint?.df ?? KNOWN) };
  return { error: Math.sqrt(variance), df: Math.min(KNOWN, (variance ** 2 * checkpoint.df) / a ** 4) };
}

function twoSided(value: number, { error, df }: ErrorOf): number {
  if (error === 0) return value === 0 ? 1 : 0;
  return 2 * studentTCdf(-Math.abs(value) / error, df);
}

function describe(judged: Judged, error: ErrorOf, adjustedP: number, family: number, level: number): SingleRunEffect {
  const { input, value, checkpoint, itemError, treatedMean, controlMean, steps } = judged;
  const shared = family > 1 ? `, Bonferroni over ${family} measures` : "";
  const tail = 1 - (1 - level) / 2 / family;
  const halfOf = ({ error: size, df }: ErrorOf) => (size === 0 ? 0 : studentTQuantile(tail, df) * size);
  const interval = (half: number, method: string): Estimate => ({
    value,
    low: value - half,
    high: value + half,
    level,
    method: `mean difference over ${steps} matched ${steps === 1 ? "step" : "steps"}, one run an arm; ${method}${shared}`,
    n: 1,
  });
  const ofCheckpoints = checkpoint === undefined ? 0 : halfOf(checkpoint);
  const parts = [
    ...(checkpoint === undefined ? [] : [checkpoint.how]),
    ...(itemError === undefined
      ? []
      : ["stated item errors, independent between arms and shared by all checkpoints (conservative)"]),
  ];
  const detectable = ({ error: size, df }: ErrorOf) =>
    size === 0 ? 0 : (studentTQuantile(tail, df) + studentTQuantile(0.8, df)) * size;
  return {
    name: input.name,
    effect: interval(Math.max(halfOf(error), ofCheckpoints), parts.join(", and ")),
    ...(checkpoint === undefined
      ? {}
      : { onTheseItems: interval(ofCheckpoints, `${checkpoint.how}, for these items only`) }),
    treatedMean,
    controlMean,
    adjustedP,
    minimalDetectable: Math.max(detectable(error), checkpoint === undefined ? 0 : detectable(checkpoint)),
    steps,
    ...(checkpoint === undefined ? {} : { effectiveSteps: checkpoint.effective, checkpointError: checkpoint.error }),
    ...(itemError === undefined ? {} : { itemError }),
  };
}
