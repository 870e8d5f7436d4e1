import { describe, expect, test } from "vitest";
import { keyOf, RefusedError } from "../../core/index.ts";
import { extremeEigenvalues } from "./extremeEigenvalues.ts";
import { LanczosProcess, lanczosQuadrature } from "./lanczos.ts";
import { diagonalOperator, matrixOperator, rotatedMatrix } from "./matrix.fixture.ts";
import { preconditioned } from "./operator.ts";
import { powerIteration } from "./powerIteration.ts";
import { gaussian, rademacher } from "./probes.ts";
import { dot, norm } from "./vectors.ts";

const KEY = keyOf(1, "eigenvalues");
const oneTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);
/** 200 eigenvalues within 10⁻³ of 1, four outside: what a trained network looks like. */
const CLUSTERED = [...Array.from({ length: 200 }, (_, i) => 1 + 5e-6 * i), 40, 39, 10, -3];

describe("extreme eigenvalues", () => {
  test("of diag(1…50) are 50 and 1", async () => {
    const { largest, smallest, products } = await extremeEigenvalues(diagonalOperator(oneTo(50)), {
      largest: 2,
      smallest: 1,
      key: KEY,
      tolerance: 1e-8,
    });
    expect(largest.map(({ value }) => value)).toEqual([expect.closeTo(50, 6), expect.closeTo(49, 6)]);
    expect(smallest[0].value).toBeCloseTo(1, 6);
    expect(products).toBeLessThanOrEqual(50 + 3);
    for (const { residual, vector } of [...largest, ...smallest]) {
      expect(residual).toBeLessThan(50e-8);
      expect(norm(vector)).toBeCloseTo(1, 12);
    }
    expect(Math.abs(largest[0].vector[49])).toBeCloseTo(1, 8);
  });

  test("stand out of a cluster after a few products, both ends, close pairs apart", async () => {
    const operator = diagonalOperator(CLUSTERED);
    const { largest, smallest, products } = await extremeEigenvalues(operator, {
      largest: 3,
      smallest: 1,
      key: KEY,
      tolerance: 1e-6,
    });
    expect(largest.map(({ value }) => value)).toEqual([40, 39, 10].map((value) => expect.closeTo(value, 4)));
    expect(smallest[0].value).toBeCloseTo(-3, 4);
    expect(products).toBe(operator.products());
    expect(products).toBeLessThan(30);
  });

  test("of a rotated matrix are its own, and a residual bounds the distance", async () => {
    const values = [-7, -2, 0, 0.5, 1, 3, 6, 6.5];
    const operator = matrixOperator(rotatedMatrix(values, 3));
    const { largest, smallest } = await extremeEigenvalues(operator, {
      largest: 4,
      smallest: 4,
      key: KEY,
      tolerance: 1e-9,
    });
    const got = [...smallest, ...[...largest].reverse()];
    for (const [i, { value, residual }] of got.entries()) {
      expect(value).toBeCloseTo(values[i], 8);
      expect(Math.min(...values.map((other) => Math.abs(other - value)))).toBeLessThanOrEqual(residual + 1e-12);
    }
  });

  test("a warm start saves products", async () => {
    const cold = await extremeEigenvalues(diagonalOperator(oneTo(300)), { key: KEY, tolerance: 1e-4 });
    const start = cold.largest[0].vector.map((x, i) => x + 1e-4 * Math.sin(i));
    const warm = await extremeEigenvalues(diagonalOperator(oneTo(300)), { key: KEY, start, tolerance: 1e-4 });
    expect(warm.largest[0].value).toBeCloseTo(300, 3);
    expect(warm.products).toBeLessThan(cold.products / 2);
  });

  test("a spent budget is refused with the residual reached", async () => {
    const call = extremeEigenvalues(diagonalOperator(oneTo(500)), { key: KEY, steps: 6, tolerance: 1e-6 });
    await expect(call).rejects.toThrow(RefusedError);
    await expect(call).rejects.toThrow(
      /after 6 steps the largest residual is \d+\.?\d*, \d?\.\d+ of the largest \|eigenvalue\| \d+\.?\d*, expected at most 0\.000001; allow more steps/,
    );
  });

  test("more eigenvalues than a start can see are refused, the zero operator is not", async () => {
    await expect(extremeEigenvalues(diagonalOperator([5, 5, 5, 1]), { largest: 3, key: KEY })).rejects.toThrow(
      "expected 3 eigenvalues, got 2",
    );
    const { largest } = await extremeEigenvalues(diagonalOperator([0, 0, 0]), { key: KEY });
    expect(largest[0]).toMatchObject({ value: 0, residual: 0 });
  });

  test("products that are not finite, starts without direction, and senseless counts are refused", async () => {
    const sick = diagonalOperator([1, Number.NaN]);
    await expect(extremeEigenvalues(sick, { key: KEY })).rejects.toThrow("Lanczos: product 0 is not finite");
    const well = diagonalOperator([1, 2]);
    await expect(extremeEigenvalues(well, { key: KEY, start: new Float64Array(2) })).rejects.toThrow(
      "positive finite norm",
    );
    await expect(extremeEigenvalues(well, { key: KEY, start: new Float64Array(3) })).rejects.toThrow(
      "expected shape [2]",
    );
    await expect(extremeEigenvalues(well, { key: KEY, largest: 0 })).rejects.toThrow("1…2 eigenvalues in all");
    await expect(extremeEigenvalues(well, { key: KEY, largest: 3 })).rejects.toThrow("an integer in 0…2");
    await expect(extremeEigenvalues(well, { key: KEY, tolerance: 0 })).rejects.toThrow("a positive number");
    await expect(extremeEigenvalues(well, { key: KEY, largest: 2, steps: 1 })).rejects.toThrow("at least 2");
  });
});

describe("the Lanczos process", () => {
  test("keeps its basis orthonormal to rounding over many steps of a clustered spectrum", async () => {
    const process = new LanczosProcess(diagonalOperator(CLUSTERED), gaussian(KEY, 0, CLUSTERED.length));
    for (let i = 0; i < 60; i++) await process.step();
    for (const [i, v] of process.basis.entries())
      for (const [j, w] of process.basis.entries()) expect(Math.abs(dot(v, w) - (i === j ? 1 : 0))).toBeLessThan(1e-13);
  });

  test("ends with an invariant subspace after as many steps as there are eigenvalues, and says so", async () => {
    const process = new LanczosProcess(diagonalOperator([1, 1, 2, 2, 2]), gaussian(KEY, 0, 5));
    await process.step();
    expect(process.isInvariant).toBe(false);
    await process.step();
    expect(process.isInvariant).toBe(true);
    expect(Array.from(process.eigen().values)).toEqual([expect.closeTo(1, 10), expect.closeTo(2, 10)]);
    await expect(process.step()).rejects.toThrow("the subspace is invariant after 2 steps");
  });

  test("quadrature integrates polynomials of degree below 2·steps exactly", async () => {
    const operator = diagonalOperator(oneTo(30));
    const start = rademacher(KEY, 0, 30);
    const { nodes, weights } = await lanczosQuadrature(operator, { start, steps: 5 });
    expect(nodes.length).toBe(5);
    for (let degree = 0; degree < 10; degree++) {
      const integral = nodes.reduce((total, node, i) => total + weights[i] * node ** degree, 0);
      const exact = oneTo(30).reduce((total, value) => total + value ** degree / 30, 0);
      expect(integral / exact).toBeCloseTo(1, 10);
    }
    expect(
      (await lanczosQuadrature(diagonalOperator([2, 2, 7]), { start: rademacher(KEY, 0, 3), steps: 3 })).nodes.length,
    ).toBe(2);
    await expect(lanczosQuadrature(operator, { start, steps: 0 })).rejects.toThrow("a positive integer");
  });
});

describe("power iteration", () => {
  test("finds the eigenvalue of largest magnitude with its sign", async () => {
    const start = gaussian(KEY, 0, 6);
    const positive = await powerIteration(diagonalOperator([1, 2, 3, 4, 5, 50]), {
      start,
      iterations: 60,
      tolerance: 1e-6,
    });
    expect(positive.value).toBeCloseTo(50, 6);
    const negative = await powerIteration(diagonalOperator([1, 2, 3, 4, 5, -50]), {
      start,
      iterations: 60,
      tolerance: 1e-6,
    });
    expect(negative.value).toBeCloseTo(-50, 6);
    expect(negative.iterations).toBeLessThan(15);
  });

  test("goes on from the vector of the last call", async () => {
    const operator = diagonalOperator(oneTo(20));
    const start = gaussian(KEY, 0, 20);
    const whole = await powerIteration(operator, { start, iterations: 30 });
    const first = await powerIteration(operator, { start, iterations: 10 });
    const rest = await powerIteration(operator, { start: first.vector, iterations: 20 });
    expect(rest.value).toBeCloseTo(whole.value, 12);
    expect(first.residual).toBeGreaterThan(rest.residual);
  });

  test("without a tolerance it reports its residual; with one it refuses", async () => {
    const operator = diagonalOperator([10, 9.9, 1]);
    const start = Float64Array.of(1, 1, 1);
    expect((await powerIteration(operator, { start, iterations: 3 })).residual).toBeGreaterThan(0.01);
    await expect(powerIteration(operator, { start, iterations: 3, tolerance: 1e-4 })).rejects.toThrow(
      /after 3 products the residual of 9\.9\d+ is 0\.0\d+, expected at most 0\.0001 of it/,
    );
    await expect(powerIteration(operator, { start, iterations: 0 })).rejects.toThrow("a positive integer");
    await expect(powerIteration(operator, { start: new Float64Array(3) })).rejects.toThrow("positive finite norm");
    await expect(powerIteration(diagonalOperator([Number.NaN]), { start: Float64Array.of(1) })).rejects.toThrow(
      "not finite",
    );
  });

  test("the zero operator has eigenvalue 0", async () => {
    expect(
      await powerIteration(diagonalOperator([0, 0]), { start: Float64Array.of(1, 1), tolerance: 1e-6 }),
    ).toMatchObject({
      value: 0,
      residual: 0,
    });
  });
});

describe("preconditioning", () => {
  test("gives the eigenvalues of P⁻¹A", async () => {
    const operator = preconditioned(diagonalOperator([8, 6, 1]), Float64Array.of(16, 2, 1));
    const { largest, smallest } = await extremeEigenvalues(operator, {
      largest: 1,
      smallest: 2,
      key: KEY,
      tolerance: 1e-10,
    });
    expect(largest[0].value).toBeCloseTo(3, 9);
    expect(smallest.map(({ value }) => value)).toEqual([expect.closeTo(0.5, 9), expect.closeTo(1, 9)]);
  });

  test("keeps symmetry where P and A do not commute", async () => {
    const operator = preconditioned(matrixOperator(rotatedMatrix([3, 1, -2, 5], 4)), Float64Array.of(1, 4, 0.25, 9));
    const [u, v] = [gaussian(KEY, 1, 4), gaussian(KEY, 2, 4)];
    const [au, av] = await operator.apply([u, v]);
    expect(dot(u, av)).toBeCloseTo(dot(v, au), 12);
  });

  test("refuses what is not positive and finite, and other lengths", () => {
    const operator = diagonalOperator([1, 1]);
    for (const bad of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => preconditioned(operator, Float64Array.of(1, bad))).toThrow(
        "diagonal element 1: expected a positive finite number",
      );
    expect(() => preconditioned(operator, Float64Array.of(1))).toThrow("expected shape [2], got [1]");
  });
});
