import { describe, expect, test } from "vitest";
import { keyOf } from "../../core/index.ts";
import { hutchinsonDiagonal, hutchinsonTrace } from "./hutchinson.ts";
import { hutchPlusPlusTrace } from "./hutchPlusPlus.ts";
import { diagonalOperator, matrixOperator, rotatedMatrix } from "./matrix.fixture.ts";
import { gaussian, rademacher } from "./probes.ts";

const SPECTRUM = Array.from({ length: 24 }, (_, i) => (i === 0 ? 9 : 1 / (i + 1)));
const TRACE = SPECTRUM.reduce((total, value) => total + value, 0);
const MATRIX = rotatedMatrix(SPECTRUM, 5);
const OPERATOR = matrixOperator(MATRIX);

describe("trace", () => {
  test("every draw is exact for a diagonal matrix", async () => {
    const estimate = await hutchinsonTrace(diagonalOperator([1, 2, -5, 4]), { probes: 3, key: keyOf(1) });
    expect(estimate).toMatchObject({ value: 2, low: 2, high: 2, level: 0.95, n: 3 });
    expect(estimate.method).toBe("Hutchinson trace, 3 Rademacher probes, Student interval");
  });

  test.each<[string, readonly number[]]>([
    ["one dominant eigenvalue", SPECTRUM],
    ["a dominant negative one", SPECTRUM.map((value) => -value)],
    ["an even spectrum", SPECTRUM.map((_, i) => i / 12 - 1)],
  ])("with %s, the interval of 12 probes holds the trace as often as it says, over 800 keys", async (_, spectrum) => {
    const operator = matrixOperator(rotatedMatrix(spectrum, 5));
    const trace = spectrum.reduce((total, value) => total + value, 0);
    let held = 0;
    for (let seed = 0; seed < 800; seed++) {
      const { low, high } = await hutchinsonTrace(operator, { probes: 12, key: keyOf(seed, "trace") });
      if (low <= trace && trace <= high) held++;
    }
    // Three binomial standard errors of 800 trials are 2.3 points.
    expect(held / 800).toBeGreaterThan(0.927);
    expect(held / 800).toBeLessThan(0.973);
  });

  test("a draw has mean tr A and variance 2(‖A‖²_F − Σ Aᵢᵢ²)", async () => {
    const { value, low, high } = await hutchinsonTrace(OPERATOR, { probes: 4000, key: keyOf(7) });
    const squares = MATRIX.flatMap((row, i) => Array.from(row, (x, j) => (i === j ? 0 : x * x)));
    const sd = Math.sqrt(2 * squares.reduce((total, x) => total + x, 0));
    expect(Math.abs(value - TRACE)).toBeLessThan((3 * sd) / Math.sqrt(4000));
    const measured = ((high - low) / 2 / 1.9605) * Math.sqrt(4000);
    // The standard error of a standard deviation over 4,000 draws is about 1–2%.
    expect(measured / sd).toBeGreaterThan(0.94);
    expect(measured / sd).toBeLessThan(1.06);
  });

  test("Hutch++ holds the trace as often, in an interval several times shorter", async () => {
    let held = 0;
    const widths = { plain: 0, sketched: 0 };
    for (let seed = 0; seed < 200; seed++) {
      const key = keyOf(seed, "compare");
      const plain = await hutchinsonTrace(OPERATOR, { probes: 16, key });
      const sketched = await hutchPlusPlusTrace(OPERATOR, { sketch: 4, probes: 8, key });
      if (sketched.low <= TRACE && TRACE <= sketched.high) held++;
      widths.plain += plain.high - plain.low;
      widths.sketched += sketched.high - sketched.low;
    }
    expect(held / 200).toBeGreaterThan(0.9);
    expect(widths.sketched).toBeLessThan(widths.plain / 4);
  });

  test("Hutch++ is exact for a matrix of low rank", async () => {
    const operator = matrixOperator(rotatedMatrix([4, 2, 1, ...Array.from({ length: 17 }, () => 0)], 2));
    const { value, low, high } = await hutchPlusPlusTrace(operator, { sketch: 6, probes: 2, key: keyOf(1) });
    for (const bound of [value, low, high]) expect(bound).toBeCloseTo(7, 8);
  });
});

describe("diagonal", () => {
  test("holds the diagonal within 4 standard errors, and the mean of its squared z-scores is about 1", async () => {
    const { values, standardErrors, n } = await hutchinsonDiagonal(OPERATOR, { probes: 400, key: keyOf(3) });
    expect(n).toBe(400);
    const scores = Array.from(values, (value, i) => (value - MATRIX[i][i]) / standardErrors[i]);
    for (const score of scores) expect(Math.abs(score)).toBeLessThan(4);
    const meanSquare = scores.reduce((total, z) => total + z * z, 0) / scores.length;
    expect(meanSquare).toBeGreaterThan(0.3);
    expect(meanSquare).toBeLessThan(2.5);
  });

  test("is exact for a diagonal matrix", async () => {
    const { values, standardErrors } = await hutchinsonDiagonal(diagonalOperator([3, -1, 0]), {
      probes: 2,
      key: keyOf(1),
    });
    expect(Array.from(values)).toEqual([3, -1, 0]);
    expect(Array.from(standardErrors)).toEqual([0, 0, 0]);
  });
});

describe("refuses", () => {
  test("no probes, and one, which has no interval", async () => {
    for (const probes of [0, 1, 2.5]) {
      const message = `Hutchinson, probes: expected an integer of at least 2, for an interval, got ${probes}`;
      await expect(hutchinsonTrace(OPERATOR, { probes, key: keyOf(1) })).rejects.toThrow(message);
      await expect(hutchinsonDiagonal(OPERATOR, { probes, key: keyOf(1) })).rejects.toThrow(message);
    }
  });

  test("products that are not finite", async () => {
    const broken = diagonalOperator([1, Number.NaN]);
    await expect(hutchinsonTrace(broken, { probes: 4, key: keyOf(1) })).rejects.toThrow(
      "Hutchinson: the product with probe 0 is not finite",
    );
    await expect(hutchinsonDiagonal(broken, { probes: 4, key: keyOf(1) })).rejects.toThrow("probe 0 is not finite");
  });

  test("levels that are none, and sketches that leave nothing", async () => {
    await expect(hutchinsonTrace(OPERATOR, { probes: 4, key: keyOf(1), level: 95 })).rejects.toThrow("between 0 and 1");
    await expect(hutchPlusPlusTrace(OPERATOR, { sketch: 24, probes: 4, key: keyOf(1) })).rejects.toThrow("1…23");
  });
});

test("a probe is a function of its key and number alone, with equally many signs and unit variance", () => {
  expect(rademacher(keyOf(1), 7, 300).subarray(0, 200)).toEqual(rademacher(keyOf(1), 7, 200));
  expect(rademacher(keyOf(1), 7, 64)).not.toEqual(rademacher(keyOf(1), 8, 64));
  const signs = rademacher(keyOf(2), 0, 10_000);
  expect(new Set(signs)).toEqual(new Set([1, -1]));
  // Four standard errors of the mean of 10,000 draws of unit variance.
  expect(Math.abs(signs.reduce((total, sign) => total + sign, 0) / 10_000)).toBeLessThan(0.04);
  const pairs = signs.subarray(1).map((sign, i) => sign * signs[i]);
  expect(Math.abs(pairs.reduce((total, product) => total + product, 0) / 10_000)).toBeLessThan(0.04);
  const normals = gaussian(keyOf(2), 0, 9_999);
  const square = normals.reduce((total, x) => total + x * x, 0) / 9_999;
  expect(Math.abs(square - 1)).toBeLessThan(4 * Math.sqrt(2 / 9_999));
});
