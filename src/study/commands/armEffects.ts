/**
 * @file From matched runs to effects: which runs are units, what the outcome of a run is, and which estimator speaks.
 *
 * The outcome of a run on a measure is its mean over the matched steps of the window. One run against several is refused:
 * nothing tells how much the single one would vary.
 */
import { type Estimate, type RecordedRun, RefusedError } from "../../core/index.ts";
import {
  jointEffects,
  mean,
  minimalDetectableEffect,
  type RefusedMeasure,
  type SingleRunEffect,
  sd,
  singleRunEffects,
  unpairedEffects,
} from "../../science/index.ts";
import { pairRuns } from "../recorded/pairing.ts";

export interface ArmEffect {
  readonly measure: string;
  /** Means of the arms' outcomes. */
  readonly treated: number;
  readonly control: number;
  /** Simultaneous over all the measures of the answer. */
  readonly effect: Estimate;
  /** One run an arm: the same without the error of the items. */
  readonly onTheseItems?: Estimate;
  /** Corrected for all the measures of the answer. Absent: the arms are identical. */
  readonly adjustedP?: number;
  /** Smallest effect found with a chance of 80%. */
  readonly minimalDetectable: number;
  /** Matched steps in the window. */
  readonly steps: number;
  readonly effectiveSteps?: number;
}

export interface ArmEffects {
  readonly design: "paired runs" | "independent runs" | "one run an arm";
  readonly ground: string;
  readonly effects: ArmEffect[];
  readonly refused: RefusedMeasure[];
}

export interface ArmRequest {
  readonly treated: readonly RecordedRun[];
  readonly control: readonly RecordedRun[];
  readonly names: readonly string[];
  readonly window: { readonly low: number; readonly high: number };
  readonly level: number;
}

export function effectsOf(request: ArmRequest): ArmEffects {
  const { treated, control } = request;
  if (treated.length === 1 && control.length === 1) return singlePair(request);
  if (treated.length === 1 || control.length === 1)
    throw new RefusedError(
      "Effect",
      `${treated.length} treated and ${control.length} control runs: one run against several tells nothing of how the single one would vary; give one run an arm, or at least two in both`,
    );
  const { pairs, ground } = pairRuns(treated, control);
  return pairs === undefined ? unpaired(request, ground) : paired(request, pairs, ground);
}

function singlePair({ treated, control, names, window, level }: ArmRequest): ArmEffects {
  const inputs = names.map((name) => {
    const [a, b] = [treated[0].series.get(name)!, control[0].series.get(name)!];
    const other = new Map(b.steps.map((step, i) => [step, i]));
    const at = a.steps.flatMap((step, i) => (other.has(step) ? [[i, other.get(step)!] as const] : []));
    return {
      name,
      steps: at.map(([i]) => a.steps[i]),
      treated: at.map(([i]) => a.values[i]),
      control: at.map(([, j]) => b.values[j]),
      treatedErrors: at.map(([i]) => a.ses?.[i] ?? Number.NaN),
      controlErrors: at.map(([, j]) => b.ses?.[j] ?? Number.NaN),
    };
  });
  const { effects, refused } = singleRunEffects(inputs, { window: [window.low, window.high], level });
  return {
    design: "one run an arm",
    ground: "nothing to pair",
    effects: effects.map(fromSingle),
    refused,
  };
}

function fromSingle({ name, treatedMean, controlMean, ...rest }: SingleRunEffect): ArmEffect {
  const { effect, onTheseItems, adjustedP, minimalDetectable, steps, effectiveSteps } = rest;
  return {
    measure: name,
    treated: treatedMean,
    control: controlMean,
    effect,
    ...(onTheseItems === undefined ? {} : { onTheseItems }),
    adjustedP,
    minimalDetectable,
    steps,
    ...(effectiveSteps === undefined ? {} : { effectiveSteps }),
  };
}

function paired(
  request: ArmRequest,
  pairs: readonly (readonly [RecordedRun, RecordedRun])[],
  ground: string,
): ArmEffects {
  const { outcomes, refused } = outcomesOf({
    ...request,
    treated: pairs.map(([run]) => run),
    control: pairs.map(([, run]) => run),
  });
  const contrasts = outcomes.map(({ name, treated, control }) => ({
    name,
    differences: treated.map((value, i) => value - control[i]),
  }));
  const joint = jointEffects(contrasts, { level: request.level });
  return {
    design: "paired runs",
    ground,
    refused,
    effects: joint.map(({ name, effect, adjustedP }, k) => ({
      measure: name,
      treated: mean(outcomes[k].treated),
      control: mean(outcomes[k].control),
      effect,
      ...(adjustedP === undefined ? {} : { adjustedP }),
      minimalDetectable: minimalDetectableEffect({
        sd: sd(contrasts[k].differences),
        n: pairs.length,
        level: 1 - (1 - request.level) / contrasts.length,
      }).value,
      steps: outcomes[k].steps,
    })),
  };
}

function unpaired(request: ArmRequest, ground: string): ArmEffects {
  const { outcomes, refused } = outcomesOf(request);
  const effects = unpairedEffects(outcomes, { level: request.level });
  return {
    design: "independent runs",
    ground,
    refused,
    effects: effects.map(({ name, effect, adjustedP, minimalDetectable }, k) => ({
      measure: name,
      treated: mean(outcomes[k].treated),
      control: mean(outcomes[k].control),
      effect,
      adjustedP,
      minimalDetectable,
      steps: outcomes[k].steps,
    })),
  };
}

interface Outcome {
  readonly name: string;
  readonly treated: readonly number[];
  readonly control: readonly number[];
  readonly steps: number;
}

function outcomesOf({ treated, control, names, window }: ArmRequest): {
  outcomes: Outcome[];
  refused: RefusedMeasure[];
} {
  const outcomes: Outcome[] = [];
  const refused: RefusedMeasure[] = [];
  for (const name of names) {
    const runs = [...treated, ...control].map(({ series }) => series.get(name)!);
    const sets = runs.map(({ steps }) => new Set(steps));
    const steps = runs[0].steps.filter(
      (step) => step >= window.low && step <= window.high && sets.every((set) => set.has(step)),
    );
    if (steps.length === 0) {
      refused.push({ name, reason: "no step of the window is common to all runs" });
      continue;
    }
    const wanted = new Set(steps);
    const values = runs.map((series) => mean0(series.values.filter((_, i) => wanted.has(series.steps[i]))));
    if (!values.every(Number.isFinite)) {
      refused.push({
        name,
        reason: "a run has no finite outcome there (it diverged, perhaps); take an outcome that is defined for it",
      });
      continue;
    }
    outcomes.push({
      name,
      treated: values.slice(0, treated.length),
      control: values.slice(treated.length),
      steps: steps.length,
    });
  }
  return { outcomes, refused };
}

/** NaN where a value is not finite. */
function mean0(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
