/**
 * @file Embeddings: rows of a table picked by integers, and learned positions.
 *
 * A token outside 0…count−1 fails on the native device when the program runs (the runtime checks bounds; −count…−1 count
 * from the end).
 */
import { ShapeError } from "../../core/index.ts";
import type { Initialiser } from "../initialisers/initialiser.ts";
import { normalInit } from "../initialisers/torch.ts";
import { add, slice, take } from "../ops.ts";
import { expectParameter, expectShape, expectType } from "./expect.ts";
import type { Layer } from "./layer.ts";
import { modelPlace } from "./layer.ts";

export interface EmbeddingOptions {
  /** Rows: the number of distinct tokens, or the longest sequence. */
  readonly count: number;
  readonly width: number;
  /** Default nn.Embedding's: N(0, 1). */
  readonly init?: Initialiser;
}

/** int32 [...] → float32 [..., width]; parameter "weight" [count, width]. */
export function embeddingLayer({ count, width, init = normalInit(1) }: EmbeddingOptions): Layer {
  return {
    parameters: { weight: { shape: [count, width], init, fans: { in: count, out: width } } },
    apply(parameters, tokens, place = modelPlace()) {
      const layer = place.name || "embedding";
      expectType(layer, "tokens", "int32", tokens);
      const table = expectParameter(layer, parameters, "weight");
      expectShape(layer, "weight", [count, width], table);
      return take(table, tokens);
    },
  };
}

/** Adds row s of "weight" [count, width] to position s of [..., sequence, width]. */
export function positionLayer({ count, width, init = normalInit(0.02) }: EmbeddingOptions): Layer {
  return {
    parameters: { weight: { shape: [count, width], init, fans: { in: count, out: width } } },
    apply(parameters, x, place = modelPlace()) {
      const layer = place.name || "positions";
      expectShape(layer, "inputs", ["...", "sequence", width], x);
      const length = x.shape[x.ndim - 2];
      if (length > count)
        throw new ShapeError(`Layer ${layer}, inputs`, `[..., at most ${count} positions, ${width}]`, x.shape);
      const table = expectParameter(layer, parameters, "weight");
      expectShape(layer, "weight", [count, width], table);
      return add(x, slice(table, [0, length]));
    },
  };
}
