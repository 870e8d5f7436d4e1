/**
 * @file Multi-head self-attention over [batch, sequence, width].
 *
 * Scores are scaled by 1/√headWidth. The causal mask adds −10³⁰ before the softmax: every row keeps its own position, so
 * masked weights are exactly 0, in gradients too, and nothing becomes NaN. Non-finite scores spread over their row.
 * Source: Vaswani et al., NeurIPS 2017, §3.2.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { numpy as np } from "@jax-js/jax";
import { DomainError } from "../../core/index.ts";
import type { Initialiser } from "../initialisers/initialiser.ts";
import { add, matmul, mul, reshape, softmax, transpose } from "../ops.ts";
import type { DenseOptions } from "./dense.ts";
import { denseLayer } from "./dense.ts";
import { expectShape } from "./expect.ts";
import type { Layer } from "./layer.ts";
import { compose, siteIn } from "./layer.ts";
import type { RotaryOptions } from "./rotary.ts";
import { rotary } from "./rotary.ts";

const MASKED = -1e30;

export interface AttentionOptions {
  readonly width: number;
  readonly heads: number;
  /** Default width / heads. */
  readonly headWidth?: number;
  /** Position t sees positions 0…t only. Default true. */
  readonly causal?: boolean;
  /** Biases of the four projections. Default true. */
  readonly bias?: boolean;
  /** Turns queries and keys by their positions; default none. */
  readonly rotary?: RotaryOptions;
  readonly weightInit?: Initialiser;
  readonly biasInit?: Initialiser;
}

/**
 * Projections "query", "key", "value", "output". Taps besides theirs: "pattern" [batch, heads, sequence, sequence] and
 * "heads" [batch, sequence, heads·headWidth], what each head hands to the output projection.
 */
export function attentionLayer(options: AttentionOptions): Layer {
  const { width, heads, headWidth = width / heads, causal = true, rotary: turn, ...dense } = options;
  if (!Number.isInteger(heads) || heads < 1 || !Number.isInteger(headWidth))
    throw new DomainError("attentionLayer, heads", `a divisor of the width ${width}`, heads);
  const inner = heads * headWidth;
  const projection = (sizes: Pick<DenseOptions, "inputs" | "outputs">): Layer => denseLayer({ ...dense, ...sizes });
  const layers = {
    query: projection({ inputs: width, outputs: inner }),
    key: projection({ inputs: width, outputs: inner }),
    value: projection({ inputs: width, outputs: inner }),
    output: projection({ inputs: inner, outputs: width }),
  };
  return compose(layers, (call, x, { place }) => {
    const layer = place.name || "attention";
    expectShape(layer, "inputs", ["batch", "sequence", width], x);
    const [batch, length] = x.shape;
    const perHead = (y: JaxArray): JaxArray => transpose(reshape(y, [batch, length, heads, headWidth]), [0, 2, 1, 3]);
    const turned = (y: JaxArray): JaxArray => (turn === undefined ? y : rotary(y, turn, layer));
    const pattern = place.tap(
      siteIn(place, "pattern"),
      attentionPattern(turned(perHead(call.query(x))), turned(perHead(call.key(x))), causal),
    );
    const mixed = transpose(matmul(pattern, perHead(call.value(x))), [0, 2, 1, 3]);
    return call.output(place.tap(siteIn(place, "heads"), reshape(mixed, [batch, length, inner])));
  });
}

/** softmax(q·kᵀ/√d + mask) over the last axis: [..., s, s] from queries and keys [..., s, d]. */
export function attentionPattern(queries: JaxArray, keys: JaxArray, causal: boolean): JaxArray {
  const rank = keys.ndim;
  const [length, headWidth] = keys.shape.slice(-2);
  const swapped = transpose(keys, [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2]);
  const scores = mul(matmul(queries, swapped), 1 / Math.sqrt(headWidth));
  return softmax(causal ? add(scores, causalMask(length)) : scores);
}

/** [length, length]: 0 on and below the diagonal. */
function causalMask(length: number): JaxArray {
  const mask = Float32Array.from({ length: length * length }, (_, i) =>
    i % length > Math.floor(i / length) ? MASKED : 0,
  );
  return np.array(mask).reshape([length, length]);
}
