/** @file The algebra under the learning curves, against dense Gaussians of scipy; the shapes themselves. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { curveShapes } from "./curveShapes.ts";
import { maybeShapeFit, shapePosterior, shapeSums } from "./shapeEvidence.ts";

const w = [-0.8, -0.3, 0, 0.4];
const y = [0.1, 0.35, 0.4, 0.62];

describe("shape evidence", () => {
  test("posterior and marginal likelihood are those of the dense Gaussian", () => {
    // X=np.c_[1-w,w]; multivariate_normal.logpdf(y, X@m, X@C@X.T+.01*np.eye(4)) -> 3.569235178497056
    // np.linalg.inv(inv(C)+X.T@X/.01)@(inv(C)@m+X.T@y/.01) -> [.44048897, .87245029]
    const prior = { mean: [0.4, 0.9], covariance: [0.02, 0.005, 0.03], noiseVariance: 0.01 } as const;
    const { end, logEvidence } = shapePosterior(shapeSums(w, y), prior);
    expect(end).toBeCloseTo(0.87245029, 7);
    expect(logEvidence).toBeCloseTo(3.569235178497056, 9);
  });

  test("least squares recovers the ends of an exact curve; points at one place determine none", () => {
    const exact = w.map((x) => 0.3 * (1 - x) + 0.8 * x);
    const fit = maybeShapeFit(shapeSums(w, exact))!;
    expect(fit.v).toEqual([expect.closeTo(0.3, 10), expect.closeTo(0.8, 10)]);
    expect(fit.rss).toBeCloseTo(0, 12);
    expect(maybeShapeFit(shapeSums([0.5, 0.5], [1, 2]))).toBeUndefined();
  });

  test("every shape is monotone and finite over the training", () => {
    fc.assert(
      fc.property(fc.integer({ min: 50, max: 100000 }), (last) => {
        for (const { g } of curveShapes(last)) {
          const values = [0.01, 0.1, 0.3, 1].map((share) => g(Math.max(1, share * last)));
          expect(values.every(Number.isFinite)).toBe(true);
          expect(values.every((v, i) => i === 0 || v <= values[i - 1])).toBe(true);
        }
      }),
      { seed: 7, numRuns: 20 },
    );
  });
});
