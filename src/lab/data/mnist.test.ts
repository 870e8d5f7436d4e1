import { expect, test } from "vitest";
import { loadMnist, mnistHashes } from "./mnist.ts";

test("has the published counts of each digit in the test set", () => {
  const counts = new Array(10).fill(0);
  for (const label of loadMnist().test.labels) counts[label]++;
  expect(counts).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
});

test("has the published mean pixel of the training images, .1307", () => {
  const { images } = loadMnist().train;
  let sum = 0;
  for (const pixel of images) sum += pixel;
  expect(sum / images.length / 255).toBeCloseTo(0.1307, 4);
});

test("hashes each of the four files", () => {
  const hashes = mnistHashes();
  expect(Object.keys(hashes)).toHaveLength(4);
  for (const hash of Object.values(hashes)) expect(hash).toMatch(/^[0-9a-f]{64}$/);
});
