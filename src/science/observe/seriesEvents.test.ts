/** @file All events of a series: what is notable first, scales, what is refused and said, divergence near zero. */
import { describe, expect, test } from "vitest";
import { EventSchema, type MeasureSpec, Rng } from "../../core/index.ts";
import { seriesEvents } from "./seriesEvents.ts";
import { autoregressive, seriesOf } from "./synthetic.fixture.ts";

const accuracy: Partial<MeasureSpec> = { direction: "higher", family: "capability", unit: "share", range: [0, 1] };
const loss = { direction: "lower", family: "loss" } as const;

describe("seriesEvents", () => {
  test("a clean power-law loss has no events", () => {
    for (const n of [20, 100, 5000]) {
      const values = Array.from({ length: n }, (_, i) => 2 + 5 * (i + 1) ** -0.4);
      expect(seriesEvents({ ...seriesOf(values), spec: loss }).events).toEqual([]);
    }
  });

  test("a take-off after a plateau, then a collapse: both, the plateau too, and every event fits the schema", () => {
    const noise = autoregressive(Rng.of(1, "both"), 120, 0.2);
    const values = noise.map((e, i) => 0.01 * e + 0.05 + (i < 50 ? 0 : i < 95 ? 0.85 : 0.2));
    const { events, rise } = seriesEvents({ ...seriesOf(values), spec: accuracy });
    const kinds = events.map(({ event }) => event.kind);
    expect(kinds).toContain("collapse");
    expect(kinds).toContain("plateau");
    expect(events.filter(({ event }) => event.kind === "change-point").map(({ event }) => event.step)).toEqual(
      expect.arrayContaining([510, 960]),
    );
    for (const { event } of events) expect(EventSchema.parse(event)).toEqual(event);
    const notable = events.map(({ notability }) => notability);
    expect(notable).toEqual([...notable].sort((a, b) => b - a));
    expect(rise === undefined || rise.r2 < 0.9).toBe(true);
  });

  test("an outlier is a spike and neither a change nor a decline, though it is the last but one", () => {
    const noise = autoregressive(Rng.of(2, "late"), 40, 0);
    const values = noise.map((e, i) => 0.5 + 0.01 * e - (i === 37 ? 0.4 : 0));
    const { events } = seriesEvents({ ...seriesOf(values), spec: accuracy });
    expect(events.map(({ event }) => [event.kind, event.step])).toEqual([["spike", 380]]);
  });

  test("perplexity is judged on its logarithm, and its levels are given back as perplexities", () => {
    const noise = autoregressive(Rng.of(3, "ppl"), 80, 0);
    const values = noise.map((e, i) => Math.exp((i < 40 ? 10 : 4) + 0.05 * e));
    const { scale, events } = seriesEvents({ ...seriesOf(values), spec: { ...loss, unit: "perplexity" } });
    expect(scale).toBe("log");
    const { before, after } = events[0].event.evidence as { before: number; after: number };
    expect(before).toBeGreaterThan(Math.exp(9.8));
    expect(after).toBeLessThan(Math.exp(4.2));
  });

  test("a loss that triples near zero has not diverged; one that leaves for good, or turns NaN, has", () => {
    const falling = Array.from({ length: 30 }, (_, i) => 4 * 0.5 ** i);
    const kinds = (values: number[]) =>
      seriesEvents({ ...seriesOf(values), spec: loss }).events.map(({ event }) => event.kind);
    expect(kinds([...falling, 1e-4, 1e-4, 1e-4])).not.toContain("divergence");
    expect(kinds([...falling, 5, 6, 7])[0]).toBe("divergence");
    expect(kinds([...falling, Number.NaN, Number.NaN])[0]).toBe("divergence");
  });

  test("what moves little on a bounded scale is less notable than what moves much", () => {
    const of = (height: number) => {
      const noise = autoregressive(Rng.of(4, "height"), 100, 0);
      const values = noise.map((e, i) => 0.3 + height * (i < 50 ? 0 : 1) + 0.02 * height * e);
      return seriesEvents({ ...seriesOf(values), spec: accuracy }).events[0].notability;
    };
    expect(of(0.01)).toBeLessThan(0.3 * of(0.3));
  });

  test("too few values are refused once for each reason, and a series without any finite one is an error", () => {
    const { events, refused } = seriesEvents({ ...seriesOf([1, 2, 3]), spec: accuracy });
    expect(events).toEqual([]);
    expect(refused.map(({ kind }) => kind)).toEqual(["change-point"]);
    expect(() => seriesEvents(seriesOf([Number.NaN]))).toThrow("none finite");
  });
});
