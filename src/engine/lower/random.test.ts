import { DType, numpy as np, random } from "@jax-js/jax";
import { beforeAll, describe, test } from "vitest";
import type { JaxArrays } from "../program.ts";
import { initEngine } from "../program.ts";
import { expectAgreement, unsigned } from "../reference.suite.ts";

beforeAll(() => initEngine());

const KEY = { key: unsigned([2], [0x12345678, 0x9abcdef0]) };
/** The same bits, hence no tolerance; where the float functions of the two devices differ, one in their last places. */
const exactly = (fn: (args: JaxArrays) => JaxArrays) => expectAgreement(fn, KEY, 0);
const closely = (fn: (args: JaxArrays) => JaxArrays) => expectAgreement(fn, KEY, 1e-5);

describe("random bits are jax-js's, bit for bit", () => {
  test("bits of one key, at several shapes", () =>
    exactly(({ key }) => ({
      scalar: random.bits(key.ref),
      vector: random.bits(key.ref, [7]),
      matrix: random.bits(key.ref, [3, 5]),
    })));

  test("keys split from a key, and what is drawn with them", () =>
    exactly(({ key }) => {
      const keys = random.split(key.ref, 3);
      return { keys: keys.ref, drawn: random.bits(keys.slice(1), [4]) };
    }));

  test("a key made inside of the program", () =>
    exactly(({ key }) => ({ own: random.bits(random.key(42), [5]), key })));

  test("uniform numbers, integers, and coins", () =>
    exactly(({ key }) => ({
      uniform: random.uniform(key.ref, [9]),
      between: random.uniform(key.ref, [4], { minval: -2, maxval: 6 }),
      integers: random.randint(key.ref, { minval: -5, maxval: 20, shape: [16] }),
      coins: random.bernoulli(key.ref, 0.3, [12]),
    })));
});

describe("distributions agree with jax-js", () => {
  test("normal, exponential, Gumbel, Laplace, logistic, Cauchy", () =>
    closely(({ key }) => ({
      normal: random.normal(key.ref, [20]),
      exponential: random.exponential(key.ref, [20]),
      gumbel: random.gumbel(key.ref, [20]),
      laplace: random.laplace(key.ref, [20]),
      logistic: random.logistic(key.ref, [20]),
      cauchy: random.cauchy(key.ref, [6]),
      ball: random.ball(key.ref, 3, { shape: [4] }),
    })));

  test("categories, permutations, and choices without replacement", () =>
    exactly(({ key }) => {
      const logits = np.array([
        [0.1, 2, -1],
        [1, 1, 1],
      ]);
      return {
        categories: random.categorical(key.ref, logits, { shape: [5, 2] }),
        permutation: random.permutation(key.ref, 11),
        chosen: random.choice(key.ref, 9, { shape: [4], replace: false }).astype(DType.Int32),
      };
    }));
});
