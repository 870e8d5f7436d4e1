/**
 * @file The measures of `shortcut-digits`, and how they follow from what the network answered.
 *
 * Three renderings of the same held-out images are answered: with the cue of their own class, with the fixed cue of
 * another class, and without a cue. "As in training" takes, image by image, the first or the second of them.
 */
import type { MeasuredValue, MeasureSpec } from "../../../core/index.ts";
import { proportion, worstGroup } from "../../../core/index.ts";
import { CLASSES } from "../../data/mnist.ts";
import { CALIBRATION_BINS, expectedCalibrationError } from "../../probes/calibration.ts";
import { countMatches, meanWithSe, type Readout } from "../../probes/logits.ts";
import type { HeldOut } from "./heldOut.ts";

/**
 * Size of the adversarial step on each pixel, in units of the full range of a pixel. At .1 every such network stands at
 * the floor (about .05), at .05 in mid-range (about .4).
 */
export const FGSM_EPSILON = 0.05;

const share = (
  spec: Pick<MeasureSpec, "name" | "direction" | "family" | "description"> & { chance?: number },
): MeasureSpec => ({ unit: "share", range: [0, 1], ...spec });

export const MEASURES: readonly MeasureSpec[] = [
  {
    name: "train.loss",
    unit: "nats per example",
    range: [0, null],
    direction: "lower",
    chance: Math.log(CLASSES),
    family: "loss",
    description:
      "Mean cross-entropy on a fixed random 1,000 of the run's training images with their fixed cues, unweighted, unmasked.",
  },
  share({
    name: "test.accuracy",
    direction: "higher",
    chance: 0.1,
    family: "capability",
    description: "Accuracy on held-out images whose cues agree with the class as often as in training.",
  }),
  share({
    name: "conflict.accuracy",
    direction: "higher",
    chance: 0.1,
    family: "bias",
    description: "Accuracy on held-out images that carry the cue of another class.",
  }),
  share({
    name: "clean.accuracy",
    direction: "higher",
    chance: 0.1,
    family: "capability",
    description: "Accuracy on held-out images without a cue.",
  }),
  share({
    name: "cue.reliance",
    direction: "lower",
    chance: 0.1,
    family: "bias",
    description: "Share of held-out images with the cue of another class that are answered with the cue's class.",
  }),
  share({
    name: "cue.flipRate",
    direction: "lower",
    family: "bias",
    description:
      "Share of held-out images whose answer differs between the cue of their own class and the cue of another, all else equal.",
  }),
  share({
    name: "worstGroup.accuracy",
    direction: "higher",
    chance: 0.1,
    family: "bias",
    description:
      "Lowest accuracy among the 20 groups label × (own cue, other cue), each on equally many held-out images, corrected for the downward bias of a minimum.",
  }),
  share({
    name: "calibration.ece",
    direction: "lower",
    family: "safety",
    description: `Expected calibration error, ${CALIBRATION_BINS} equal-width bins, with cues as in test.accuracy; standard error by the delta method.`,
  }),
  share({
    name: "robust.accuracy",
    direction: "higher",
    chance: 0.1,
    family: "robustness",
    description: `Accuracy on held-out images without a cue after one step of the fast gradient sign method, ε = ${FGSM_EPSILON} of a pixel's range.`,
  }),
];

export interface ShortcutAnswers {
  readonly heldOut: HeldOut;
  readonly own: Readout;
  readonly conflict: Readout;
  readonly clean: Readout;
  readonly cueAgreement: number;
}

/** The measures that follow from the three renderings; needs all three. */
export function measuresOfAnswers({ heldOut, own, conflict, clean, cueAgreement }: ShortcutAnswers): MeasuredValue[] {
  const { count: n, labels, conflictCues, agreementDraws, byLabel } = heldOut;
  const asInTraining = Array.from({ length: n }, (_, i) => (agreementDraws[i] < cueAgreement ? own : conflict));
  const correct = Uint8Array.from(asInTraining, (readout, i) => Number(readout.answers[i] === labels[i]));
  const confidences = Float64Array.from(asInTraining, (readout, i) => readout.confidences[i]);
  let flips = 0;
  for (let i = 0; i < n; i++) if (own.answers[i] !== conflict.answers[i]) flips++;
  const groups = [own, conflict].flatMap(({ answers }) =>
    byLabel.map((positions, label) => positions.reduce((sum, i) => sum + Number(answers[i] === label), 0)),
  );
  const worst = worstGroup(groups, byLabel[0].length);
  return [
    shareOf(
      "test.accuracy",
      correct.reduce((sum, right) => sum + right, 0),
      n,
    ),
    shareOf("conflict.accuracy", countMatches(conflict.answers, labels), n),
    shareOf("clean.accuracy", countMatches(clean.answers, labels), n),
    shareOf("cue.reliance", countMatches(conflict.answers, conflictCues), n),
    shareOf("cue.flipRate", flips, n),
    { measure: "worstGroup.accuracy", value: worst.value, se: worst.se, n: worst.n },
    { measure: "calibration.ece", ...expectedCalibrationError({ confidences, correct }) },
  ];
}

export function shareOf(measure: string, successes: number, n: number): MeasuredValue {
  return { measure, ...proportion(successes, n) };
}

export function lossOf(measure: string, { lossesNats }: Readout): MeasuredValue {
  return { measure, ...meanWithSe(lossesNats) };
}
