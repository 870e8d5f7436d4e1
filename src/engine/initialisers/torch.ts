/**
 * @file PyTorch's initialisers by name (torch.nn.init and the defaults of torch.nn's modules): same distribution, fan
 * rule and gain; the draws are those of our own generator. Fans of 0 and gains that are not positive are refused.
 *
 * Defaults of PyTorch 2.13: nn.Linear and nn.Conv2d draw weights from kaimingUniform with gain √(1/3), that is
 * U(±1/√fanIn), and biases from biasUniform; nn.Embedding draws N(0, 1).
 * Sources: Glorot & Bengio, AISTATS 2010, eq. 16; He et al., ICCV 2015, eq. 10.
 */
import type { Fans, Initialiser } from "./initialiser.ts";
import { drawn, requirePositive } from "./initialiser.ts";

/** √(2 / (1 + a²)): torch's calculate_gain("leaky_relu", a); a = 0 is its gain of ReLU. */
export const leakyReluGain = (a: number): number => Math.sqrt(2 / (1 + a * a));

/** U(±gain·√(3/fanIn)). Without arguments nn.Linear's own default, a = √5: U(±1/√fanIn). */
export function kaimingUniform(gain: number = leakyReluGain(Math.sqrt(5))): Initialiser {
  return uniformWithin("kaimingUniform", gain, ({ in: fanIn }) => fanIn);
}

/** N(0, gain²/fanIn), not truncated; the gain is ReLU's √2 unless given. */
export function kaimingNormal(gain: number = leakyReluGain(0)): Initialiser {
  return normalWith("kaimingNormal", gain, ({ in: fanIn }) => fanIn);
}

/** U(±gain·√(6/(fanIn + fanOut))). */
export function xavierUniform(gain = 1): Initialiser {
  return uniformWithin("xavierUniform", gain, (fans) => (fans.in + fans.out) / 2);
}

/** N(0, gain²·2/(fanIn + fanOut)). */
export function xavierNormal(gain = 1): Initialiser {
  return normalWith("xavierNormal", gain, (fans) => (fans.in + fans.out) / 2);
}

/** U(±1/√fanIn) with the fan of the weights that the bias belongs to: nn.Linear's and nn.Conv2d's biases. */
export const biasUniform: Initialiser = (rng, shape, fans) => {
  requirePositive("biasUniform, fanIn", fans.in);
  const bound = 1 / Math.sqrt(fans.in);
  return drawn(shape, () => bound * (2 * rng.uniform() - 1));
};

/** N(mean, standardDeviation²). nn.Embedding's weights are normalInit(1). */
export function normalInit(standardDeviation: number, mean = 0): Initialiser {
  requirePositive("normalInit, standard deviation", standardDeviation);
  return (rng, shape) => drawn(shape, () => mean + standardDeviation * rng.normal());
}

function uniformWithin(name: string, gain: number, fanOf: (fans: Fans) => number): Initialiser {
  requirePositive(`${name}, gain`, gain);
  return (rng, shape, fans) => {
    requirePositive(`${name}, fan`, fanOf(fans));
    const bound = gain * Math.sqrt(3 / fanOf(fans));
    return drawn(shape, () => bound * (2 * rng.uniform() - 1));
  };
}

function normalWith(name: string, gain: number, fanOf: (fans: Fans) => number): Initialiser {
  requirePositive(`${name}, gain`, gain);
  return (rng, shape, fans) => {
    requirePositive(`${name}, fan`, fanOf(fans));
    const standardDeviation = gain / Math.sqrt(fanOf(fans));
    return drawn(shape, () => standardDeviation * rng.normal());
  };
}
