import fc from "fast-check";
import { expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { frequencyNorms, gini } from "./fourier.ts";

const P = 53;
const WIDTH = 64;

/** The first layer of Gromov's closed-form solution: cos(2πkn/p + φ) with one frequency or with many. */
function waves(frequencyOf: (column: number) => number): Float32Array {
  return Float32Array.from({ length: P * WIDTH }, (_, i) => {
    const column = i % WIDTH;
    return Math.cos((2 * Math.PI * frequencyOf(column) * Math.floor(i / WIDTH)) / P + column);
  });
}

test("an embedding of one frequency has all of its norm there and the largest possible Gini", () => {
  const norms = frequencyNorms(
    waves(() => 7),
    P,
    WIDTH,
  );
  expect(norms[6]).toBeCloseTo(Math.sqrt((WIDTH * P) / 2), 4);
  expect(Math.max(...norms.filter((_, k) => k !== 6))).toBeLessThan(1e-4);
  expect(gini(norms)).toBeCloseTo(25 / 26, 4);
});

test("the frequencies and the mean hold the whole of a matrix (Parseval), random embeddings spread it evenly", () => {
  const rng = Rng.of("fourier");
  const matrix = Float32Array.from({ length: P * WIDTH }, () => rng.normal());
  const norms = frequencyNorms(matrix, P, WIDTH);
  let total = 0;
  let ofMeans = 0;
  for (let column = 0; column < WIDTH; column++) {
    let sum = 0;
    for (let n = 0; n < P; n++) {
      sum += matrix[n * WIDTH + column];
      total += matrix[n * WIDTH + column] ** 2;
    }
    ofMeans += sum ** 2 / P;
  }
  expect(norms.reduce((sum, norm) => sum + norm ** 2, 0) + ofMeans).toBeCloseTo(total, 2);
  expect(gini(norms)).toBeLessThan(0.1);
});

test("Gini is 0 for equal values, (n−1)/n for one, and free of scale and order", () => {
  expect(gini(Float64Array.of(2, 2, 2))).toBeCloseTo(0, 12);
  expect(gini(Float64Array.of(0, 0, 5, 0))).toBeCloseTo(0.75, 12);
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { minLength: 1 }), (values) => {
      const scaled = Float64Array.from([...values].reverse(), (value) => 3 * value);
      expect(gini(scaled)).toBeCloseTo(gini(Float64Array.from(values)), 9);
    }),
    { seed: 9 },
  );
});

test("refuses an even modulus, a wrong length and negative values", () => {
  expect(() => frequencyNorms(new Float32Array(8), 4, 2)).toThrow(
    "frequencyNorms: p: expected an odd integer ≥ 3, got 4",
  );
  expect(() => frequencyNorms(new Float32Array(8), 5, 2)).toThrow("expected shape [5, 2], got [8]");
  expect(() => gini(Float64Array.of(1, -1))).toThrow("gini: expected values ≥ 0, got -1");
  expect(() => gini(new Float64Array(0))).toThrow("at least one value");
});
