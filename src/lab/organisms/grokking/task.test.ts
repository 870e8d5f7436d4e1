import fc from "fast-check";
import { expect, test } from "vitest";
import { MEASURES, measuresOfState } from "./measures.ts";
import { modularAddition, oneHot } from "./task.ts";

const task = modularAddition({ modulus: 53, trainFraction: 0.4, dataSeed: 3 });

test("splits the 2,809 pairs into 1,124 and 1,685, none twice", () => {
  expect([task.trainRows.length, task.testRows.length]).toEqual([1124, 1685]);
  expect(new Set([...task.trainRows, ...task.testRows]).size).toBe(2809);
});

test("every row holds both numbers and is labelled with their sum", () =>
  fc.assert(
    fc.property(fc.nat(52), fc.nat(52), (a, b) => {
      const row = a * 53 + b;
      expect([task.first[row], task.second[row], task.labels[row]]).toEqual([a, b, (a + b) % 53]);
    }),
    { seed: 8 },
  ));

test("a smaller training set is part of a larger one; another seed draws another", () => {
  const larger = new Set(modularAddition({ modulus: 53, trainFraction: 0.5, dataSeed: 3 }).trainRows);
  expect([...task.trainRows].every((row) => larger.has(row))).toBe(true);
  expect(modularAddition({ modulus: 53, trainFraction: 0.4, dataSeed: 4 }).trainRows).not.toEqual(task.trainRows);
});

test("perfect logits give accuracy 1, uniform logits a loss of ln p, and every listed measure appears", () => {
  const parameters = { E: new Float32Array(53 * 64).fill(1), W1: Float32Array.of(3), W2: Float32Array.of(4) };
  const values = (logits: Float32Array) =>
    Object.fromEntries(measuresOfState({ task, logits, parameters }).map((item) => [item.measure, item]));
  const perfect = values(oneHot(task.labels, 53).map((value) => 30 * value));
  expect(Object.keys(perfect)).toEqual(MEASURES.map(({ name }) => name));
  expect(perfect["train.accuracy"]).toMatchObject({ value: 1, n: 1124 });
  expect(perfect["test.accuracy"]).toMatchObject({ value: 1, n: 1685 });
  expect(perfect["weight.norm"].value).toBeCloseTo(Math.sqrt(53 * 64 + 25), 6);
  expect(values(new Float32Array(2809 * 53))["test.loss"].value).toBeCloseTo(Math.log(53), 9);
});
