/**
 * @file Orders that belong to items, not to positions: each item has its own keyed draw, and items are sorted by it.
 *
 * So the order of two items never depends on which other items are present: arms of a contrast stay paired where an
 * intervention changes which examples exist.
 */
import { type RngKey, uniformAt } from "../core/index.ts";

const TWO_32 = 4294967296;

/**
 * Positions 0…n−1 of `items`, sorted by each item's uniform draw at `key`, ties by position. Items are integers ≥ 0;
 * at most 2²¹ of them, so that draw and position fit one double.
 */
export function keyedOrder(key: RngKey, items: ArrayLike<number>): Int32Array {
  const n = items.length;
  const sortable = new Float64Array(n);
  for (let i = 0; i < n; i++) sortable[i] = uniformAt(key, items[i]) * TWO_32 * n + i;
  sortable.sort();
  return Int32Array.from(sortable, (value) => value % n);
}
