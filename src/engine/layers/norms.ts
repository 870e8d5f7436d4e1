/**
 * @file Normalisation over the last axis: LayerNorm and RMSNorm, statistics in float32.
 *
 * Constant rows give the shift (LayerNorm) without a division by zero, by `epsilon`. Non-finite values spread over their
 * row. Sources: Ba, Kiros, Hinton, arXiv:1607.06450, eq. 4; Zhang & Sennrich, NeurIPS 2019, eq. 4.
 */
import { onesInit, zerosInit } from "../initialisers/initialiser.ts";
import { add, mul, standardise, toUnitRms } from "../ops.ts";
import { expectParameter, expectShape } from "./expect.ts";
import type { Layer } from "./layer.ts";
import { modelPlace } from "./layer.ts";

export interface NormOptions {
  readonly width: number;
  /** Default 1e-5 as in torch.nn.LayerNorm. */
  readonly epsilon?: number;
}

/** (x − mean)/√(variance + ε) · weight + bias, with the biased variance; "weight" starts at 1, "bias" at 0. */
export function layerNormLayer({ width, epsilon = 1e-5 }: NormOptions): Layer {
  const fans = { in: width, out: width };
  return {
    parameters: { weight: { shape: [width], init: onesInit, fans }, bias: { shape: [width], init: zerosInit, fans } },
    apply(parameters, x, place = modelPlace()) {
      const layer = place.name || "layerNorm";
      expectShape(layer, "inputs", ["...", width], x);
      const [weight, bias] = ["weight", "bias"].map((name) => {
        const value = expectParameter(layer, parameters, name);
        expectShape(layer, name, [width], value);
        return value;
      });
      return add(mul(standardise(x, epsilon), weight), bias);
    },
  };
}

/** x/√(mean of x² + ε) · weight; "weight" starts at 1. */
export function rmsNormLayer({ width, epsilon = 1e-5 }: NormOptions): Layer {
  return {
    parameters: { weight: { shape: [width], init: onesInit, fans: { in: width, out: width } } },
    apply(parameters, x, place = modelPlace()) {
      const layer = place.name || "rmsNorm";
      expectShape(layer, "inputs", ["...", width], x);
      const weight = expectParameter(layer, parameters, "weight");
      expectShape(layer, "weight", [width], weight);
      return mul(toUnitRms(x, epsilon), weight);
    },
  };
}
