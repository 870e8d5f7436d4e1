/**
 * @file Training that broke: a loss, or the state that an update left, became NaN or ±∞. Which update, and which tensor.
 */
import { OntogenyError } from "./errors.ts";

export interface NotFinite {
  /** The update from `step` to `step + 1` is the first whose loss or whose resulting state is not finite. */
  readonly step: number;
  /** The loss of that update, nats; finite when only the state broke. */
  readonly lossNats: number;
  /** The first tensor of the state after that update that is not finite; absent when only the loss broke. */
  readonly tensor?: string;
  /** The first value inside that update that is not finite: operator, layer, shape, how many; absent when not found out. */
  readonly origin?: string;
  /** False when the state at `step` was not finite either: it was so from the beginning. */
  readonly beganFinite: boolean;
}

/** Code LOSS_NOT_FINITE. Whoever throws it stands at `what.step`, before the update that broke. */
export class LossNotFiniteError extends OntogenyError {
  readonly what: NotFinite;
  /** Losses of the updates before `what.step` that the interrupted call of `advance` had made, nats. */
  readonly batchLossNats: Float32Array;

  constructor(what: NotFinite, batchLossNats: Float32Array) {
    super("LOSS_NOT_FINITE", messageOf(what));
    this.what = what;
    this.batchLossNats = batchLossNats;
  }
}

function messageOf({ step, lossNats, tensor, origin, beganFinite }: NotFinite): string {
  const state = tensor === undefined ? "" : ` and a state in which ${JSON.stringify(tensor)} is not finite`;
  const first = origin === undefined ? "" : `; the first value that is not finite: ${origin}`;
  const wayOut = beganFinite
    ? "lower the learning rate, or branch off before this step with other settings"
    : "the state that it began with was not finite already: begin from an earlier checkpoint";
  return `Training from step ${step} to ${step + 1}: expected a finite loss and state, got a loss of ${lossNats} nats${state}${first}; ${wayOut}`;
}
