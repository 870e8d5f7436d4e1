/**
 * @file Sizes in the names that producers really give.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { sizeFromName } from "./sizeFromName.ts";

test.each([
  ["pythia-v1/pythia-160m/zero-shot", 160e6],
  ["pythia-1.4b-deduped", 1.4e9],
  ["EleutherAI/pythia-v1.1-70m", 70e6],
  ["intervention-350m-deduped-step67000", 350e6],
  ["190M-5xC", 190e6],
  ["370M-10xC-rerun", 370e6],
  ["Mixtral-8x7B", 56e9],
  ["Gemstone-256x23", 12 * 256 * 256 * 23],
  ["tr3d-1B3-oscar", 1.3e9],
  ["run_7b/seed3", 7e9],
  ["olmo-1b-300b-tokens", 1e9],
  ["tokens-300b", undefined],
  ["cifar-32x32", undefined],
  ["imagenet-224x224", undefined],
  ["baseline", undefined],
  ["0m", undefined],
  ["", undefined],
])("%s → %s", (name, size) => expect(sizeFromName(name)).toBe(size));

test("the last path component that states a size counts", () => {
  expect(sizeFromName("sweep-1b/model-70m/log")).toBe(70e6);
});

test("any name is read without a throw, and gives a positive finite size or none", () => {
  fc.assert(
    fc.property(fc.string(), (name) => {
      const size = sizeFromName(name);
      expect(size === undefined || (size > 0 && Number.isFinite(size))).toBe(true);
    }),
    { seed: 3 },
  );
});
