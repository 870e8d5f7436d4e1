import type { Array as JaxArray } from "@jax-js/jax";
import { DType, grad, lax, numpy as np } from "@jax-js/jax";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { Tensor } from "../../core/index.ts";
import { Rng } from "../../core/index.ts";
import { lowerFunction } from "../lowerFunction.ts";
import { functionModel } from "../onnx/functionModel.ts";
import * as ops from "../ops.ts";
import type { JaxArrays } from "../program.ts";
import { initEngine } from "../program.ts";
import { bool, expectAgreement, float, int, onEngine, unsigned } from "../reference.suite.ts";

beforeAll(() => initEngine());

const MAKERS = { float32: float, int32: int, uint32: unsigned, bool };
type Type = keyof typeof MAKERS;
const TYPES = Object.keys(MAKERS) as Type[];
const JAX_TYPE = { float32: DType.Float32, int32: DType.Int32, uint32: DType.Uint32, bool: DType.Bool };

/** Values over each type's whole range, small enough that jax-js's CPU device, which multiplies doubles, is exact. */
const EDGES: Record<Type, number[]> = {
  float32: [0, -0.5, 1.5, -2.5, 3e9, -3e9, 5e9, 1e30, -1e30, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 7],
  int32: [0, 1, -1, 7, -7, 31, 40, 1000, -1000, 2147483647, -2147483648, 65537],
  uint32: [0, 1, 2, 7, 31, 33, 1000, 65537, 2147483647, 2147483648, 4294967295, 4000000000],
  bool: [0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 0],
};
const edges = (type: Type): Tensor => MAKERS[type]([12], EDGES[type]);
const mixed = (type: Type, name: string): Tensor => {
  const rng = Rng.of(type, name);
  return MAKERS[type](
    [12],
    Array.from({ length: 12 }, () => EDGES[type][rng.int(12)]),
  );
};

describe("conversions agree with jax-js", () => {
  for (const from of TYPES)
    test.each(TYPES)(`${from} to %s`, async (to) => {
      await expectAgreement(({ x }) => ({ out: x.ref.astype(JAX_TYPE[to]) }), { x: edges(from) });
    });

  test("NaN becomes 0 as an integer", async () => {
    const inputs = { x: float([2], [Number.NaN, -1]) };
    await expectAgreement(
      ({ x }) => ({ signed: x.ref.astype(DType.Int32), unsigned: x.ref.astype(DType.Uint32) }),
      inputs,
    );
  });
});

const BINARY: Record<string, { fn: (x: JaxArray, y: JaxArray) => JaxArray; types: Type[]; y?: (v: number) => number }> =
  {
    add: { fn: (x, y) => x.add(y), types: ["int32", "uint32", "bool"] },
    sub: { fn: (x, y) => x.sub(y), types: ["int32", "uint32"] },
    mul: { fn: (x, y) => x.mul(y), types: ["int32", "uint32", "bool"], y: (v) => v % 1000 },
    idiv: { fn: (x, y) => x.div(y), types: ["int32", "uint32"], y: (v) => v || 3 },
    mod: { fn: (x, y) => x.mod(y), types: ["int32", "uint32"], y: (v) => v || 3 },
    max: { fn: (x, y) => np.maximum(x, y), types: ["int32", "uint32", "bool"] },
    min: { fn: (x, y) => np.minimum(x, y), types: ["int32", "uint32", "bool"] },
    less: { fn: (x, y) => x.less(y), types: ["int32", "uint32", "bool"] },
    lessEqual: { fn: (x, y) => x.lessEqual(y), types: ["int32", "uint32", "bool"] },
    equal: { fn: (x, y) => x.equal(y), types: ["int32", "uint32", "bool"] },
    notEqual: { fn: (x, y) => x.notEqual(y), types: ["int32", "uint32", "bool"] },
    where: { fn: (x, y) => np.where(x.ref.less(y.ref), x, y), types: ["int32", "uint32", "bool"] },
    bitwiseAnd: { fn: (x, y) => np.bitwiseAnd(x, y), types: ["int32", "uint32", "bool"] },
    bitwiseOr: { fn: (x, y) => np.bitwiseOr(x, y), types: ["int32", "uint32", "bool"] },
    bitwiseXor: { fn: (x, y) => np.bitwiseXor(x, y), types: ["int32", "uint32", "bool"] },
    leftShift: { fn: (x, y) => np.leftShift(x, y), types: ["int32", "uint32"], y: (v) => Math.abs(v) % 40 },
    rightShift: { fn: (x, y) => np.rightShift(x, y), types: ["int32", "uint32"], y: (v) => Math.abs(v) % 32 },
  };

describe("integers and booleans agree with jax-js, over their whole range", () => {
  for (const [name, { fn, types, y = (v: number) => v }] of Object.entries(BINARY))
    test.each(types)(`${name} of %s`, async (type) => {
      const right = mixed(type, name);
      const inputs = { x: edges(type), y: MAKERS[type]([12], Array.from(right.data, y)) };
      await expectAgreement((args) => ({ out: fn(args.x.ref, args.y.ref) }), inputs);
    });

  test("negation, counts of bits, and complements", async () => {
    const inputs = { i: edges("int32"), u: edges("uint32"), b: edges("bool") };
    await expectAgreement(
      ({ i, u, b }) => ({
        negatedInt: i.ref.neg(),
        negatedUnsigned: u.ref.neg(),
        countInt: np.bitwiseCount(i.ref),
        countUnsigned: np.bitwiseCount(u.ref),
        notInt: np.bitwiseInvert(i.ref),
        notUnsigned: np.bitwiseInvert(u.ref),
        notBool: np.bitwiseInvert(b.ref),
      }),
      inputs,
    );
  });

  test("types mix as in jax-js, weakly typed numbers included", async () => {
    const inputs = {
      f: float([3], [0.5, -1.5, 2.5]),
      i: int([3], [1, -2, 3]),
      u: unsigned([3], [1, 2, 4e9]),
      b: bool([3], [1, 0, 1]),
    };
    await expectAgreement(
      ({ f, i, u, b }) => ({
        floatInt: f.ref.add(i.ref),
        intUnsigned: i.ref.add(u.ref),
        boolUnsigned: b.ref.add(u.ref),
        intNumber: i.ref.add(2),
        boolNumber: b.ref.mul(3),
        intBelowFraction: i.ref.less(2.5),
        floatBelowFraction: f.ref.less(2.25),
        chosen: np.where(b.ref, i.ref, 7),
      }),
      inputs,
    );
  });

  test("reductions and contractions", async () => {
    const rng = Rng.of("reduce");
    const draw = (below: number): number[] => Array.from({ length: 12 }, () => rng.int(below));
    const inputs = {
      i: int(
        [3, 4],
        draw(9).map((v) => v - 4),
      ),
      u: unsigned(
        [3, 4],
        draw(7).map((v) => v * 600_000_000),
      ),
      b: bool([3, 4], draw(2)),
      large: int(
        [3, 4],
        draw(7).map((v) => v * 300_000_000),
      ),
      odd: int(
        [2, 7],
        Array.from({ length: 14 }, () => 2 * rng.int(40) - 39),
      ),
    };
    await expectAgreement(
      ({ i, u, b, large, odd }) => ({
        sumInt: np.sum(i.ref, 0),
        sumLarge: np.sum(large.ref),
        prodOdd: np.prod(odd.ref, 1),
        prodInt: np.prod(i.ref, 1),
        maxUnsigned: np.max(u.ref, 0),
        minUnsigned: np.min(u.ref, 1),
        sumUnsigned: np.sum(u.ref, 1),
        any: np.any(b.ref, 0),
        all: np.all(b.ref, 1),
        dotInt: np.matmul(i.ref, i.ref.transpose()),
        dotUnsigned: np.matmul(np.abs(i.ref).astype(DType.Uint32), np.abs(i.ref).astype(DType.Uint32).transpose()),
      }),
      inputs,
    );
  });

  test("movement of uint32 and bool", async () => {
    const inputs = {
      u: unsigned([2, 3], [0, 4e9, 2, 3, 4, 5]),
      b: bool([2, 3], [1, 0, 0, 1, 1, 0]),
      j: unsigned([2], [2, 0]),
    };
    await expectAgreement(
      ({ u, b, j }) => ({
        padded: np.pad(u.ref, [
          [1, 0],
          [0, 2],
        ]),
        paddedBool: np.pad(b.ref, [
          [1, 0],
          [0, 2],
        ]),
        flipped: np.flip(u.ref, 1),
        joined: np.concatenate([u.ref, b.ref], 0),
        taken: np.take(u.ref, j.ref, 1),
        sliced: u.ref.slice([], [1, 3]),
        repeated: np.tile(b.ref, [2, 1]),
      }),
      inputs,
    );
  });
});

describe("bits read as another type", () => {
  const floats = float([8], [0, -0, 1, -2.5, 1e-40, 3.4e38, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);

  test("agree with jax-js, both ways", async () => {
    await expectAgreement(
      ({ x }) => ({
        signed: lax.bitcastConvertType(x.ref, DType.Int32),
        unsigned: lax.bitcastConvertType(x.ref, DType.Uint32),
        back: lax.bitcastConvertType(lax.bitcastConvertType(x.ref, DType.Uint32), DType.Float32),
      }),
      { x: floats },
    );
  });

  test("only a model that needs it is written for the newer operators", () => {
    const version = (fn: (args: JaxArrays) => JaxArrays): string => {
      const graph = lowerFunction({ name: "bits", inputs: { x: { dtype: "float32", shape: [2] } }, fn });
      return Buffer.from(functionModel(graph)).toString("latin1");
    };
    const plain = version(({ x }) => ({ out: ops.exp(x) }));
    const bits = version(({ x }) => ({ out: lax.bitcastConvertType(x, DType.Int32) }));
    expect([plain.includes("\x10\x14"), bits.includes("\x10\x1a")]).toEqual([true, true]);
  });
});

describe("sorting agrees with jax-js", () => {
  const withTies = (type: Type, length: number): number[] => {
    const rng = Rng.of("ties", type, String(length));
    return Array.from({ length }, () => EDGES[type][rng.int(12)]);
  };
  test.each(TYPES)("%s: values and places, ties in order", async (type) => {
    const inputs = { x: MAKERS[type]([3, 20], withTies(type, 60)) };
    await expectAgreement(
      ({ x }) => ({ sorted: np.sort(x.ref, 1), places: np.argsort(x.ref, 1), columns: np.argsort(x.ref, 0) }),
      inputs,
    );
  });

  test("NaN comes after infinity", async () => {
    const { NaN: nan, POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: low } = Number;
    const inputs = { x: float([8], [nan, 3, inf, nan, 3.4028234663852886e38, low, inf, -1]) };
    await expectAgreement(({ x }) => ({ sorted: np.sort(x.ref), places: np.argsort(x.ref) }), inputs);
  });

  test("at random extents, with gradients", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 4 }), async (length, rows) => {
        const rng = Rng.of("sort", length, rows);
        const inputs = {
          x: float(
            [rows, length],
            Array.from({ length: rows * length }, () => rng.normal()),
          ),
        };
        await expectAgreement(({ x }) => {
          const loss = (a: JaxArray): JaxArray => {
            const weights = np.arange(length).astype(DType.Float32);
            return ops.sum(ops.mul(np.sort(a.ref, 1), weights));
          };
          return { sorted: np.sort(x.ref, 1), dx: grad(loss)(x.ref) as JaxArray };
        }, inputs);
      }),
      { seed: 20260607, numRuns: 6 },
    );
  });

  test("the largest k and their places", async () => {
    const inputs = { x: float([2, 6], [3, 1, 3, 2, 5, 5, 0, -1, 4, 4, 2, 9]) };
    await expectAgreement(({ x }) => {
      const [values, places] = lax.topK(x.ref, 3);
      return { values, places };
    }, inputs);
  });
});

test("an integer division by zero stops the run", async () => {
  const inputs = { x: int([2], [4, 5]), y: int([2], [2, 0]) };
  await expect(onEngine(({ x, y }) => ({ out: x.div(y) }), inputs)).rejects.toThrow(/division by zero/i);
});
