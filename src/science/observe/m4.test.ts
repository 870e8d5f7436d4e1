import fc from "fast-check";
import { expect, test } from "vitest";
import { m4 } from "./m4.ts";

/** Per pixel column: entry, exit, lowest and highest value, by brute force. */
function drawn(steps: readonly number[], values: readonly number[], pixels: number): string[] {
  const [low, high] = [Math.min(...steps), Math.max(...steps)];
  const columns = new Map<number, number[]>();
  steps.forEach((step, i) => {
    if (!Number.isFinite(values[i])) return;
    const column = high > low ? Math.min(pixels - 1, Math.floor(((step - low) * pixels) / (high - low))) : 0;
    columns.set(column, [...(columns.get(column) ?? []), values[i]]);
  });
  return [...columns]
    .sort(([a], [b]) => a - b)
    .map(([column, all]) => JSON.stringify([column, all[0], all.at(-1), Math.min(...all), Math.max(...all)]));
}

test("a line of the kept points is drawn like one of all", () => {
  const value = fc.integer({ min: -50, max: 50 });
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 300 }), fc.integer({ min: 1, max: 16 }), (values, power) => {
      const steps = values.map((_, i) => i);
      const { rows, total } = m4(steps, values, { pixels: power });
      expect(total).toBe(values.length);
      expect(rows.length).toBeLessThanOrEqual(4 * power);
      const [end] = [values.length - 1];
      // The ends hold the scale: they are the first and the last point.
      expect([rows[0], rows.at(-1)]).toEqual([0, end]);
      expect(
        drawn(
          rows.map((row) => steps[row]),
          rows.map((row) => values[row]),
          power,
        ),
      ).toEqual(drawn(steps, values, power));
    }),
    { seed: 7 },
  );
});

test("no spike is lost among a million points, and no NaN or infinity goes unseen", () => {
  const n = 1_000_000;
  const values = new Float64Array(n).fill(1);
  values[123_456] = 1e6;
  values[500_000] = Number.NaN;
  values[700_000] = Number.NEGATIVE_INFINITY;
  const steps = Float64Array.from(values, (_, i) => i);
  const { rows, nonFinite } = m4(steps, values, { pixels: 1200 });
  expect(rows).toContain(123_456);
  expect(nonFinite.map(({ nan, positive, negative }) => [nan, positive, negative])).toEqual([
    [1, 0, 0],
    [0, 0, 1],
  ]);
});

test("refuses columns of different lengths, and no pixels", () => {
  expect(() => m4([1], [], { pixels: 10 })).toThrow("m4: values: expected shape [1], got [0]");
  expect(() => m4([], [], { pixels: 0 })).toThrow("expected a positive integer");
  expect(m4([], [], { pixels: 3 })).toEqual({ rows: [], nonFinite: [], total: 0 });
});
