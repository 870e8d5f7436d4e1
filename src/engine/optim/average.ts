/**
 * @file Exponential moving average of the weights, carried beside them as "ema.<parameter>".
 *
 * ema ← ema + (1 − decay)·(p − ema) after each update, from the initial parameters on: torch.optim.swa_utils'
 * AveragedModel with get_ema_avg_fn(decay), whose first call copies them. Non-finite weights make their average so.
 */
import type { Tensor } from "../../core/index.ts";
import { add, mul, sub } from "../ops.ts";
import type { JaxArrays } from "../program.ts";
import { withPrefix } from "../stepTable.ts";
import type { Arrays } from "./optimizer.ts";
import { requireShare } from "./optimizer.ts";

export const EMA_PREFIX = "ema.";

/** The `perStep` column that `averaged` is given. */
export const EMA_COLUMN = "emaRate";

/** 1 − decay, for the table. Throws OUT_OF_DOMAIN unless decay is in [0, 1). */
export function emaRate(decay: number): number {
  requireShare("ema, decay", decay);
  return 1 - decay;
}

/** The averages after one update; both records are keyed by parameter. */
export function averaged(averages: Arrays, params: Arrays, rate: Arrays[string]): JaxArrays {
  const moved = Object.entries(params).map(([name, p]) => {
    const average = averages[name];
    return [name, add(average, mul(sub(p, average), rate))] as const;
  });
  return Object.fromEntries(moved);
}

/** Copies of the parameters, under their state names. */
export function initialAverages(parameters: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const copies = Object.entries(parameters).map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]);
  return withPrefix(Object.fromEntries(copies) as Record<string, Tensor>, EMA_PREFIX);
}
