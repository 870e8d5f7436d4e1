/**
 * @file What a case's model is on our side: how a batch comes about and its loss; the rest of a training step is shared.
 */
import type { GatherSpec, JaxArrays } from "../../../src/engine/index.ts";
import type { Problem } from "../problem.ts";

export interface Model {
  readonly problem: () => Problem;
  /** Of resident tensors by columns of `perStep`. */
  readonly gathers: Readonly<Record<string, GatherSpec>>;
  /** Traced; nats. Consumes nothing. */
  readonly loss: (parameters: JaxArrays, data: JaxArrays) => JaxArrays[string];
}
