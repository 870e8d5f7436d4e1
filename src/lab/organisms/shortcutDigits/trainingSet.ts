/**
 * @file The training set of one run: which images, which fixed cue each carries, and which set each belongs to.
 *
 * A pure function of (seeds.data, trainSize, cueAgreement). Draws belong to the MNIST image, so a smaller set is part of
 * a larger one, and the images that conflict at one agreement also conflict at every lower one.
 */
import { keyOf, uniforms4At } from "../../../core/index.ts";
import { loadMnist, TRAIN_IMAGES } from "../../data/mnist.ts";
import { keyedOrder } from "../../keyedOrder.ts";
import { otherClass } from "./cues.ts";

export const PLAIN = 0;
/** The fixed cue is not that of the image's class. */
export const CONFLICTING = 1;
/** One of the agreeing images that stand in for the conflicting ones in the active placebo. */
export const PLACEBO = 2;

export interface TrainingSet {
  readonly size: number;
  /** MNIST index of each training image, in random order: the first k are a random k of them. */
  readonly indices: Int32Array;
  readonly labels: Uint8Array;
  readonly cues: Uint8Array;
  /** PLAIN, CONFLICTING or PLACEBO. */
  readonly sets: Uint8Array;
}

export function drawTrainingSet(options: {
  readonly dataSeed: number;
  readonly trainSize: number;
  readonly cueAgreement: number;
}): TrainingSet {
  const { dataSeed, trainSize, cueAgreement } = options;
  const { labels: allLabels } = loadMnist().train;
  const everyImage = Int32Array.from({ length: TRAIN_IMAGES }, (_, i) => i);
  const indices = keyedOrder(keyOf(dataSeed, "draw"), everyImage).slice(0, trainSize);
  const labels = Uint8Array.from(indices, (index) => allLabels[index]);
  const cues = new Uint8Array(trainSize);
  const sets = new Uint8Array(trainSize);
  const cueKey = keyOf(dataSeed, "cue");
  const draws = new Float64Array(4);
  let conflicting = 0;
  for (let i = 0; i < trainSize; i++) {
    uniforms4At(cueKey, indices[i], 0, 0, draws);
    const agrees = draws[0] < cueAgreement;
    cues[i] = agrees ? labels[i] : otherClass(labels[i], draws[1]);
    if (agrees) continue;
    sets[i] = CONFLICTING;
    conflicting++;
  }
  const candidates = keyedOrder(keyOf(dataSeed, "placebo"), indices).filter((i) => sets[i] === PLAIN);
  for (const i of candidates.subarray(0, conflicting)) sets[i] = PLACEBO;
  return { size: trainSize, indices, labels, cues, sets };
}
