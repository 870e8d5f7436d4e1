/**
 * @file What happened when training broke: the first update whose loss or whose resulting state is NaN or ±∞, and the
 * first tensor in it. The call that broke is made again step by step, which gives the same bits, so that the answer does
 * not depend on how the steps were cut into calls.
 */
import { type NotFinite, OntogenyError } from "../core/index.ts";
import type { NativeModel, State } from "./nativeTrainer.ts";
import type { Regime } from "./regime.ts";

export interface Broken {
  readonly what: NotFinite;
  /** The state before the update that broke. */
  readonly state: State;
}

/** Whether all values are finite. Less than a nanosecond a value. */
export function isAllFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * 0; // NaN for NaN and ±∞, otherwise 0
  return sum === 0;
}

/** The first float tensor of a state that holds NaN or ±∞. */
export function maybeBrokenTensor(state: State): string | undefined {
  return Object.keys(state).find(
    (name) => state[name].dtype === "float32" && !isAllFinite(state[name].data as Float32Array),
  );
}

/** `state` at `step` began a call of `steps` updates under one regime, one of which broke. */
export async function explainBreak(options: {
  readonly model: Pick<NativeModel, "update" | "firstNonFinite">;
  readonly regime: Regime;
  readonly state: State;
  readonly step: number;
  readonly steps: number;
}): Promise<Broken> {
  const { model, regime, step: first, steps } = options;
  let { state } = options;
  const beganFinite = maybeBrokenTensor(state) === undefined;
  for (let step = first; step < first + steps; step++) {
    const next = await model.update({ state, step, steps: 1, regime });
    const [lossNats] = next.batchLossNats;
    const tensor = maybeBrokenTensor(next.state);
    if (tensor === undefined && Number.isFinite(lossNats)) {
      state = next.state;
      continue;
    }
    const origin = await model.firstNonFinite({ state, step, regime });
    return { what: { step, lossNats, tensor, origin: origin?.text, beganFinite }, state };
  }
  throw new OntogenyError(
    "REPLAY_INEXACT",
    `Steps ${first} to ${first + steps}: expected numbers that are not finite, as before, when they are made again, got finite ones; this machine does not compute reproducibly: check its memory`,
  );
}
