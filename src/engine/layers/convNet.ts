/**
 * @file Convolutional network for images: convolution, activation and pooling in turn, then dense layers.
 */

import { reshape } from "../ops.ts";
import type { Activation } from "./activations.ts";
import { activationLayer } from "./activations.ts";
import type { Conv2dOptions } from "./conv2d.ts";
import { conv2dLayer } from "./conv2d.ts";
import { expectShape } from "./expect.ts";
import type { Layer } from "./layer.ts";
import { compose, fixed } from "./layer.ts";
import { mlp } from "./mlp.ts";
import { maxPool2dLayer } from "./pool2d.ts";

export interface ConvNetOptions extends Pick<Conv2dOptions, "kernel" | "padding" | "weightInit" | "biasInit"> {
  /** Pixels a side. */
  readonly side: number;
  /** Of the image, then after each convolution: [1, 16, 32]. */
  readonly channels: readonly number[];
  /** Pixels a side of the pooling windows after each convolution. Default 2; 1 leaves pooling out. */
  readonly pool?: number;
  /** Widths of the dense layers after the last pooling: [128, 10]. */
  readonly dense: readonly number[];
  /** Default "relu". */
  readonly activation?: Activation;
}

/** [batch, channels, side, side] → [batch, last]. Layers "conv0", "activation0", "pool0", …, "flat", "head". */
export function convNet(options: ConvNetOptions): Layer {
  const { side, channels, pool = 2, dense, activation = "relu", kernel, padding = 0, ...inits } = options;
  const layers: Record<string, Layer> = {};
  let extent = side;
  for (let i = 0; i + 1 < channels.length; i++) {
    layers[`conv${i}`] = conv2dLayer({ inputs: channels[i], outputs: channels[i + 1], kernel, padding, ...inits });
    layers[`activation${i}`] = activationLayer(activation);
    if (pool > 1) layers[`pool${i}`] = maxPool2dLayer(pool);
    extent = Math.floor((extent + 2 * padding - kernel + 1) / pool);
  }
  const features = channels[channels.length - 1] * extent * extent;
  layers.flat = fixed((x) => reshape(x, [x.shape[0], features]));
  layers.head = mlp({ widths: [features, ...dense], activation, ...inits });
  return compose(layers, (call, x, { place }) => {
    expectShape(place.name || "convNet", "images", ["batch", channels[0], side, side], x);
    return Object.values(call).reduce((value, layer) => layer(value), x);
  });
}
