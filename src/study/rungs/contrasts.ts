/**
 * @file Pairs of arms as effects. A contrast in which a pair has no outcome, because a run failed, has no effect: leaving
 * that pair out would make the effect one on the runs that survived. It says so, and the others are judged without it.
 */
import type { Estimate } from "../../core/index.ts";
import { jointEffects, pairedEffect } from "../../science/index.ts";
import { noEstimate } from "../finished.ts";
import type { ArmPair, Contrast } from "../results.ts";
import { difference, isWhole, sidesOf } from "./arms.ts";

export interface NamedPairs {
  readonly name: string;
  readonly pairs: readonly ArmPair[];
}

export interface JointContrast extends Pick<Contrast, "effect" | "adjustedP" | "correlation"> {
  /** NaN where there is no effect. */
  readonly mean: number;
}

/** Corrected jointly over all contrasts that have an effect, by name. */
export function jointContrasts(contrasts: readonly NamedPairs[]): Map<string, JointContrast> {
  const whole = contrasts.filter(({ pairs }) => isWhole(pairs));
  const joint = jointEffects(whole.map(({ name, pairs }) => ({ name, differences: pairs.map(difference) })));
  return new Map(
    contrasts.map((contrast) => {
      const at = whole.indexOf(contrast);
      if (at < 0) return [contrast.name, { mean: Number.NaN, effect: missingEffect(contrast.pairs) }];
      const { mean, effect, adjustedP } = joint[at];
      const { correlation } = pairedEffect(sidesOf(contrast.pairs));
      return [contrast.name, { mean, effect, adjustedP, correlation }];
    }),
  );
}

/** One contrast by itself. */
export function pairsEffect(pairs: readonly ArmPair[]): Pick<Contrast, "effect" | "correlation"> {
  if (!isWhole(pairs)) return { effect: missingEffect(pairs) };
  const { effect, correlation } = pairedEffect(sidesOf(pairs));
  return { effect, correlation };
}

function missingEffect(pairs: readonly ArmPair[]): Estimate {
  const missing = pairs.filter((pair) => !Number.isFinite(difference(pair)));
  const treated = missing.filter((pair) => !Number.isFinite(pair.treated)).length;
  const control = missing.filter((pair) => !Number.isFinite(pair.control)).length;
  return noEstimate(
    `none: of ${pairs.length} pairs ${treated} treated and ${control} control runs failed or have no finite outcome`,
    pairs.length,
  );
}
