/** @file Declines, collapses and excursions: what they are, what they are not, false alarms, refusals. */
import { describe, expect, test } from "vitest";
import { EventSchema, Rng } from "../../core/index.ts";
import { maybeDecline } from "./decline.ts";
import { excursions } from "./excursions.ts";
import { autoregressive, binomialUpper, seriesOf } from "./synthetic.fixture.ts";

describe("maybeDecline", () => {
  const fall = (to: number) =>
    Array.from({ length: 60 }, (_, i) => (i < 30 ? i / 30 : i < 40 ? 1 - ((1 - to) * (i - 30)) / 10 : to));

  test("tells how much of the gain is gone, and calls more than half a collapse", () => {
    const noise = autoregressive(Rng.of(1, "fall"), 60, 0.3);
    const event = maybeDecline(seriesOf(fall(0.2).map((v, i) => v + 0.02 * noise[i])), { better: "higher" });
    expect(event).toMatchObject({ kind: "collapse", measure: "m" });
    expect(EventSchema.parse(event)).toEqual(event);
    expect(event!.evidence.shareOfGainLost).toBeCloseTo(0.8, 1);
    expect(event!.low).toBeLessThan(350);
    expect(event!.high).toBeLessThanOrEqual(420);
    expect(maybeDecline(seriesOf(fall(0.8)), { better: "higher" })?.kind).toBe("decline");
    expect(maybeDecline(seriesOf(fall(0.2).map((v) => -v)), { better: "lower" })?.kind).toBe("collapse");
    expect(maybeDecline(seriesOf(fall(0.2)), { better: "lower" })).toBeUndefined();
  });

  test("a fall that is made good is none, and neither is one that the errors explain", () => {
    const dip = Array.from({ length: 60 }, (_, i) => Math.min(1, i / 20) - (i >= 30 && i < 40 ? 0.7 : 0));
    expect(maybeDecline(seriesOf(dip), { better: "higher" })).toBeUndefined();
    const values = fall(0.7);
    expect(maybeDecline(seriesOf(values), { better: "higher", ses: values.map(() => 0.2) })).toBeUndefined();
  });

  test("series that rise and then stay have one in no more than 1% of cases, at any correlation", () => {
    for (const correlation of [0, 0.5, 0.9]) {
      let alarms = 0;
      for (let seed = 0; seed < 200; seed++) {
        const noise = autoregressive(Rng.of(seed, "stay", correlation), 80, correlation);
        const values = noise.map((e, i) => 10 * (1 - Math.exp(-i / 10)) + e);
        if (maybeDecline(seriesOf(values), { better: "higher" }) !== undefined) alarms++;
      }
      expect(alarms).toBeLessThanOrEqual(binomialUpper(200, 0.01));
    }
  });

  test("refuses eight values", () => {
    expect(() => maybeDecline(seriesOf([1, 2, 3, 4, 5, 6, 7, 8]), { better: "higher" })).toThrow("at least 9");
  });
});

describe("excursions", () => {
  test("finds one bad checkpoint, and two in a row, upwards and downwards, near the end too", () => {
    const noise = autoregressive(Rng.of(2, "bad"), 30, 0);
    const values = noise.map(
      (e, i) => 0.1 * e + 0.05 * i + (i === 12 ? 3 : 0) - (i === 20 || i === 21 ? 3 : 0) + (i === 28 ? 4 : 0),
    );
    const found = excursions(seriesOf(values));
    expect(found.map(({ step, low, high }) => [step, low, high])).toEqual([
      [130, 120, 130],
      [found[1].step, 200, 220],
      [290, 280, 290],
    ]);
    expect(found[1].evidence).toMatchObject({ evaluations: 2 });
    expect(Number(found[1].evidence.height)).toBeLessThan(-2);
    expect(EventSchema.parse(found[0])).toEqual(found[0]);
  });

  test("no slope, jump or bend is one", () => {
    const shapes = [
      (i: number) => 2 ** -i,
      (i: number) => (i < 15 ? 0 : 5),
      (i: number) => Math.abs(i - 15),
      (i: number) => i,
    ];
    for (const shape of shapes)
      expect(excursions(seriesOf(Array.from({ length: 30 }, (_, i) => shape(i))))).toEqual([]);
  });

  test("normal noise of any length gives none in 100 series", () => {
    // A height of six sds above the nearest of six neighbours: 2n(1 − Φ(6/√2)) = .0004 for n = 20, .02 for n = 1,000.
    let alarms = 0;
    for (let seed = 0; seed < 100; seed++)
      for (const n of [20, 100, 1000])
        if (excursions(seriesOf(autoregressive(Rng.of(seed, "quiet", n), n, 0))).length > 0) alarms++;
    expect(alarms).toBeLessThanOrEqual(binomialUpper(300, 0.02));
  });

  test("stated errors hide what they explain; what is not finite is left out; eight values are refused", () => {
    const values = Array.from({ length: 20 }, (_, i) => (i === 9 ? 5 : 0.1 * (i % 2)));
    expect(excursions(seriesOf(values), { ses: values.map(() => 2) })).toEqual([]);
    values[3] = Number.NaN;
    expect(excursions(seriesOf(values))).toMatchObject([{ step: 100, evidence: { leftOut: 1 } }]);
    expect(() => excursions(seriesOf([1, 2, 3, 4, 5, 6, 7, 8]))).toThrow("at least 9");
  });
});
