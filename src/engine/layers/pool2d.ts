/**
 * @file Pooling over windows that do not overlap: [..., height, width] → [..., height/size,
 * width/size]. Rows and columns that do not fill a window are dropped, as PyTorch does.
 *
 * Where several pixels of a window share its maximum, the gradient is shared evenly (JAX's rule for max; PyTorch gives it
 * to the first). A maximum may ignore a NaN on the native device.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { DomainError, ShapeError } from "../../core/index.ts";
import { averagePool, maxPool, type PoolOptions } from "../ops.ts";
import type { Layer } from "./layer.ts";
import { fixed } from "./layer.ts";

/** nn.MaxPool2d(size). */
export const maxPool2dLayer = (size: number): Layer =>
  fixed((x, { name }) => maxPool(x, square(x, size, name || "maxPool2d")));

/** nn.AvgPool2d(size). */
export const averagePool2dLayer = (size: number): Layer =>
  fixed((x, { name }) => averagePool(x, square(x, size, name || "averagePool2d")));

/** Windows of size × size side by side, once they are known to fit the layer's inputs. */
function square(x: JaxArray, size: number, layer: string): PoolOptions {
  if (!Number.isInteger(size) || size < 1) throw new DomainError(`Layer ${layer}, size`, "an integer ≥ 1", size);
  const [height, width] = x.shape.slice(-2).map((extent) => Math.floor(extent / size));
  if (x.ndim < 2 || height < 1 || width < 1)
    throw new ShapeError(`Layer ${layer}, inputs`, `[..., at least ${size}, at least ${size}]`, x.shape);
  return { window: [size, size] };
}
