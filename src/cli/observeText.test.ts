/** @file What `observe` prints: rows, shared spikes, counts, reasons; nothing but text from what it is given. */
import { expect, test } from "vitest";
import type { Event } from "../core/index.ts";
import type { Observation, ObservedEvent } from "../study/observe/observeRuns.ts";
import { alarmText, observeText } from "./observeText.ts";

const certainty = { kind: "p", value: 2e-9, of: "x" } as const;

function event(kind: Event["kind"], measure: string, step: number, evidence: Record<string, unknown>): Event {
  return { kind, measure, step, low: step - 10, high: step, evidence, method: "m", certainty };
}

const spike = (run: string, step: number): ObservedEvent => ({
  id: run,
  run: `all/${run}`,
  notability: 0.5,
  event: event("spike", "loss", step, { value: 5.2, height: 1.35, noiseSds: 11.234 }),
});

const change: ObservedEvent = {
  id: "a",
  run: "all/a",
  notability: 1,
  event: event("change-point", "acc", 500, {
    before: 0.02,
    after: 0.03,
    final: 0.6,
    slopeBefore: 0,
    slopeAfter: 1,
    flatBefore: true,
  }),
  robustness: { verdict: "not metric-robust", companion: "nll", because: "b" },
};

const observation: Observation = {
  runs: ["a", "b", "c"].map((id) => ({ id, name: `all/${id}`, measures: 2, leftOut: 1 })),
  events: [change, spike("a", 947), spike("b", 947), spike("c", 947), spike("c", 990)],
  refused: [
    { run: "all/b", measure: "acc", code: "REFUSED", reason: "Change points of acc: too few" },
    { run: "all/c", measure: "f1", code: "REFUSED", reason: "Change points of f1: too few" },
  ],
  onsets: [],
  mixtures: [],
  series: 6,
  quiet: 2,
};

test("one row for a series and kind, the folder of the names left out, spikes at one step told, reasons joined", () => {
  expect(observeText(observation, { limit: 10 })).toMatchInlineSnapshot(`
    "RUN  MEASURE  EVENT         STEP  WITHIN      WHAT                                             SURE      METRIC
    a    acc      change-point   500  (490, 500]  rises after being flat, 0.02 → 0.6               p < 1e-6  not metric-robust (nll)
    a    loss     spike          947  (937, 947]  5.2, +1.35 from its neighbours (11 sds)          p < 1e-6
    b    loss     spike          947  (937, 947]  5.2, +1.35 from its neighbours (11 sds)          p < 1e-6
    c    loss     spike          947  (937, 947]  5.2, +1.35 from its neighbours (11 sds); 1 more  p < 1e-6

    Spikes that runs share (the same batch or evaluation, rather than the run, may be the cause): loss at 947 in 3 runs

    Not judged:
      2 series, first all/b acc: Change points of acc: too few

    Runs are those of all/. Looked at 6 series of 3 runs: 4 with events (change-point 1, spike 4), 2 without; 3 left out (clocks, the optimizer's own, or not asked for: name them with --measure)."
  `);
});

test("rows beyond the limit are counted, and nothing found is said", () => {
  expect(observeText(observation, { limit: 1 })).toContain("… 3 more rows (--limit)");
  expect(observeText({ ...observation, events: [], quiet: 6 }, { limit: 1 })).toContain("No events.");
});

test("an alarm is one line with its step, its interval and how sure it is", () => {
  const posterior = { kind: "posterior", value: 0.987, of: "x" } as const;
  const alarm = {
    id: "a",
    run: "a",
    isPast: true,
    event: { ...event("change-point", "loss", 60, { value: 2.5 }), certainty: posterior },
  };
  expect(alarmText(alarm)).toBe(
    "before: step 60: a loss changes, now 2.5, since a step within (50, 60] (posterior 0.99)",
  );
});
