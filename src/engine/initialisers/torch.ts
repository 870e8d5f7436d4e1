/**
 * @file PyTorch's initialisers by name (torch.nn.init and the defaults of torch.nn's modules): same distribution, fan
 * rule and gain; the draws are those of our own generator.
 *
 * Defaults of PyTorch 2.13: nn.Linear and nn.Conv2d draw weights from kaimingUniform with a = √5, that is U(±1/√fanIn),
 * and biases from biasUniform; nn.Embedding draws N(0, 1).
 * Sources: Glorot & Bengio, AISTATS 2010, eq. 16; He et al., ICCV 2015, eq. 10.
 */
import { normal, uniform } from "./draw.ts";
import type { Initialiser } from "./initialiser.ts";
import { fanOf, requirePositive } from "./initialiser.ts";
import { truncatedNormal } from "./truncated.ts";

export interface KaimingOptions {
  /** Default √2, that of ReLU. */
  readonly gain?: number;
  /** Default "fanIn": variances are kept forward. */
  readonly mode?: "fanIn" | "fanOut";
}

/** √(2/(1 + a²)): calculate_gain("leaky_relu", a); a = 0 gives ReLU's √2. */
export const leakyReluGain = (a: number): number => Math.sqrt(2 / (1 + a * a));

const LINEAR_GAIN = leakyReluGain(Math.sqrt(5));

/** U(±gain·√(3/fan)). */
export function kaimingUniform({ gain = Math.SQRT2, mode = "fanIn" }: KaimingOptions = {}): Initialiser {
  requirePositive("kaimingUniform, gain", gain);
  return (rng, shape, fans) => {
    const bound = gain * Math.sqrt(3 / fanOf(mode, fans));
    return uniform(rng, shape, -bound, bound);
  };
}

/** N(0, gain²/fan), not truncated. */
export function kaimingNormal({ gain = Math.SQRT2, mode = "fanIn" }: KaimingOptions = {}): Initialiser {
  requirePositive("kaimingNormal, gain", gain);
  return (rng, shape, fans) => normal(rng, shape, gain / Math.sqrt(fanOf(mode, fans)));
}

/** The weights of nn.Linear and nn.Conv2d: U(±1/√fanIn). */
export const linearUniform: Initialiser = kaimingUniform({ gain: LINEAR_GAIN });

/** The biases of nn.Linear and nn.Conv2d: U(±1/√fanIn), with the fan of the weights. */
export const biasUniform: Initialiser = (rng, shape, fans) => {
  const bound = 1 / Math.sqrt(fanOf("fanIn", fans));
  return uniform(rng, shape, -bound, bound);
};

/** U(±gain·√(6/(fanIn + fanOut))). */
export function xavierUniform(gain = 1): Initialiser {
  requirePositive("xavierUniform, gain", gain);
  return (rng, shape, fans) => {
    const bound = gain * Math.sqrt(3 / fanOf("fanAverage", fans));
    return uniform(rng, shape, -bound, bound);
  };
}

/** N(0, gain²·2/(fanIn + fanOut)). */
export function xavierNormal(gain = 1): Initialiser {
  requirePositive("xavierNormal, gain", gain);
  return (rng, shape, fans) => normal(rng, shape, gain / Math.sqrt(fanOf("fanAverage", fans)));
}

/** N(0, standardDeviation²). nn.Embedding's weights are normalInit(1). */
export const normalInit =
  (standardDeviation: number): Initialiser =>
  (rng, shape) =>
    normal(rng, shape, standardDeviation);

export interface TruncNormalOptions {
  /** Default 0. */
  readonly mean?: number;
  /** Default 1. */
  readonly standardDeviation?: number;
  /** Bounds in the units of the parameter, not in standard deviations. Defaults −2 and 2. */
  readonly low?: number;
  readonly high?: number;
}

/** trunc_normal_: N(mean, standardDeviation²) cut to [low, high]; the cut lowers the variance. */
export function truncNormal(options: TruncNormalOptions = {}): Initialiser {
  const { mean = 0, standardDeviation = 1, low = -2, high = 2 } = options;
  return (rng, shape) => truncatedNormal(rng, shape, { mean, standardDeviation, low, high });
}
