/**
 * @file The held-out images and their cues: the same for every run, from a constant seed.
 *
 * MNIST's test file is not in random order (its first half is easier), so the quick set is a random 2,000 of the 10,000;
 * the full set is all of them in the same random order.
 */
import { keyOf, uniforms4At } from "../../../core/index.ts";
import { CLASSES, loadMnist, TEST_IMAGES } from "../../data/mnist.ts";
import { keyedOrder } from "../../keyedOrder.ts";
import { otherClass } from "./cues.ts";

export const QUICK_IMAGES = 2000;
export const FULL_IMAGES = TEST_IMAGES;

export interface HeldOut {
  readonly count: number;
  /** Index in MNIST's test file. */
  readonly indices: Int32Array;
  readonly labels: Uint8Array;
  /** The cue of a class other than the image's own, fixed. */
  readonly conflictCues: Uint8Array;
  /** In [0, 1): under the cue as in training, image i shows its own class's cue where this is below cueAgreement. */
  readonly agreementDraws: Float64Array;
  /** Per label, positions in this set of as many images as the rarest label has: the groups of worstGroup. */
  readonly byLabel: readonly Int32Array[];
}

const sets = new Map<number, HeldOut>();

/** The first `count` held-out images in the constant random order. */
export function heldOut(count: number): HeldOut {
  const kept = sets.get(count);
  if (kept !== undefined) return kept;
  const { labels: allLabels } = loadMnist().test;
  const everyImage = Int32Array.from({ length: TEST_IMAGES }, (_, i) => i);
  const indices = keyedOrder(keyOf("shortcut-digits", "held-out"), everyImage).slice(0, count);
  const labels = Uint8Array.from(indices, (index) => allLabels[index]);
  const conflictCues = new Uint8Array(count);
  const agreementDraws = new Float64Array(count);
  const key = keyOf("shortcut-digits", "held-out cue");
  const draws = new Float64Array(4);
  for (let i = 0; i < count; i++) {
    uniforms4At(key, indices[i], 0, 0, draws);
    agreementDraws[i] = draws[0];
    conflictCues[i] = otherClass(labels[i], draws[1]);
  }
  const made = { count, indices, labels, conflictCues, agreementDraws, byLabel: equalGroups(labels) };
  sets.set(count, made);
  return made;
}

function equalGroups(labels: Uint8Array): Int32Array[] {
  const groups: number[][] = Array.from({ length: CLASSES }, () => []);
  labels.forEach((label, i) => {
    groups[label].push(i);
  });
  const size = Math.min(...groups.map((group) => group.length));
  return groups.map((group) => Int32Array.from(group.slice(0, size)));
}
