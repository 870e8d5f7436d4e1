/**
 * @file Dense layer: [n, in] · [in, out] + [out].
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { ShapeError } from "../../core/index.ts";
import { add, matmul } from "../ops.ts";

/** x·w, or x·w + b. Throws ShapeError naming the layer when the extents do not fit. */
export function dense(x: JaxArray, w: JaxArray, b?: JaxArray, layer = "dense"): JaxArray {
  const inputs = x.shape[x.shape.length - 1];
  if (w.ndim !== 2 || w.shape[0] !== inputs)
    throw new ShapeError(`Layer ${layer}, weights`, `[${inputs}, out] for inputs [${x.shape.join(", ")}]`, w.shape);
  if (b !== undefined && (b.ndim !== 1 || b.shape[0] !== w.shape[1]))
    throw new ShapeError(`Layer ${layer}, bias`, `[${w.shape[1]}]`, b.shape);
  const product = matmul(x, w);
  return b === undefined ? product : add(product, b);
}
