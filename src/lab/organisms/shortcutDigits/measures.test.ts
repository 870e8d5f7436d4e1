import { expect, test } from "vitest";
import { type Readout, readLogits } from "../../probes/logits.ts";
import { heldOut, QUICK_IMAGES } from "./heldOut.ts";
import { measuresOfAnswers } from "./measures.ts";

const set = heldOut(QUICK_IMAGES);

/** A network that is sure of one class per image. */
function sure(classOf: (i: number) => number): Readout {
  const logits = new Float32Array(set.count * 10);
  for (let i = 0; i < set.count; i++) logits[i * 10 + classOf(i)] = 20;
  return readLogits(logits, set.labels, 10);
}
const label = (i: number) => set.labels[i];
const values = (answers: { own: Readout; conflict: Readout; clean: Readout }) =>
  Object.fromEntries(
    measuresOfAnswers({ heldOut: set, cueAgreement: 0.98, ...answers }).map((item) => [item.measure, item]),
  );

test("a network that reads the digit alone is right everywhere and ignores the cue", () => {
  const digit = sure(label);
  const found = values({ own: digit, conflict: digit, clean: digit });
  for (const measure of ["test.accuracy", "conflict.accuracy", "clean.accuracy", "worstGroup.accuracy"])
    expect(found[measure].value).toBe(1);
  expect(found["cue.reliance"].value).toBe(0);
  expect(found["cue.flipRate"].value).toBe(0);
  expect(found["calibration.ece"].value).toBeLessThan(1e-6);
});

test("a network that reads the cue alone is right as often as the cue agrees", () => {
  const found = values({ own: sure(label), conflict: sure((i) => set.conflictCues[i]), clean: sure(() => 0) });
  const agreeing = set.agreementDraws.filter((draw) => draw < 0.98).length / set.count;
  expect(found["test.accuracy"].value).toBeCloseTo(agreeing, 12);
  expect(found["conflict.accuracy"].value).toBe(0);
  expect(found["cue.reliance"].value).toBe(1);
  expect(found["cue.flipRate"].value).toBe(1);
  expect(found["worstGroup.accuracy"].value).toBeCloseTo(0, 6);
  expect(found["calibration.ece"].value).toBeCloseTo(1 - agreeing, 6);
});

test("every share carries its n and a positive standard error; groups are counted at their own n", () => {
  const digit = sure(label);
  for (const { measure, se, n } of Object.values(values({ own: digit, conflict: digit, clean: digit }))) {
    expect(n).toBe(measure === "worstGroup.accuracy" ? set.byLabel[0].length : QUICK_IMAGES);
    expect(se).toBeGreaterThan(measure === "calibration.ece" ? -1 : 0);
  }
});
