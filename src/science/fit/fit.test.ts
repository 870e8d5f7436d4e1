/** @file Minimisers against closed forms and scipy (fixtures/reference.py makes the numbers). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dot } from "../stats/linear.ts";
import reference from "./fixtures/reference.json" with { type: "json" };
import { minimize } from "./lbfgs.ts";
import { leastSquaresFit, type ResidualFunction } from "./levenbergMarquardt.ts";
import { nonNegativeSolve } from "./nonNegative.ts";
import { huber, huberSlope, huberWeight, logSumExp } from "./robust.ts";

const close = (values: readonly number[], digits = 6) => values.map((value) => expect.closeTo(value, digits));

describe("Huber's loss and logSumExp", () => {
  test("agree with scipy", () => {
    for (const [delta, residual, value] of reference.huber) expect(huber(residual, delta)).toBeCloseTo(value, 14);
    for (const [values, sum] of reference.logSumExp)
      expect(logSumExp(values as number[])).toBeCloseTo(sum as number, 12);
  });

  test("the slope is the derivative, and residual times weight is the slope", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -5, max: 5, noNaN: true }),
        fc.double({ min: 0.1, max: 3, noNaN: true }),
        (r, delta) => {
          const h = 1e-6;
          expect((huber(r + h, delta) - huber(r - h, delta)) / (2 * h)).toBeCloseTo(huberSlope(r, delta), 5);
          expect(r * huberWeight(r, delta)).toBeCloseTo(huberSlope(r, delta), 12);
        },
      ),
      { seed: 3 },
    );
  });

  test("logSumExp of nothing throws, of −∞ alone is −∞, of ∞ is ∞", () => {
    expect(() => logSumExp([])).toThrow("at least 1 value");
    expect(logSumExp([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY])).toBe(Number.NEGATIVE_INFINITY);
    expect(logSumExp([1, Number.POSITIVE_INFINITY])).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("L-BFGS", () => {
  const rosenbrock = (x: Float64Array, g: Float64Array) => {
    const [a, b] = x;
    g[0] = -2 * (1 - a) - 400 * a * (b - a * a);
    g[1] = 200 * (b - a * a);
    return (1 - a) ** 2 + 100 * (b - a * a) ** 2;
  };

  test("reaches the minimum (1, 1) of Rosenbrock's function from its classic start", () => {
    const found = minimize(rosenbrock, { start: [-1.2, 1], valueTolerance: 0 });
    expect([...found.x]).toEqual(close([1, 1], 7));
    expect(found.converged).toBe(true);
  });

  test("a logistic regression agrees with scipy", () => {
    const { features, labels, weights, value } = reference.logistic;
    const found = minimize(
      (w, g) => {
        g.set(w.map((one) => 0.1 * one));
        let sum = 0.05 * dot([...w], [...w]);
        features.forEach((row: number[], i: number) => {
          const z = dot(row, [...w]);
          sum += Math.log1p(Math.exp(z)) - labels[i] * z;
          const slope = 1 / (1 + Math.exp(-z)) - labels[i];
          for (let j = 0; j < 3; j++) g[j] += slope * row[j];
        });
        return sum;
      },
      { start: [0, 0, 0] },
    );
    expect([...found.x]).toEqual(close(weights));
    expect(found.value).toBeCloseTo(value, 9);
  });

  test("solves random convex quadratics, and never ends above its start", () => {
    const entry = fc.double({ min: -2, max: 2, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.array(entry, { minLength: 4, maxLength: 4 }), { minLength: 4, maxLength: 4 }), (rows) => {
        const a = rows.map((r, i) => rows.map((s, j) => dot(r, s) + (i === j ? 0.5 : 0)));
        const f = (x: Float64Array, g: Float64Array) => {
          const ax = a.map((row) => dot(row, [...x]));
          for (let i = 0; i < 4; i++) g[i] = ax[i] - (i + 1);
          return 0.5 * dot([...x], ax) - x.reduce((sum, value, i) => sum + value * (i + 1), 0);
        };
        const found = minimize(f, { start: [1, -1, 2, 0], valueTolerance: 0 });
        expect(a.map((row) => dot(row, [...found.x]))).toEqual(close([1, 2, 3, 4], 5));
      }),
      { seed: 11, numRuns: 50 },
    );
  });

  test("steps back from where the function is not finite", () => {
    const found = minimize(
      (x, g) => {
        g[0] = 1 - 1 / x[0];
        return x[0] > 0 ? x[0] - Math.log(x[0]) : Number.NaN;
      },
      { start: [8] },
    );
    expect(found.x[0]).toBeCloseTo(1, 6);
  });

  test("a start that is not finite throws; too few iterations do not claim convergence", () => {
    expect(() => minimize(() => Number.NaN, { start: [0] })).toThrow("expected a point with a finite value");
    expect(minimize(rosenbrock, { start: [-1.2, 1], maxIterations: 3 }).converged).toBe(false);
  });
});

describe("Levenberg–Marquardt", () => {
  const { x, y, plain, plainCost, robust, robustCost, huberDelta } = reference.curve;
  const decay: ResidualFunction = (p, residuals, jacobian) => {
    for (let i = 0; i < x.length; i++) {
      const e = Math.exp(-p[1] * x[i]);
      residuals[i] = p[0] * e + p[2] - y[i];
      jacobian[0][i] = e;
      jacobian[1][i] = -p[0] * x[i] * e;
      jacobian[2][i] = 1;
    }
  };

  test("agrees with scipy, plain and with Huber's loss", () => {
    const least = leastSquaresFit(decay, { start: [1, 1, 0], residuals: x.length });
    expect([...least.x]).toEqual(close(plain, 5));
    expect(least.loss).toBeCloseTo(plainCost, 10);
    const found = leastSquaresFit(decay, { start: [1, 1, 0], residuals: x.length, huberDelta, valueTolerance: 1e-14 });
    expect([...found.x]).toEqual(close(robust, 4));
    expect(found.loss).toBeCloseTo(robustCost, 9);
    expect(found.converged).toBe(true);
  });

  test("stops at a bound and names it", () => {
    const held = leastSquaresFit(decay, {
      start: [1, 1, 0],
      residuals: x.length,
      lower: [0, 0, 0.9],
      upper: [9, 9, 9],
    });
    expect(held.x[2]).toBe(0.9);
    expect(held.atBound).toEqual([2]);
    expect(held.loss).toBeGreaterThan(plainCost);
  });

  test("finds exact parameters of noiseless curves from any start nearby", () => {
    const parameter = fc.double({ min: 0.5, max: 2, noNaN: true });
    fc.assert(
      fc.property(parameter, parameter, (a, b) => {
        const f: ResidualFunction = (p, residuals, jacobian) => {
          for (let i = 0; i < 12; i++) {
            residuals[i] = p[0] * Math.exp(-p[1] * i * 0.2) - a * Math.exp(-b * i * 0.2);
            jacobian[0][i] = Math.exp(-p[1] * i * 0.2);
            jacobian[1][i] = -p[0] * i * 0.2 * jacobian[0][i];
          }
        };
        expect([...leastSquaresFit(f, { start: [1, 1], residuals: 12 }).x]).toEqual(close([a, b]));
      }),
      { seed: 5, numRuns: 40 },
    );
  });

  test("a start without finite residuals throws, and so do bounds of another length", () => {
    const bad: ResidualFunction = (_, residuals) => void residuals.fill(Number.NaN);
    expect(() => leastSquaresFit(bad, { start: [0], residuals: 2 })).toThrow("expected a point with finite residuals");
    expect(() => leastSquaresFit(bad, { start: [0], residuals: 2, lower: [0, 1], upper: [1] })).toThrow(
      "expected shape [1]",
    );
  });
});

describe("non-negative least squares", () => {
  const sumsOf = (a: number[][], b: number[]) => ({
    gram: a[0].map((_, j) => a[0].map((__, k) => a.reduce((sum, row) => sum + row[j] * row[k], 0))),
    moment: a[0].map((_, j) => a.reduce((sum, row, i) => sum + row[j] * b[i], 0)),
  });

  test("agrees with scipy, where one coefficient is held at 0", () => {
    const { a, b, solution } = reference.nnls;
    const { gram, moment } = sumsOf(a, b);
    expect(nonNegativeSolve(gram, moment)).toEqual(close(solution, 8));
    expect(solution).toContain(0);
  });

  test("meets the conditions of a minimum: nothing negative, no pull on what is positive, none upwards on zeros", () => {
    const entry = fc.double({ min: -2, max: 2, noNaN: true });
    const rows = fc.array(fc.tuple(entry, entry, entry, entry), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(rows, (all) => {
        const { gram, moment } = sumsOf(
          all.map(([a, b, c]) => [a + 0.1, b, c]),
          all.map(([, , , y]) => y),
        );
        const c = nonNegativeSolve(gram, moment);
        moment.forEach((m, j) => {
          const pull = m - dot(gram[j], c);
          expect(c[j]).toBeGreaterThanOrEqual(0);
          if (c[j] > 0) expect(Math.abs(pull)).toBeLessThan(1e-6 * (1 + Math.abs(m)));
          else expect(pull).toBeLessThan(1e-6 * (1 + Math.abs(m)));
        });
      }),
      { seed: 13 },
    );
  });

  test("free columns may be negative; equal columns give one of the minima; non-finite sums throw", () => {
    const one = [
      [2, 0],
      [0, 2],
    ];
    expect(nonNegativeSolve(one, [-2, 4], [false, true])).toEqual(close([-1, 2], 12));
    const [u, v] = nonNegativeSolve(
      [
        [1, 1],
        [1, 1],
      ],
      [3, 3],
    );
    expect(u + v).toBeCloseTo(3, 10);
    expect(() => nonNegativeSolve(one, [Number.NaN, 1])).toThrow("finite values");
  });
});
