/**
 * @file The factored likelihood, its gradient and the predictions against the same things done with whole matrices.
 */
import { expect, test } from "vitest";
import { Rng } from "../../../core/index.ts";
import { cholesky, choleskySolve, dot } from "../../stats/linear.ts";
import { factor, likelihoodGradient, type RunCovariances, stepBasis, toBasis } from "./evidence.ts";

const R = 4;
const G = 5;
const LOG_STEPS = [0, 0.7, 1.1, 2, 2.4];
const GROWTH = Float64Array.from({ length: G * G }, (_, t) => Math.min(LOG_STEPS[Math.floor(t / G)], LOG_STEPS[t % G]));
const NOISE = Float64Array.of(1, 0.5, 1, 0.25, 1);

function example(): { y: Float64Array; at: RunCovariances } {
  const rng = Rng.of("evidence");
  const positive = (size: number) => {
    const half = Array.from({ length: R * R }, () => rng.normal());
    return Float64Array.from({ length: R * R }, (_, t) => {
      const [i, k] = [Math.floor(t / R), t % R];
      let sum = 0;
      for (let j = 0; j < R; j++) sum += half[i * R + j] * half[k * R + j];
      return size * sum;
    });
  };
  const y = Float64Array.from({ length: R * G }, () => rng.normal());
  return { y, at: { level: positive(0.3), growth: positive(0.5), noiseVariance: 0.4 } };
}

function dense({ level, growth, noiseVariance }: RunCovariances): number[][] {
  return Array.from({ length: R * G }, (_, a) =>
    Array.from({ length: R * G }, (__, b) => {
      const [i, s, k, t] = [Math.floor(a / G), a % G, Math.floor(b / G), b % G];
      return level[i * R + k] + growth[i * R + k] * GROWTH[s * G + t] + (a === b ? noiseVariance * NOISE[s] : 0);
    }),
  );
}

function denseLogLikelihood(y: Float64Array, at: RunCovariances): number {
  const l = cholesky(dense(at));
  const logDeterminant = l.reduce((sum, row, i) => sum + 2 * Math.log(row[i]), 0);
  return -0.5 * (dot([...y], choleskySolve(l, [...y])) + logDeterminant + R * G * Math.log(2 * Math.PI));
}

test("equals the multivariate normal likelihood with the whole covariance", () => {
  const { y, at } = example();
  const basis = stepBasis(GROWTH, NOISE);
  expect(factor(toBasis(y, R, basis), R, basis, at)!.logLikelihood).toBeCloseTo(denseLogLikelihood(y, at), 8);
});

test("its gradient equals central differences of the whole-matrix likelihood", () => {
  const { y, at } = example();
  const basis = stepBasis(GROWTH, NOISE);
  const gradient = likelihoodGradient(basis, factor(toBasis(y, R, basis), R, basis, at)!);
  const epsilon = 1e-5;
  const moved = (part: "level" | "growth", i: number, k: number, by: number): RunCovariances => {
    const matrix = at[part].slice();
    matrix[i * R + k] += by;
    if (i !== k) matrix[k * R + i] += by;
    return { ...at, [part]: matrix };
  };
  for (const part of ["level", "growth"] as const)
    for (const [i, k] of [
      [0, 0],
      [1, 2],
      [3, 3],
      [0, 3],
    ]) {
      const up = denseLogLikelihood(y, moved(part, i, k, epsilon));
      const down = denseLogLikelihood(y, moved(part, i, k, -epsilon));
      expect(gradient[part][i * R + k] * (i === k ? 1 : 2)).toBeCloseTo((up - down) / (2 * epsilon), 4);
    }
  const at2 = (by: number) => denseLogLikelihood(y, { ...at, noiseVariance: at.noiseVariance + by });
  expect(gradient.noiseVariance).toBeCloseTo((at2(epsilon) - at2(-epsilon)) / (2 * epsilon), 4);
});
