/**
 * @file Causal multi-head attention of queries, keys and values [batch, time, width], and embeddings.
 */
import { numpy as np } from "@jax-js/jax";
import { ops } from "../../../src/engine/index.ts";
import type { JaxArray } from "./model.ts";

/** [batch, time, width]. */
export function attention(queries: JaxArray, keys: JaxArray, values: JaxArray, heads: number): JaxArray {
  const [batch, time, width] = queries.shape;
  const perHead = (x: JaxArray, order: number[]): JaxArray =>
    ops.transpose(ops.reshape(x, [batch, time, heads, width / heads]), order);
  const q = perHead(queries, [0, 2, 1, 3]);
  const k = perHead(keys, [0, 2, 3, 1]);
  const v = perHead(values, [0, 2, 1, 3]);
  const scores = ops.add(ops.mul(ops.matmul(q, k), 1 / Math.sqrt(width / heads)), causalMask(time));
  const mixed = ops.matmul(ops.softmax(scores), v);
  return ops.reshape(ops.transpose(mixed, [0, 2, 1, 3]), [batch, time, width]);
}

/** 0 where a position may look, −10⁹ where it may not: [time, time]. */
function causalMask(time: number): JaxArray {
  const mask = Array.from({ length: time }, (_, i) => Array.from({ length: time }, (_, j) => (j > i ? -1e9 : 0)));
  return np.array(mask);
}

/** Rows of `table` [tokens, width] at int32 [...]. */
export const embed = (table: JaxArray, tokens: JaxArray): JaxArray => ops.take(table, tokens);
