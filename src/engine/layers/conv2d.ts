/**
 * @file Convolution over two axes, PyTorch's layout: [batch, channels, height, width], weights [out, in, kernel, kernel].
 */
import { lax } from "@jax-js/jax";
import { ShapeError } from "../../core/index.ts";
import type { Initialiser } from "../initialisers/initialiser.ts";
import { biasUniform, linearUniform } from "../initialisers/torch.ts";
import { add, reshape } from "../ops.ts";
import { expectParameter, expectShape } from "./expect.ts";
import type { Layer } from "./layer.ts";
import { modelPlace } from "./layer.ts";

export interface Conv2dOptions {
  /** Channels. */
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  /** Default 1. */
  readonly stride?: number;
  /** Zeros around the image. Default 0. */
  readonly padding?: number;
  /** Default true. */
  readonly bias?: boolean;
  /** Default nn.Conv2d's: U(±1/√(inputs·kernel²)) for both. */
  readonly weightInit?: Initialiser;
  readonly biasInit?: Initialiser;
}

/** Cross-correlation, as nn.Conv2d: extents go to ⌊(n + 2·padding − kernel)/stride⌋ + 1. */
export function conv2dLayer(options: Conv2dOptions): Layer {
  const { inputs, outputs, kernel, stride = 1, padding = 0, bias = true } = options;
  const { weightInit = linearUniform, biasInit = biasUniform } = options;
  const fans = { in: inputs * kernel * kernel, out: outputs * kernel * kernel };
  const shape = [outputs, inputs, kernel, kernel];
  const weight = { shape, init: weightInit, fans };
  return {
    parameters: bias ? { weight, bias: { shape: [outputs], init: biasInit, fans } } : { weight },
    apply(parameters, x, place = modelPlace()) {
      const layer = place.name || "conv2d";
      expectShape(layer, "inputs", ["batch", inputs, "height", "width"], x);
      if (Math.min(x.shape[2], x.shape[3]) + 2 * padding < kernel)
        throw new ShapeError(
          `Layer ${layer}, inputs`,
          `at least ${kernel} pixels a side with padding ${padding}`,
          x.shape,
        );
      const w = expectParameter(layer, parameters, "weight");
      expectShape(layer, "weight", shape, w);
      const pads: [number, number] = [padding, padding];
      const y = lax.convGeneralDilated(x.ref, w.ref, [stride, stride], [pads, pads]);
      if (!bias) return y;
      const b = expectParameter(layer, parameters, "bias");
      expectShape(layer, "bias", [outputs], b);
      return add(y, reshape(b, [outputs, 1, 1]));
    },
  };
}
