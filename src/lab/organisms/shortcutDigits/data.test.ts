import fc from "fast-check";
import { expect, test } from "vitest";
import { loadMnist } from "../../data/mnist.ts";
import { parseFactorsWith } from "../../parameters.ts";
import { CUE_PIXELS, NO_CUE, otherClass, patchPixels, patchTable, takeColumns } from "./cues.ts";
import { FULL_IMAGES, heldOut, QUICK_IMAGES } from "./heldOut.ts";
import { PARAMETERS, type ShortcutSettings } from "./parameters.ts";
import { drawPresentations } from "./presentations.ts";
import { CONFLICTING, drawTrainingSet, PLACEBO } from "./trainingSet.ts";

const settings = (partial: Record<string, number>) =>
  parseFactorsWith(PARAMETERS, partial, "test") as unknown as ShortcutSettings;
const set = drawTrainingSet({ dataSeed: 1, trainSize: 1000, cueAgreement: 0.9 });

test("patches are 4 × 4, apart from each other, in the top rows for 0–4 and the bottom rows for 5–9", () => {
  const pixels = Array.from({ length: 10 }, (_, cue) => patchPixels(cue)).flat();
  expect(new Set(pixels).size).toBe(160);
  expect(patchPixels(0).slice(0, 5)).toEqual([1, 2, 3, 4, 29]);
  expect(patchPixels(9)[0]).toBe(24 * 28 + 23);
  expect(patchTable().reduce((sum, value) => sum + value, 0)).toBe(160 * 255);
  // On the cue pixels, class by class, the ten patches are ten blocks of sixteen.
  const edges = takeColumns(patchTable(), 784, CUE_PIXELS);
  edges.forEach((value, i) => {
    expect(value).toBe(Math.floor((i % 160) / 16) === Math.floor(i / 160) ? 255 : 0);
  });
});

test("the other class is never the own class and every one of the nine is reached", () =>
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9 }), (label) => {
      const reached = new Set(Array.from({ length: 900 }, (_, i) => otherClass(label, i / 900)));
      expect(reached.size).toBe(9);
      expect(reached.has(label)).toBe(false);
    }),
    { seed: 1 },
  ));

test("the share of conflicting cues is as asked, and the placebo set is as large and agrees", () => {
  const large = drawTrainingSet({ dataSeed: 2, trainSize: 20_000, cueAgreement: 0.98 });
  const conflicting = large.sets.filter((kind) => kind === CONFLICTING).length;
  expect(Math.abs(conflicting / 20_000 - 0.02)).toBeLessThan(4 * Math.sqrt((0.02 * 0.98) / 20_000));
  expect(large.sets.filter((kind) => kind === PLACEBO).length).toBe(conflicting);
  large.sets.forEach((kind, i) => {
    expect(large.cues[i] !== large.labels[i]).toBe(kind === CONFLICTING);
  });
});

test("a smaller training set is part of a larger one, with the same cues; another seed draws others", () => {
  const larger = drawTrainingSet({ dataSeed: 1, trainSize: 2000, cueAgreement: 0.9 });
  expect(larger.indices.subarray(0, 1000)).toEqual(set.indices);
  expect(larger.cues.subarray(0, 1000)).toEqual(set.cues);
  expect(new Set(larger.indices).size).toBe(2000);
  expect(drawTrainingSet({ dataSeed: 2, trainSize: 1000, cueAgreement: 0.9 }).indices).not.toEqual(set.indices);
});

const draw = (options: {
  firstStep?: number;
  steps?: number;
  orderSeed?: number;
  partial?: Record<string, number>;
}) => {
  const { firstStep = 0, steps = 20, orderSeed = 5, partial = {} } = options;
  const own = settings(partial);
  return drawPresentations({ set, settings: own, orderSeed, firstStep, steps });
};

test("every epoch shows each image once, in an order of its own", () => {
  const { index } = draw({ steps: 25, partial: { "optimizer.batchSize": 80 } });
  const epochs = [index.slice(0, 1000), index.slice(1000, 2000)];
  for (const epoch of epochs) expect([...epoch].sort()).toEqual([...set.indices].sort());
  expect(epochs[0]).not.toEqual(epochs[1]);
});

test("presentations do not depend on how steps are cut into calls", () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 19 }), (cut) => {
      const partial = { "data.maskShare": 0.3, "data.cueDecorrelation": 0.4, "objective.conflictWeight": 10 };
      const whole = draw({ partial });
      const parts = [draw({ steps: cut, partial }), draw({ firstStep: cut, steps: 20 - cut, partial })];
      for (const name of ["index", "label", "cue", "weight"] as const)
        expect([...parts[0][name], ...parts[1][name]]).toEqual([...whole[name]]);
    }),
    { seed: 4, numRuns: 10 },
  ));

test("the order of two images is the same whichever others are in the training set", () => {
  const half = drawTrainingSet({ dataSeed: 1, trainSize: 500, cueAgreement: 0.9 });
  const order = (of: typeof set) =>
    drawPresentations({
      set: of,
      settings: settings({ "optimizer.batchSize": of.size }),
      orderSeed: 5,
      firstStep: 0,
      steps: 1,
    }).index;
  const shared = new Set(half.indices);
  expect(order(set).filter((index) => shared.has(index))).toEqual(order(half));
});

test("full decorrelation leaves no mutual information between cue and label", () => {
  const { cue, label } = draw({ steps: 400, partial: { "data.cueDecorrelation": 1 } });
  const n = cue.length;
  // Under independence 2n·MI is χ² with 81 degrees of freedom: mean 81, sd 12.7.
  expect(2 * n * mutualInformationNats(cue, label)).toBeLessThan(81 + 5 * 12.7);
  const fixed = draw({ steps: 400 });
  expect(mutualInformationNats(fixed.cue, fixed.label)).toBeGreaterThan(1.5);
});

test("masking hides the stated share of cues and changes nothing else", () => {
  const plain = draw({ steps: 100 });
  const masked = draw({ steps: 100, partial: { "data.maskShare": 0.75 } });
  expect(masked.index).toEqual(plain.index);
  const hidden = masked.cue.filter((cue) => cue === NO_CUE).length / masked.cue.length;
  expect(Math.abs(hidden - 0.75)).toBeLessThan(0.02);
  masked.cue.forEach((cue, i) => {
    if (cue !== NO_CUE) expect(cue).toBe(plain.cue[i]);
  });
});

test("weights sum to 1 over a batch, in the stated proportion, by the cue that is shown; a batch of weight 0 stays 0", () => {
  const { index, weight } = draw({ steps: 8, partial: { "objective.conflictWeight": 10 } });
  const kindOf = new Map(Array.from(set.indices, (mnistIndex, i) => [mnistIndex, set.sets[i]]));
  for (let row = 0; row < 8; row++) {
    const batch = weight.subarray(row * 128, (row + 1) * 128);
    expect(batch.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 5);
    const smallest = Math.min(...batch);
    batch.forEach((w, i) => {
      expect(w / smallest).toBeCloseTo(kindOf.get(index[row * 128 + i]) === CONFLICTING ? 10 : 1, 3);
    });
  }
  const masked = draw({ steps: 8, partial: { "objective.conflictWeight": 10, "data.maskShare": 0.9 } });
  masked.weight.forEach((w, at) => {
    const batch = masked.weight.subarray(at - (at % 128), at - (at % 128) + 128);
    const conflicts = masked.cue[at] !== NO_CUE && masked.cue[at] !== masked.label[at];
    expect(w / Math.min(...batch)).toBeCloseTo(conflicts ? 10 : 1, 3);
  });
  expect(new Set(draw({ steps: 1 }).weight)).toEqual(new Set([1 / 128]));
  const nothing = drawTrainingSet({ dataSeed: 1, trainSize: 128, cueAgreement: 0 });
  const zero = drawPresentations({
    set: nothing,
    settings: settings({ "objective.conflictWeight": 0 }),
    orderSeed: 1,
    firstStep: 0,
    steps: 1,
  });
  expect(new Set(zero.weight)).toEqual(new Set([0]));
});

test("the quick held-out set is a random part of the full one, with cues of other classes and groups of equal size", () => {
  const quick = heldOut(QUICK_IMAGES);
  const full = heldOut(FULL_IMAGES);
  expect(full.indices.subarray(0, QUICK_IMAGES)).toEqual(quick.indices);
  expect(new Set(full.indices).size).toBe(10_000);
  const { labels } = loadMnist().test;
  quick.indices.forEach((index, i) => {
    expect(quick.labels[i]).toBe(labels[index]);
    expect(quick.conflictCues[i]).not.toBe(quick.labels[i]);
  });
  expect(full.byLabel.map((group) => group.length)).toEqual(new Array(10).fill(892));
  const mean = quick.indices.reduce((sum, index) => sum + index, 0) / QUICK_IMAGES;
  expect(Math.abs(mean - 4999.5)).toBeLessThan(4 * (2886 / Math.sqrt(QUICK_IMAGES)));
});

function mutualInformationNats(xs: Int32Array, ys: Int32Array): number {
  const joint = new Map<number, number>();
  const ofX = new Map<number, number>();
  const ofY = new Map<number, number>();
  xs.forEach((x, i) => {
    joint.set(x * 16 + ys[i], (joint.get(x * 16 + ys[i]) ?? 0) + 1);
    ofX.set(x, (ofX.get(x) ?? 0) + 1);
    ofY.set(ys[i], (ofY.get(ys[i]) ?? 0) + 1);
  });
  let sum = 0;
  for (const [key, count] of joint) {
    const independent = (ofX.get(key >> 4)! * ofY.get(key & 15)!) / xs.length;
    sum += (count / xs.length) * Math.log(count / independent);
  }
  return sum;
}
