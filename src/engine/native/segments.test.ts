import type { Array as JaxArray } from "@jax-js/jax";
import { grad, jit, lax, numpy as np, random, vmap } from "@jax-js/jax";
import { beforeAll, describe, expect, test } from "vitest";
import type { Tensor } from "../../core/index.ts";
import type { LoopSpec } from "../device.ts";
import { lowerFunction } from "../lowerFunction.ts";
import { lowerLoop } from "../lowerLoop.ts";
import * as ops from "../ops.ts";
import type { JaxArrays } from "../program.ts";
import { initEngine } from "../program.ts";
import { expectAgreement, float, normal, unsigned } from "../reference.suite.ts";
import { compileFunction } from "./compileFunction.ts";

beforeAll(() => initEngine());

/** x·xᵀ + 2: symmetric and positive definite. */
const definite = (x: JaxArray): JaxArray =>
  ops.add(ops.matmul(x, np.matrixTranspose(x.ref)), ops.mul(np.eye(x.shape[x.ndim - 1]), 2));
const slopeOf =
  (fn: (x: JaxArray) => JaxArray) =>
  (x: JaxArray): JaxArray =>
    grad((a: JaxArray) => ops.sum(ops.sin(fn(a))))(x.ref) as JaxArray;

describe("functions with routines of linear algebra agree with jax-js", () => {
  const x = { x: normal("routines", [2, 3, 3]) };

  test("Cholesky, its gradient, and mapped", async () => {
    const fn = (a: JaxArray): JaxArray => lax.linalg.cholesky(definite(a));
    await expectAgreement(({ x }) => ({ out: fn(x), dx: slopeOf(fn)(x), mapped: vmap(fn)(x.ref) }), x, 2e-5);
  });

  test("triangular solves from either side, with their gradients", async () => {
    const solve = (a: JaxArray): JaxArray =>
      lax.linalg.triangularSolve(definite(a), np.ones([2, 3, 2]), { leftSide: true, lower: true });
    const unit = (a: JaxArray): JaxArray =>
      lax.linalg.triangularSolve(definite(a), np.ones([2, 2, 3]), { unitDiagonal: true });
    await expectAgreement(({ x }) => ({ out: solve(x), dx: slopeOf(solve)(x), unit: unit(x) }), x, 2e-5);
  });

  test("LU, determinants, inverses and their gradients", async () => {
    const inverse = (a: JaxArray): JaxArray => np.linalg.inv(definite(a));
    await expectAgreement(
      ({ x }) => {
        const [lu, pivots, permutation] = lax.linalg.lu(x.ref);
        return { lu, pivots, permutation, det: np.linalg.det(x.ref), inverse: inverse(x), dx: slopeOf(inverse)(x) };
      },
      x,
      5e-5,
    );
  });

  test("eigenvalues and eigenvectors", async () => {
    await expectAgreement(
      ({ x }) => {
        const [values, vectors] = np.linalg.eigh(definite(x));
        return { values, vectors };
      },
      x,
      2e-5,
    );
  });

  test("Fourier transforms there and back, with a gradient", async () => {
    const power = (a: JaxArray): JaxArray => {
      const { real, imag } = np.fft.fft({ real: a.ref, imag: np.zerosLike(a.ref) });
      return ops.add(ops.square(real), ops.square(imag));
    };
    await expectAgreement(
      ({ x }) => ({
        power: power(x),
        dx: slopeOf(power)(x),
        back: np.fft.ifft(np.fft.fft({ real: x.ref, imag: x.ref })).real,
      }),
      { x: normal("fft", [2, 12]) },
      1e-4,
    );
  });

  test("random vectors of a given covariance", async () => {
    await expectAgreement(
      ({ key, x }) => ({ drawn: ops.matmul(lax.linalg.cholesky(definite(x)), random.normal(key, [3, 1])) }),
      { key: unsigned([2], [1, 2]), x: normal("covariance", [3, 3]) },
      2e-5,
    );
  });

  test("a chain of routines, with inputs and constants handed to them as they are, and used again later", async () => {
    const constant = np.array([
      [2, 1],
      [1, 2],
    ]);
    await expectAgreement(
      ({ a, b }) => {
        const first = lax.linalg.cholesky(a.ref);
        const second = lax.linalg.cholesky(ops.add(definite(first), constant.ref));
        return {
          a: a.ref,
          first,
          second,
          both: ops.matmul(second, b),
          fixed: lax.linalg.cholesky(constant.ref),
          one: np.array(1),
        };
      },
      { a: float([2, 2], [4, 1, 1, 3]), b: normal("b", [2, 2]) },
      2e-5,
    );
  });
});

describe("segmented programs", () => {
  const spec = {
    name: "solver",
    inputs: { index: { dtype: "int32" as const, shape: [3] } },
    resident: { table: { dtype: "float32" as const, shape: [5, 3] } },
    gathers: { rows: { from: "table", by: "index" } },
    fn: ({ rows }: JaxArrays): JaxArrays => ({ factor: lax.linalg.cholesky(definite(rows)) }),
  };

  test("read resident tensors through gathers, and are refused after dispose()", async () => {
    const program = await compileFunction(spec);
    const table = normal("table", [5, 3]);
    const index: Tensor = { dtype: "int32", shape: [3], data: Int32Array.of(4, 0, 2) };
    await expect(program.run({ index })).rejects.toThrow("expected bind() before run()");
    program.bind({ table });
    const { factor } = await program.run({ index });
    const [top] = factor.data;
    const row = Array.from(table.data).slice(12, 15);
    expect(top).toBeCloseTo(Math.sqrt(row.reduce((sum, value) => sum + value * value, 2)), 5);
    await program.dispose();
    await expect(program.run({ index })).rejects.toMatchObject({ code: "ENGINE_DISPOSED" });
  });

  test("have one hash for one program, and another for another routine", async () => {
    const hashOf = async (fn: (args: JaxArrays) => JaxArrays): Promise<string> => {
      const program = await compileFunction({ ...spec, fn });
      await program.dispose();
      return program.graphHash;
    };
    const [a, b, c] = [
      await hashOf(spec.fn),
      await hashOf(spec.fn),
      await hashOf(({ rows }) => ({ factor: lax.linalg.lu(definite(rows))[0] })),
    ];
    expect([a === b, a === c]).toEqual([true, false]);
  });
});

describe("where there is no way between graphs, a routine is refused by name and scope", () => {
  const layer = jit(function whiten(x: JaxArray): JaxArray {
    return lax.linalg.cholesky(x);
  });
  const message =
    /^Program model\/whiten: expected primitives that can be lowered, got "cholesky": it runs on jax-js's own device between graphs, so a compiled function can use it, and a training loop cannot; write it with other operations, or compute it on the host$/;

  test("in a training loop, before it starts", () => {
    const loop: LoopSpec = {
      name: "model",
      resident: {},
      state: { w: { dtype: "float32", shape: [2, 2] } },
      perStep: {},
      gathers: {},
      step: ({ w }) => ({ state: { w: layer(w) }, outputs: {} }),
    };
    expect(() => lowerLoop(loop)).toThrow(message);
  });

  test("in a graph by itself", () => {
    const inputs = { w: { dtype: "float32" as const, shape: [2, 2] } };
    expect(() => lowerFunction({ name: "model", inputs, fn: ({ w }) => ({ out: layer(w) }) })).toThrow(message);
  });
});
