/**
 * @file Test only: an invented StudyResults of an onset study (grokking): right-censored outcomes, runs at risk, a design
 * that found nothing. No number here was measured.
 */
import { type Event, type OnsetDefinition, Rng, sha256Hex } from "../../core/index.ts";
import type { PredictTarget, StudyResults } from "../results.ts";
import {
  FIXTURE_METHODS,
  fixtureContrast,
  fixtureEstimate,
  fixtureScores,
  flagshipFixture,
  normalDistribution,
} from "./flagship.fixture.ts";

const LAST = 1000;
const STEPS = Array.from({ length: 50 }, (_, i) => (i + 1) * 20);
const ONSET: OnsetDefinition = { measure: "test.accuracy", threshold: 0.95, direction: "above", hold: 2 };
const runId = (kind: string, i: number): string => `r${sha256Hex(`grokking/${kind}/${i}`).slice(0, 24)}`;
const seedsOf = (seed: number) => ({ split: seed, init: seed });

/** The same object at every call. Quick. Some runs never grok; the ledger, cost and lineage are the flagship's manner. */
export function grokkingFixture(): StudyResults {
  const rng = Rng.of("grokking");
  const base = flagshipFixture(2);
  const onsetSteps = Array.from({ length: 12 }, (_, i) => (i === 3 ? null : 360 + 45 * rng.normal()));
  const runs = onsetSteps.map((_, i) => ({ run: runId("cohort", i), seeds: seedsOf(i + 1) }));
  const rise = (t: number, middle: number, width: number): number => 1 / (1 + Math.exp(-(t - middle) / width));
  const values = {
    "train.accuracy": runs.map(() => STEPS.map((t) => rise(t, 40 + 2 * rng.normal(), 7))),
    "test.accuracy": onsetSteps.map((onset) => STEPS.map((t) => 0.02 + 0.98 * rise(t, (onset ?? 1900) - 90, 32))),
    "weight.norm": runs.map((_, r) =>
      STEPS.map((t, i) => (r === 3 && i > 30 ? null : 30 + 25 * Math.exp(-t / 300) + 0.3 * rng.normal())),
    ),
  };
  const events = onsetSteps.map(
    (step): Event => ({
      kind: "onset",
      measure: ONSET.measure,
      step,
      low: step === null ? LAST : step - 20,
      high: step,
      evidence: {},
      method: "first of 2 evaluations in a row past the threshold",
    }),
  );
  const cutoffs = [100, 200, 350];
  const fresh = Array.from({ length: 16 }, (_, i) => ({ run: runId("forecast", i), seeds: seedsOf(1001 + i) }));
  const outcomes = fresh.map(({ run }, i) => ({ run, value: i === 2 || i === 9 ? null : 360 + 55 * rng.normal() }));
  const atRisk = cutoffs.map((cutoff) => outcomes.filter(({ value }) => value === null || value > cutoff));
  const target: PredictTarget = {
    outcome: { onset: ONSET },
    label: "onset(test.accuracy ≥ 0.95)",
    kind: "onset",
    methods: [...FIXTURE_METHODS],
    outcomes,
    forecasts: cutoffs.flatMap((cutoff, c) =>
      atRisk[c].flatMap(({ run, value }) =>
        FIXTURE_METHODS.map(({ name }, m) => {
          const centre = m === 3 ? 360 + (0.3 + 0.3 * c) * ((value ?? 900) - 360) : 370;
          const distribution = normalDistribution(centre, m === 3 ? 45 - 10 * c : 70);
          return {
            run,
            cutoff,
            method: name,
            distribution: {
              ...distribution,
              quantiles: distribution.quantiles.map((q, i) => (m === 2 && i > 4 ? Number.POSITIVE_INFINITY : q)),
            },
            seq: 5,
          };
        }),
      ),
    ),
    scores: fixtureScores(rng, cutoffs, 18, 14),
    atRisk: cutoffs.map((cutoff, c) => ({
      cutoff,
      n: atRisk[c].length,
      ...(c < 2
        ? { lead: fixtureEstimate(360 - cutoff, 25, atRisk[c].length, "restricted mean, bootstrap over runs") }
        : {}),
    })),
  };
  const doses = [0.3, 0.5, 1, 2, 3].map((dose, i) =>
    fixtureContrast(rng, {
      name: `weight decay ${dose}`,
      x: dose,
      centre: [420, 180, 0, -90, -110][i],
      seeds: 12,
      forecastSeq: 60 + i * 2,
      sd: 40,
    }),
  );
  const { chosen: _chosen, plan: _plan, confirmation: _confirmation, ...search } = base.design!;
  return {
    ...base,
    study: {
      id: "s99aa",
      name: "grokking",
      title: "Grokking modular addition",
      question: "When does test accuracy follow train accuracy, and can the wait be foreseen and shortened?",
      quick: true,
      organism: {
        name: "modular-addition",
        title: "Addition modulo 53",
        description: "An embedding and a two-layer network learn a + b mod 53 from 40% of all pairs.",
      },
      factors: {
        data: { modulus: 53, trainFraction: 0.4 },
        objective: { loss: "cross-entropy" },
        architecture: { embedding: 64, hidden: 128 },
        optimizer: { kind: "adamw", learningRate: 0.01, weightDecay: 1 },
      },
      steps: LAST,
      measures: [
        {
          name: "train.accuracy",
          unit: "share of pairs",
          range: [0, 1],
          direction: "higher",
          family: "capability",
          chance: 1 / 53,
          description: "On the training pairs.",
        },
        {
          name: "test.accuracy",
          unit: "share of pairs",
          range: [0, 1],
          direction: "higher",
          family: "capability",
          chance: 1 / 53,
          description: "On the held-out pairs.",
        },
        {
          name: "weight.norm",
          unit: "L2 norm",
          range: [0, null],
          direction: "neutral",
          family: "mechanism",
          description: "Of all parameters.",
        },
      ],
    },
    observe: {
      runs,
      steps: STEPS,
      values,
      finals: [
        { measure: "train.accuracy", mean: fixtureEstimate(1, 0, 12), sd: 0 },
        { measure: "test.accuracy", mean: fixtureEstimate(0.93, 0.09, 12), sd: 0.28, itemSe: 0.004, itemN: 1685 },
        { measure: "weight.norm", mean: fixtureEstimate(31, 0.2, 11), sd: Number.NaN },
      ],
      onsets: [
        { definition: ONSET, events, reached: 11, median: fixtureEstimate(356, 24, 12, "Kaplan–Meier median") },
        {
          definition: { ...ONSET, threshold: 0.999 },
          events: events.map((event) => ({ ...event, step: null, low: LAST, high: null })),
          reached: 0,
        },
      ],
      changePoints: [{ measure: "weight.norm", perRun: runs.map(() => []), ofMean: [] }],
    },
    predict: {
      runs: fresh,
      cutoffs,
      registered: { frozenSeq: 4, firstSeq: 5, lastSeq: 5, count: 1 },
      targets: [target],
    },
    intervene: {
      ...base.intervene!,
      outcome: { onset: ONSET },
      label: target.label,
      families: [
        {
          kind: "dose",
          title: "Dose–response: weight decay",
          xLabel: "weight decay",
          contrasts: doses,
          summaries: [],
          notes: ["Effects in steps; runs that never grok count as step 1,000."],
        },
      ],
      nulls: { exact: { compared: 12, identical: 12, runs: [] } },
    },
    design: {
      ...search,
      candidates: search.candidates.map((candidate) => ({ ...candidate, pass: false })),
      best: { ...search.best, passes: 0, n: 3 },
    },
    lineage: base.lineage.filter(({ role }) => role === "dose" || role === "control"),
    findings: [
      { rung: "observe", text: "Test accuracy reaches 0.95 at step 356 [332, 380] in 11 of 12 seeds." },
      { rung: "design", text: "No candidate met the requirements within the budget." },
    ],
  };
}
