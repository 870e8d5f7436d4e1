/**
 * @file Multilayer perceptron: dense layers with an activation between them.
 */
import { DomainError } from "../../core/index.ts";
import type { Activation } from "./activations.ts";
import { activationLayer } from "./activations.ts";
import type { DenseOptions } from "./dense.ts";
import { denseLayer } from "./dense.ts";
import type { Layer } from "./layer.ts";
import { sequence } from "./layer.ts";

export interface MlpOptions extends Pick<DenseOptions, "bias" | "weightInit" | "biasInit"> {
  /** Inputs, hidden widths, outputs: [784, 128, 10]. */
  readonly widths: readonly number[];
  /** Default "relu". */
  readonly activation?: Activation;
}

/** Layers "dense0", "dense1", …, each but the last followed by "activation0", …; [..., first] → [..., last]. */
export function mlp({ widths, activation = "relu", ...dense }: MlpOptions): Layer {
  if (widths.length < 2) throw new DomainError("mlp, widths", "at least two widths", `[${widths.join(", ")}]`);
  const layers: Record<string, Layer> = {};
  for (let i = 0; i + 1 < widths.length; i++) {
    layers[`dense${i}`] = denseLayer({ ...dense, inputs: widths[i], outputs: widths[i + 1] });
    if (i + 2 < widths.length) layers[`activation${i}`] = activationLayer(activation);
  }
  return sequence(layers);
}
