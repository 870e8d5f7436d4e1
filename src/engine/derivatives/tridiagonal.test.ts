import fc from "fast-check";
import { expect, test } from "vitest";
import { tridiagonalEigen } from "./tridiagonal.ts";
import { dot } from "./vectors.ts";

test("matches the closed form 2 − 2·cos(kπ/(n+1)) of the second difference", () => {
  const n = 40;
  const { values } = tridiagonalEigen(new Float64Array(n).fill(2), new Float64Array(n - 1).fill(-1));
  for (let k = 1; k <= n; k++) expect(values[k - 1]).toBeCloseTo(2 - 2 * Math.cos((k * Math.PI) / (n + 1)), 12);
});

test("T·v = λ·v with orthonormal vectors, ascending values, for random matrices with clusters and splits", () => {
  const entry = fc.double({ min: -3, max: 3, noNaN: true });
  const beside = fc.oneof(entry, fc.constant(0), fc.constant(1e-9));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.oneof(entry, fc.constant(1)), beside), { minLength: 1, maxLength: 25 }),
      (rows) => {
        const diagonal = rows.map(([d]) => d);
        const off = rows.slice(1).map(([, e]) => e);
        const { values, vectors } = tridiagonalEigen(diagonal, off);
        for (const [i, v] of vectors.entries()) {
          if (i > 0) expect(values[i]).toBeGreaterThanOrEqual(values[i - 1]);
          for (const [j, w] of vectors.entries()) expect(dot(v, w)).toBeCloseTo(i === j ? 1 : 0, 10);
          for (let k = 0; k < rows.length; k++) {
            const image = diagonal[k] * v[k] + (off[k - 1] ?? 0) * (v[k - 1] ?? 0) + (off[k] ?? 0) * (v[k + 1] ?? 0);
            expect(image).toBeCloseTo(values[i] * v[k], 10);
          }
        }
      },
    ),
    { seed: 11, numRuns: 60 },
  );
});

test("refuses lengths that do not fit and entries that are not finite", () => {
  expect(() => tridiagonalEigen([1, 2], [])).toThrow("tridiagonalEigen, beside: expected shape [1], got [0]");
  expect(() => tridiagonalEigen([1, Number.NaN], [1])).toThrow("expected finite entries, got NaN");
  expect(tridiagonalEigen([], []).values).toEqual(new Float64Array(0));
});
