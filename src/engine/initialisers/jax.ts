/**
 * @file JAX's initialisers by name (jax.nn.initializers, which Flax uses): same distribution, fan rule and scale; the
 * draws are those of our own generator.
 *
 * Its "normal" members are truncated at two standard deviations and widened so that their variance is what the name
 * says; PyTorch's kaimingNormal is neither. Defaults of Flax: Dense and Conv draw weights from lecunNormal, biases are 0.
 * Sources: LeCun et al., "Efficient backprop", 1998; Glorot & Bengio, AISTATS 2010; He et al., ICCV 2015.
 */
import { normal, uniform } from "./draw.ts";
import type { FanMode, Initialiser } from "./initialiser.ts";
import { fanOf, requirePositive } from "./initialiser.ts";
import { truncatedNormal } from "./truncated.ts";

/** Standard deviation of a standard normal cut to [−2, 2]. */
const TRUNCATED_DEVIATION = 0.8796256610342398;

export interface VarianceScalingOptions {
  readonly scale: number;
  readonly mode: FanMode;
  readonly distribution: "uniform" | "normal" | "truncatedNormal";
}

/** Mean 0 and variance scale/fan, under any of the distributions. */
export function varianceScaling({ scale, mode, distribution }: VarianceScalingOptions): Initialiser {
  requirePositive("varianceScaling, scale", scale);
  return (rng, shape, fans) => {
    const deviation = Math.sqrt(scale / fanOf(mode, fans));
    switch (distribution) {
      case "uniform":
        return uniform(rng, shape, -Math.sqrt(3) * deviation, Math.sqrt(3) * deviation);
      case "normal":
        return normal(rng, shape, deviation);
      case "truncatedNormal": {
        const standardDeviation = deviation / TRUNCATED_DEVIATION;
        const high = 2 * standardDeviation;
        return truncatedNormal(rng, shape, { mean: 0, standardDeviation, low: -high, high });
      }
    }
  };
}

const scaled = (scale: number, mode: FanMode, distribution: VarianceScalingOptions["distribution"]): Initialiser =>
  varianceScaling({ scale, mode, distribution });

export const lecunNormal: Initialiser = scaled(1, "fanIn", "truncatedNormal");
export const lecunUniform: Initialiser = scaled(1, "fanIn", "uniform");
export const glorotNormal: Initialiser = scaled(1, "fanAverage", "truncatedNormal");
export const glorotUniform: Initialiser = scaled(1, "fanAverage", "uniform");
export const heNormal: Initialiser = scaled(2, "fanIn", "truncatedNormal");
export const heUniform: Initialiser = scaled(2, "fanIn", "uniform");
