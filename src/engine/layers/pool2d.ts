/**
 * @file Pooling over windows that do not overlap, by reshape and reduction: [..., height, width] → [..., height/size,
 * width/size]. Rows and columns that do not fill a window are dropped, as PyTorch does.
 *
 * Where several pixels of a window share its maximum, the gradient is shared evenly (JAX's rule for max; PyTorch gives it
 * to the first). A maximum may ignore a NaN on the native device.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { DomainError, ShapeError } from "../../core/index.ts";
import { max, mean, reshape, slice } from "../ops.ts";
import type { Layer } from "./layer.ts";
import { fixed } from "./layer.ts";

/** nn.MaxPool2d(size). */
export const maxPool2dLayer = (size: number): Layer =>
  fixed((x, { name }) => max(windows(x, size, name || "maxPool2d"), [-3, -1]));

/** nn.AvgPool2d(size). */
export const averagePool2dLayer = (size: number): Layer =>
  fixed((x, { name }) => mean(windows(x, size, name || "averagePool2d"), [-3, -1]));

/** [..., height, width] → [..., height/size, size, width/size, size]. */
function windows(x: JaxArray, size: number, layer: string): JaxArray {
  if (!Number.isInteger(size) || size < 1) throw new DomainError(`Layer ${layer}, size`, "an integer ≥ 1", size);
  const [height, width] = x.shape.slice(-2).map((extent) => Math.floor(extent / size));
  if (x.ndim < 2 || height < 1 || width < 1)
    throw new ShapeError(`Layer ${layer}, inputs`, `[..., at least ${size}, at least ${size}]`, x.shape);
  const lead = x.shape.slice(0, -2);
  const whole: [number, number][] = [...lead, height * size, width * size].map((extent) => [0, extent]);
  return reshape(slice(x, ...whole), [...lead, height, size, width, size]);
}
