import { expect, test } from "vitest";
import type { RecordedEffect } from "../study/commands/recordedEffect.ts";
import { recordedEffectText } from "./recordedEffectText.ts";

const estimate = (value: number, half: number) => ({
  value,
  low: value - half,
  high: value + half,
  level: 0.95,
  method: "the method",
  n: 1,
});
const result: RecordedEffect = {
  treated: [{ id: "1", name: "swap" }],
  control: [{ id: "2", name: "base" }],
  design: "one run an arm",
  ground: "nothing to pair",
  window: { low: 100, high: 900, matchedSteps: 9, ground: "all common steps" },
  effects: [
    {
      measure: "a/acc",
      treated: 0.61,
      control: 0.6,
      effect: estimate(0.01, 0.04),
      onTheseItems: estimate(0.01, 0.02),
      adjustedP: 0.7,
      minimalDetectable: 0.05,
      steps: 9,
    },
    {
      measure: "loss",
      treated: 3,
      control: 3.2,
      effect: estimate(-0.2, 0.05),
      adjustedP: 0.0002,
      minimalDetectable: 0.07,
      steps: 9,
    },
  ],
  refused: [{ name: "ppl", reason: "a value in the window is not finite" }],
  limits: ["One run an arm: this cannot speak for other seeds."],
  statedShare: 1,
  incomparable: [],
  despite: [],
  warnings: [],
};

test("shows each measure with its interval, the strongest first, then the ground and the limits", () => {
  expect(recordedEffectText(result)).toBe(`Treated: swap (1 run)
Control: base (1 run)
one run an arm (nothing to pair); steps 100 to 900, 9 matched (all common steps)

MEASURE  TREATED  CONTROL             DIFFERENCE         ON THESE ITEMS  P (CORRECTED)  DETECTABLE
loss           3      3.2   −0.20 [−0.25, −0.15]                      —         < .001        0.07
a/acc       0.61      0.6  0.010 [−0.030, 0.050]  0.010 [−0.010, 0.030]          0.700        0.05

An effect is detected on 1 of 2 measures, corrected for looking at all of them.
95% intervals: the method, n = 1
left out: ppl: a value in the window is not finite
One run an arm: this cannot speak for other seeds.`);
});

test("says that none is detected, and what it went over", () => {
  const text = recordedEffectText({
    ...result,
    effects: result.effects.slice(0, 1),
    incomparable: [
      { what: "different prompts", measures: ["a/acc"], isOfEvaluator: false, ground: "stated in the files" },
    ],
  });
  expect(text).toContain("No effect detected on this measure");
  expect(text).toContain("NOT COMPARABLE, gone on despite it: different prompts");
});
