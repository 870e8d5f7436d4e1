import { DType, numpy as np, random } from "@jax-js/jax";
import { beforeAll, describe, expect, test } from "vitest";
import { compileLoop } from "../native/compileLoop.ts";
import type { JaxArrays } from "../program.ts";
import { initEngine } from "../program.ts";
import { expectAgreement, onJax, unsigned } from "../reference.suite.ts";

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

test("a loop carries its key and draws new numbers in every step, the same as jax-js step by step", async () => {
  const step = ({ key, w }: JaxArrays) => {
    const keys = random.split(key, 2);
    const noise = random.uniform(keys.ref.slice(0), [3]);
    return { state: { key: keys.slice(1), w: w.add(noise.ref) }, outputs: { noise } };
  };
  const program = await compileLoop({
    name: "noise",
    resident: {},
    state: { key: { dtype: "uint32", shape: [2] }, w: { dtype: "float32", shape: [3] } },
    perStep: {},
    gathers: {},
    step,
  });
  const w = { dtype: "float32" as const, shape: [3], data: new Float32Array(3) };
  const { state, outputs } = await program.run({ state: { key: KEY.key, w }, table: {}, steps: 4 });
  await program.dispose();
  let expected = { key: KEY.key, w } as Record<string, (typeof KEY)["key"]>;
  for (let i = 0; i < 4; i++) {
    const { noise, ...next } = onJax((args) => {
      const { state: carried, outputs: kept } = step(args);
      return { ...carried, ...kept };
    }, expected);
    expect([...outputs.noise.data.slice(3 * i, 3 * i + 3)]).toEqual([...noise.data]);
    expected = next;
  }
  expect([...state.key.data]).toEqual([...expected.key.data]);
  expect([...state.w.data]).toEqual([...expected.w.data]);
});
