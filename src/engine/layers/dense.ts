/**
 * @file Dense layer: [..., in] · [in, out] + [out].
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { ShapeError } from "../../core/index.ts";
import type { Initialiser } from "../initialisers/initialiser.ts";
import { biasUniform, linearUniform } from "../initialisers/torch.ts";
import { add, matmul } from "../ops.ts";
import { expectParameter, expectShape } from "./expect.ts";
import type { Layer } from "./layer.ts";
import { modelPlace } from "./layer.ts";

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

export interface DenseOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** Default true. */
  readonly bias?: boolean;
  /** Default nn.Linear's: U(±1/√inputs) for both. */
  readonly weightInit?: Initialiser;
  readonly biasInit?: Initialiser;
}

/** Parameters "weight" [inputs, outputs], which is nn.Linear's transposed, and "bias" [outputs]. */
export function denseLayer(options: DenseOptions): Layer {
  const { inputs, outputs, bias = true, weightInit = linearUniform, biasInit = biasUniform } = options;
  const fans = { in: inputs, out: outputs };
  const weight = { shape: [inputs, outputs], init: weightInit, fans };
  return {
    parameters: bias ? { weight, bias: { shape: [outputs], init: biasInit, fans } } : { weight },
    apply(parameters, x, place = modelPlace()) {
      const layer = place.name || "dense";
      expectShape(layer, "inputs", ["...", inputs], x);
      const w = expectParameter(layer, parameters, "weight");
      return dense(x, w, bias ? expectParameter(layer, parameters, "bias") : undefined, layer);
    },
  };
}
