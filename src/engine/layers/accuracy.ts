/**
 * @file Counts of right answers, as float32 so that they can be outputs of a loop and be summed in it (exact below 2²⁴).
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { greater, isTopLabel, lessEqual, sum, toFloat, where } from "../ops.ts";

/** How many rows have their largest logit at the label; ties count as right, rows with a NaN as wrong. */
export const topLabelCount = (logits: JaxArray, labels: JaxArray): JaxArray => sum(toFloat(isTopLabel(logits, labels)));

/** How many scores stand on the side of 0 that their float32 targets say, which are 0 and 1 or −1 and 1. A score of 0 is negative, a NaN wrong. */
export const rightSideCount = (scores: JaxArray, targets: JaxArray): JaxArray =>
  sum(toFloat(where(greater(targets, 0.5), greater(scores, 0), lessEqual(scores, 0))));
