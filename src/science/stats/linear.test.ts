/** @file Linear solvers against numpy, and their refusals. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cholesky, choleskySolve, dot, leastSquares, ridge } from "./linear.ts";

const x = [
  [1, 0.5, 2],
  [1, 1.5, -1],
  [1, 2.2, 0.3],
  [1, 3.9, 1.7],
  [1, -0.4, 0.9],
];
const y = [1, 2, 2.5, 5, 0.2];

describe("linear algebra", () => {
  test("least squares and ridge with a free intercept agree with numpy", () => {
    // np.linalg.lstsq(X, Y); np.linalg.solve(X.T@X + np.diag([0,.7,.7]), X.T@Y)
    expect(leastSquares(x, y)).toEqual([0.36777589, 1.09623342, 0.10772391].map((b) => expect.closeTo(b, 7)));
    expect(ridge({ x, y, penalty: [0, 0.7, 0.7] })).toEqual(
      [0.47538672, 1.03007609, 0.10037961].map((b) => expect.closeTo(b, 7)),
    );
  });

  test("the Cholesky factor of a known matrix", () => {
    expect(cholesky([[4], [2, 5]].map((row) => [...row, 0, 0].slice(0, 2)))).toEqual([
      [2, 0],
      [1, 2],
    ]);
  });

  test("A·x = b is solved for random positive definite A; an integer weight is a repeated row", () => {
    const entry = fc.double({ min: -2, max: 2, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(entry, entry, entry), { minLength: 3, maxLength: 3 }), (rows) => {
        const a = rows.map((r, i) => rows.map((s, j) => dot(r, s) + (i === j ? 0.5 : 0)));
        const solution = choleskySolve(cholesky(a), [1, -2, 3]);
        expect(a.map((row) => dot(row, solution))).toEqual([1, -2, 3].map((b) => expect.closeTo(b, 6)));
      }),
      { seed: 7 },
    );
    const weighted = ridge({ x, y, weights: [1, 2, 1, 1, 1] });
    const repeated = leastSquares([...x, x[1]], [...y, y[1]]);
    expect(weighted).toEqual(repeated.map((b) => expect.closeTo(b, 10)));
  });

  test("refuses collinear columns without a penalty, ragged rows and non-finite values", () => {
    const collinear = [1, 2, 3].map((v) => [v, 2 * v]);
    expect(() => leastSquares(collinear, [1, 2, 3])).toThrow("not positive definite");
    expect(() => ridge({ x: collinear, y: [1, 2, 3], penalty: 0.1 })).not.toThrow();
    expect(() => leastSquares([[1, 2], [1]], [1, 2])).toThrow("row 1 of x: expected shape [2], got [1]");
    expect(() => leastSquares(x, [1, 2, Number.NaN, 3, 4])).toThrow("finite values, got NaN");
  });
});
