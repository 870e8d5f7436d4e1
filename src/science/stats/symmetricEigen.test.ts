/**
 * @file Eigendecomposition against a closed form, and as a property of random matrices.
 */
import { expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { symmetricEigen } from "./symmetricEigen.ts";

test("gives the closed-form eigenvalues of the second-difference matrix: 2 − 2 cos(kπ/(n + 1))", () => {
  const n = 9;
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    a[i * n + i] = 2;
    if (i > 0) a[i * n + i - 1] = a[(i - 1) * n + i] = -1;
  }
  const { values } = symmetricEigen(a, n);
  for (let k = 1; k <= n; k++) expect(values[k - 1]).toBeCloseTo(2 - 2 * Math.cos((k * Math.PI) / (n + 1)), 12);
});

test.each([1, 2, 3, 7, 30])(
  "puts random symmetric matrices of %i rows together again, with orthonormal vectors",
  (n) => {
    const rng = Rng.of("eigen", n);
    const half = Array.from({ length: n * n }, () => rng.normal());
    const a = Float64Array.from({ length: n * n }, (_, at) => half[at] + half[(at % n) * n + Math.floor(at / n)]);
    const { values, vectors } = symmetricEigen(a, n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        let [again, product] = [0, 0];
        for (let k = 0; k < n; k++) {
          again += vectors[i * n + k] * values[k] * vectors[j * n + k];
          product += vectors[k * n + i] * vectors[k * n + j];
        }
        expect(again).toBeCloseTo(a[i * n + j], 10);
        expect(product).toBeCloseTo(i === j ? 1 : 0, 10);
      }
  },
);

test("separates a matrix of rank one with repeated eigenvalues", () => {
  const { values } = symmetricEigen(new Float64Array(16).fill(1), 4);
  expect([...values].map((value) => Math.round(value * 1e9) / 1e9 + 0)).toEqual([0, 0, 0, 4]);
});

test("refuses entries that are not finite", () => {
  expect(() => symmetricEigen(Float64Array.of(Number.NaN), 1)).toThrow("symmetricEigen");
});
