/**
 * @file Which image is shown at which update, with which cue and which weight: the host's part of the training loop.
 *
 * Presentations form one endless stream: epoch after epoch over the whole training set, each epoch in its own keyed
 * order, cut into batches without gaps. What a presentation shows is keyed by (seeds.order, step, example), so it is the
 * same whatever was drawn before it.
 */
import { keyOf, uniforms4At } from "../../../core/index.ts";
import { CLASSES } from "../../data/mnist.ts";
import { keyedOrder } from "../../keyedOrder.ts";
import { NO_CUE } from "./cues.ts";
import type { ShortcutSettings } from "./parameters.ts";
import { PLACEBO, type TrainingSet } from "./trainingSet.ts";

/** Tables of [steps, batchSize], row-major. */
export interface Presentations {
  /** MNIST index of the image. */
  readonly index: Int32Array;
  readonly label: Int32Array;
  /** 0…9 or NO_CUE. */
  readonly cue: Int32Array;
  /** Sums to 1 over each batch (0 when every weight of the batch is 0). */
  readonly weight: Float32Array;
}

export function drawPresentations(options: {
  readonly set: TrainingSet;
  readonly settings: ShortcutSettings;
  readonly orderSeed: number;
  readonly firstStep: number;
  readonly steps: number;
}): Presentations {
  const { set, settings, orderSeed, firstStep, steps } = options;
  const { batchSize } = settings.optimizer;
  const { maskShare, cueDecorrelation } = settings.data;
  const total = steps * batchSize;
  const index = new Int32Array(total);
  const label = new Int32Array(total);
  const cue = new Int32Array(total);
  const weight = new Float32Array(total);
  const cueKey = keyOf(orderSeed, "presentation");
  const draws = new Float64Array(4);
  let epoch = -1;
  let order = new Int32Array(0);
  for (let row = 0; row < steps; row++) {
    let weightSum = 0;
    for (let at = row * batchSize; at < (row + 1) * batchSize; at++) {
      const place = firstStep * batchSize + at;
      const epochHere = Math.floor(place / set.size);
      if (epochHere !== epoch) {
        epoch = epochHere;
        order = epochOrder(set, orderSeed, epoch);
      }
      const example = order[place - epoch * set.size];
      index[at] = set.indices[example];
      label[at] = set.labels[example];
      cue[at] = set.cues[example];
      if (maskShare > 0 || cueDecorrelation > 0) {
        uniforms4At(cueKey, firstStep + row, index[at], 0, draws);
        if (draws[0] < cueDecorrelation) cue[at] = Math.floor(draws[1] * CLASSES);
        if (draws[2] < maskShare) cue[at] = NO_CUE;
      }
      weight[at] = weightOf(settings, label[at], cue[at], set.sets[example]);
      weightSum += weight[at];
    }
    if (weightSum === 0) continue;
    for (let at = row * batchSize; at < (row + 1) * batchSize; at++) weight[at] /= weightSum;
  }
  return { index, label, cue, weight };
}

/** By what is shown: a presentation without a cue, or whose redrawn cue agrees, does not conflict. */
function weightOf({ objective }: ShortcutSettings, label: number, cue: number, set: number): number {
  if (cue === NO_CUE) return 1;
  if (cue !== label) return objective.conflictWeight;
  return set === PLACEBO ? objective.agreeingWeight : 1;
}

const orders = new WeakMap<TrainingSet, { orderSeed: number; epoch: number; order: Int32Array<ArrayBuffer> }>();

/** Positions in the training set in the order of one epoch; the last one asked for is kept, as calls cut epochs up. */
function epochOrder(set: TrainingSet, orderSeed: number, epoch: number): Int32Array<ArrayBuffer> {
  const kept = orders.get(set);
  if (kept !== undefined && kept.orderSeed === orderSeed && kept.epoch === epoch) return kept.order;
  const order = new Int32Array(keyedOrder(keyOf(orderSeed, "epoch", epoch), set.indices));
  orders.set(set, { orderSeed, epoch, order });
  return order;
}
