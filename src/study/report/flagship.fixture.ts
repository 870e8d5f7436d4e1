/**
 * @file Test only: an invented StudyResults of the size and manner of `shortcut-digits`. No number here was measured.
 */
import {
  type Distribution,
  type Estimate,
  type Event,
  type MeasureSpec,
  Rng,
  type Seeds,
  sha256Hex,
} from "../../core/index.ts";
import type {
  CandidateRow,
  Contrast,
  ContrastFamily,
  DesignResults,
  ForecastScore,
  InterveneResults,
  LineageRow,
  ObserveResults,
  PredictResults,
  PredictTarget,
  StudyResults,
} from "../results.ts";

const STEPS = [20, 30, 44, 65, 96, 140, 200, 280, 400, 500, 700, 1000, 1300, 1650, 2000];
const LAST = 2000;

const share = (
  name: string,
  direction: MeasureSpec["direction"],
  family: MeasureSpec["family"],
  description: string,
): MeasureSpec => ({
  name,
  unit: "share of images",
  range: [0, 1],
  direction,
  family,
  description,
  chance: name.includes("accuracy") ? 0.1 : undefined,
});
const MEASURES: MeasureSpec[] = [
  {
    name: "train.loss",
    unit: "nats per example",
    range: [0, null],
    direction: "lower",
    family: "loss",
    description: "Mean cross-entropy of the training batches since the last evaluation.",
  },
  share("test.accuracy", "higher", "capability", "Held-out images, cue as in training."),
  share("conflict.accuracy", "higher", "robustness", "Held-out images with the cue of another class."),
  share("clean.accuracy", "higher", "capability", "Held-out images without a cue."),
  share("cue.reliance", "lower", "bias", "Share of conflict images that are answered with the cue's class."),
  share("cue.flipRate", "lower", "bias", "Share of images whose answer changes when only the cue changes."),
  share(
    "worstGroup.accuracy",
    "higher",
    "bias",
    "Minimum over label × agreement at equal n, corrected for the minimum's bias.",
  ),
  share("calibration.ece", "lower", "safety", "Expected calibration error, 15 equal-mass bins."),
  share("robust.accuracy", "higher", "robustness", "Accuracy under FGSM with ε = 0.05."),
];
const CURVES: Record<string, (t: number) => number> = {
  "train.loss": (t) => 2.2 * Math.exp(-t / 60) + 0.25 * Math.exp(-t / 500) + 0.004,
  "test.accuracy": (t) => 0.988 - 0.7 * Math.exp(-t / 40),
  "conflict.accuracy": (t) => 0.511 - 0.35 * Math.exp(-t / 350) + 0.2 * Math.exp(-t / 25),
  "clean.accuracy": (t) => 0.85 - 0.75 * Math.exp(-t / 220),
  "cue.reliance": (t) => 0.43 + 0.45 * Math.exp(-t / 350) - 0.7 * Math.exp(-t / 25),
  "cue.flipRate": (t) => 0.52 + 0.35 * Math.exp(-t / 400) - 0.8 * Math.exp(-t / 22),
  "worstGroup.accuracy": (t) => 0.29 - 0.29 * Math.exp(-t / 600),
  "calibration.ece": (t) => 0.012 + 0.08 * Math.exp(-t / 90),
  "robust.accuracy": (t) => 0.62 - 0.55 * Math.exp(-t / 160),
};

const clamp = (x: number): number => Math.min(1, Math.max(0, x));
const runId = (...parts: (string | number)[]): string => `r${sha256Hex(parts.join("/")).slice(0, 24)}`;
const seedsOf = (seed: number): Seeds => ({ data: seed, init: seed, order: seed });
export function fixtureEstimate(
  value: number,
  half: number,
  n: number,
  method = "t interval over seeds",
  level = 0.95,
): Estimate {
  return { value, low: value - half, high: value + half, level, method, n };
}
const bootstrap = "percentile bootstrap over runs, 4,000 draws";

/** Quantiles of a normal distribution at 5, 10, 25, 50, 75, 90, 95%. */
export function normalDistribution(mean: number, sd: number): Distribution {
  return {
    probabilities: [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95],
    quantiles: [-1.645, -1.282, -0.674, 0, 0.674, 1.282, 1.645].map((z) => mean + z * sd),
  };
}

function observe(rng: Rng): ObserveResults {
  const runs = Array.from({ length: 24 }, (_, i) => ({ run: runId("cohort", i), seeds: seedsOf(i + 1) }));
  const values: Record<string, number[][]> = {};
  for (const { name } of MEASURES) {
    values[name] = runs.map(() => {
      const shift = rng.normal();
      return STEPS.map((t) => {
        const base = CURVES[name](t);
        return name === "train.loss"
          ? base * Math.exp(0.1 * shift + 0.06 * rng.normal())
          : clamp(base + (name === "test.accuracy" ? 0.002 : 0.02) * shift + 0.008 * rng.normal());
      });
    });
  }
  const finals = MEASURES.map(({ name }) => {
    const last = values[name].map((row) => row[STEPS.length - 1]);
    const mean = last.reduce((a, b) => a + b, 0) / 24;
    const sd = Math.sqrt(last.reduce((a, b) => a + (b - mean) ** 2, 0) / 23);
    return {
      measure: name,
      mean: fixtureEstimate(mean, (2.069 * sd) / Math.sqrt(24), 24),
      sd,
      ...(name === "train.loss" ? {} : { itemSe: Math.sqrt((mean * (1 - mean)) / 10000), itemN: 10000 }),
    };
  });
  const onset = (measure: string, threshold: number, base: number): ObserveResults["onsets"][number] => ({
    definition: { measure, threshold, direction: "above", hold: 2 },
    events: runs.map((_, i): Event => {
      const step = base * Math.exp(0.12 * rng.normal());
      return {
        kind: "onset",
        measure,
        step: i === 5 ? null : step,
        low: i === 5 ? LAST : step * 0.8,
        high: i === 5 ? null : step,
        evidence: {},
        method: "first of 2 evaluations in a row past the threshold; interval between evaluations",
      };
    }),
    reached: 23,
    median: fixtureEstimate(base, base * 0.09, 24, "Kaplan–Meier median, log-log interval"),
  });
  const changePoint = (measure: string, step: number): Event => ({
    kind: "change-point",
    measure,
    step,
    low: step * 0.7,
    high: step * 1.3,
    evidence: {},
    method: "PELT, BIC penalty; interval between neighbouring evaluations",
  });
  return {
    runs,
    steps: STEPS,
    values,
    finals,
    onsets: [onset("cue.reliance", 0.5, 32), onset("conflict.accuracy", 0.45, 480)],
    changePoints: [
      {
        measure: "conflict.accuracy",
        perRun: runs.map((_, i) => (i % 3 ? [changePoint("conflict.accuracy", 96)] : [])),
        ofMean: [changePoint("conflict.accuracy", 96), changePoint("conflict.accuracy", 500)],
      },
      {
        measure: "cue.reliance",
        perRun: runs.map(() => [changePoint("cue.reliance", 65)]),
        ofMean: [changePoint("cue.reliance", 65)],
      },
    ],
    variance: {
      measure: "conflict.accuracy",
      total: fixtureEstimate(0.023, 0.006, 24, "chi-square interval for a standard deviation"),
      components: [
        {
          name: "data",
          sd: { ...fixtureEstimate(0.0225, 0.007, 12), method: "one component re-drawn, chi-square interval" },
          share: { ...fixtureEstimate(0.93, 0.05, 12), high: 1.1, low: 0.61, method: bootstrap },
          runs: Array.from({ length: 12 }, (_, i) => runId("variance", "data", i)),
        },
        {
          name: "init",
          sd: fixtureEstimate(0.004, 0.0016, 12, "one component re-drawn, chi-square interval"),
          share: { ...fixtureEstimate(0.03, 0.02, 12), method: bootstrap },
          runs: Array.from({ length: 12 }, (_, i) => runId("variance", "init", i)),
        },
        {
          name: "order",
          sd: fixtureEstimate(0.005, 0.0019, 12, "one component re-drawn, chi-square interval"),
          share: { ...fixtureEstimate(0.047, 0.025, 12), method: bootstrap },
          runs: Array.from({ length: 12 }, (_, i) => runId("variance", "order", i)),
        },
      ],
    },
  };
}

export const FIXTURE_METHODS = [
  {
    name: "last-value",
    role: "baseline",
    description: "The last observed value, with the cohort's spread of later changes.",
  },
  { name: "log-linear", role: "baseline", description: "Straight line in log step over the last half of the points." },
  { name: "cohort", role: "baseline", description: "What the cohort ended at." },
  {
    name: "early-regression",
    role: "method",
    description: "Ridge regression of the outcome on early measures, fitted on the cohort, split-conformal quantiles.",
  },
  {
    name: "power-curve",
    role: "method",
    description: "Three-parameter saturating power law, fitted to the run, bootstrap quantiles.",
  },
] as const;
const BASELINES = FIXTURE_METHODS.filter(({ role }) => role === "baseline").map(({ name }) => name);

export function fixtureScores(rng: Rng, cutoffs: readonly number[], scale: number, n: number): ForecastScore[] {
  return cutoffs.flatMap((cutoff, c) =>
    FIXTURE_METHODS.map(({ name, role }, m) => {
      const crps = scale * ([4.5 - c, 6 - 1.3 * c, 1.35, 1.3 - 0.22 * c, 2.4 - 0.45 * c][m] + 0.1 * rng.normal());
      const hits = Math.min(n, Math.round(n * (0.86 + 0.05 * rng.normal())));
      return {
        cutoff,
        method: name,
        role,
        crps: fixtureEstimate(crps, crps * 0.3, n, bootstrap),
        intervalScore: fixtureEstimate(crps * 7, crps * 2.2, n, bootstrap),
        coverage: {
          value: hits / n,
          low: Math.max(0, hits / n - 0.2),
          high: Math.min(1, hits / n + 0.1),
          level: 0.95,
          method: "Wilson score interval",
          n,
        },
        skill: Object.fromEntries(
          BASELINES.map((baseline, b) => {
            const reference = scale * [4.5 - c, 6 - 1.3 * c, 1.35][b];
            return [
              baseline,
              fixtureEstimate(
                baseline === name ? 0 : 1 - crps / reference,
                baseline === name ? 0 : 0.22,
                n,
                "paired bootstrap over runs, 4,000 draws",
              ),
            ];
          }),
        ),
      };
    }),
  );
}

function predict(rng: Rng): PredictResults {
  const cutoffs = [100, 200, 500, 1000];
  const runs = Array.from({ length: 16 }, (_, i) => ({ run: runId("forecast", i), seeds: seedsOf(1001 + i) }));
  let seq = 40;
  const target = (measure: string, centre: number, sd: number): PredictTarget => {
    const outcomes = runs.map(({ run }) => ({ run, value: centre + sd * rng.normal() }));
    const forecasts = cutoffs.flatMap((cutoff, c) =>
      outcomes.flatMap(({ run, value }) =>
        FIXTURE_METHODS.map(({ name }, m) => {
          const weight = [0.2, 0.35, 0.7, 0.9][c] * (m === 3 ? 1 : m === 2 ? 0 : 0.6);
          const mean =
            m === 0
              ? centre - [0.3, 0.2, 0.06, 0.01][c] + 0.5 * (value - centre)
              : centre + weight * (value - centre) + sd * 0.4 * rng.normal();
          return {
            run,
            cutoff,
            method: name,
            distribution: normalDistribution(mean, sd * (m < 2 ? 1.8 : 1.1 - 0.15 * c)),
            seq: seq++,
          };
        }),
      ),
    );
    return {
      outcome: { value: measure },
      label: measure,
      kind: "value",
      methods: [...FIXTURE_METHODS],
      outcomes,
      forecasts,
      scores: fixtureScores(rng, cutoffs, sd * 0.56, 16),
      retrospective: fixtureScores(rng, [200, 1000], sd * 0.5, 24),
    };
  };
  const targets = [target("conflict.accuracy", 0.511, 0.023), target("worstGroup.accuracy", 0.29, 0.05)];
  return { runs, cutoffs, registered: { frozenSeq: 39, firstSeq: 40, lastSeq: seq - 1, count: seq - 40 }, targets };
}

export function fixtureContrast(
  rng: Rng,
  {
    name,
    x,
    centre,
    seeds,
    forecastSeq,
    sd = 0.03,
  }: { name: string; x: number; centre: number; seeds: number; forecastSeq: number; sd?: number },
): Contrast {
  const pairs = Array.from({ length: seeds }, (_, i) => {
    const control = 0.511 + 0.023 * rng.normal();
    return {
      seeds: seedsOf(2001 + i),
      treatedRun: runId("arm", name, i),
      controlRun: runId("control", i),
      treated: control + centre + 0.6 * sd * rng.normal(),
      control,
    };
  });
  const value = pairs.reduce((sum, { treated, control }) => sum + treated - control, 0) / seeds;
  return {
    name,
    x,
    pairs,
    effect: fixtureEstimate(
      value,
      (3.1 * sd) / Math.sqrt(seeds),
      seeds,
      "paired mean difference, simultaneous max-|t| band by sign flips (14 contrasts, 4,096 flips)",
    ),
    adjustedP: Math.abs(value) > 0.027 ? 0.0002 : 0.41,
    correlation: 0.55 + 0.1 * rng.normal(),
    forecasts: [
      { method: "no-effect", distribution: normalDistribution(0, 0.05), seq: forecastSeq },
      { method: "pilot", distribution: normalDistribution(value + 0.02 * rng.normal(), 0.03), seq: forecastSeq + 1 },
    ],
  };
}

function intervene(rng: Rng): InterveneResults {
  const windows = [0.13, 0.18, 0.2, 0.23, 0.28, 0.34, 0.33, 0.15].map((centre, i) =>
    fixtureContrast(rng, {
      name: `decorrelate ${i * 250}–${(i + 1) * 250}`,
      x: i * 250,
      centre,
      seeds: 12,
      forecastSeq: 900 + 2 * i,
    }),
  );
  const doses = [2, 5, 10, 20, 49, 150].map((dose, i) =>
    fixtureContrast(rng, {
      name: `weight × ${dose}`,
      x: dose,
      centre: [0.04, 0.09, 0.14, 0.18, 0.22, 0.25][i],
      seeds: 12,
      forecastSeq: 930 + 2 * i,
    }),
  );
  const families: ContrastFamily[] = [
    {
      kind: "window",
      title: "Critical window: the cue is decorrelated from the label for 250 steps",
      xLabel: "step at which the window starts",
      windowSteps: 250,
      contrasts: windows,
      summaries: [
        {
          label: "start of the most effective window",
          estimate: {
            value: 1250,
            low: 1000,
            high: 1500,
            level: 0.95,
            method: "bootstrap over seeds of the argmax",
            n: 12,
          },
        },
      ],
      notes: ["All windows are judged at step 2,000: the later ones leave less time to forget."],
    },
    {
      kind: "dose",
      title: "Dose–response: conflicting examples weighted",
      xLabel: "weight of conflicting examples",
      contrasts: doses,
      summaries: [
        {
          label: "trend over doses (Jonckheere–Terpstra z)",
          estimate: fixtureEstimate(9.1, 1.2, 12, "permutation within seeds"),
          p: 0.0002,
        },
      ],
      notes: [],
    },
  ];
  const perturbed = fixtureContrast(rng, {
    name: "order reshuffled",
    x: 500,
    centre: 0.001,
    seeds: 12,
    forecastSeq: 0,
  });
  return {
    outcome: { value: "conflict.accuracy" },
    label: "conflict.accuracy",
    step: LAST,
    seeds: 12,
    pilotSeeds: 4,
    families,
    nulls: {
      exact: {
        compared: 12,
        identical: 12,
        runs: Array.from({ length: 12 }, (_, i) => runId("arm", "exact placebo", i)),
      },
      active: fixtureContrast(rng, {
        name: "active placebo: weight 20 on agreeing examples",
        x: 500,
        centre: -0.006,
        seeds: 12,
        forecastSeq: 0,
      }),
      perturbed: {
        effect: perturbed.effect,
        noiseSd: fixtureEstimate(0.0061, 0.0022, 12, "chi-square interval for a standard deviation"),
        pairs: perturbed.pairs,
      },
    },
    forecastMethods: [
      { name: "no-effect", role: "baseline", description: "Centred on zero." },
      { name: "pilot", role: "method", description: "Effect on 4 pilot seeds, t predictive distribution." },
    ],
    forecastScores: [
      {
        method: "no-effect",
        role: "baseline",
        crps: fixtureEstimate(0.15, 0.05, 14, "bootstrap over contrasts"),
        coverage: { value: 0.14, low: 0.04, high: 0.4, level: 0.95, method: "Wilson score interval", n: 14 },
        skill: { "no-effect": fixtureEstimate(0, 0, 14, "bootstrap over contrasts") },
      },
      {
        method: "pilot",
        role: "method",
        crps: fixtureEstimate(0.011, 0.004, 14, "bootstrap over contrasts"),
        coverage: { value: 0.93, low: 0.69, high: 0.99, level: 0.95, method: "Wilson score interval", n: 14 },
        skill: { "no-effect": fixtureEstimate(0.93, 0.04, 14, "bootstrap over contrasts") },
      },
    ],
  };
}

function design(rng: Rng): DesignResults {
  const requirements = [
    { measure: "clean.accuracy", min: 0.93 },
    { measure: "conflict.accuracy", min: 0.85 },
    { measure: "test.accuracy", min: 0.98 },
  ];
  const candidates = Array.from({ length: 36 }, (_, index): CandidateRow => {
    const late = index >= 24;
    const mask = index % 6 === 0 ? 0 : clamp(late ? 0.75 + 0.2 * rng.uniform() : rng.uniform());
    const weight = 10 ** (late ? 0.6 + 0.9 * rng.uniform() : 2 * rng.uniform());
    const lr = 10 ** (-3.6 + 1.2 * rng.uniform());
    const quality = mask * Math.min(1, Math.log10(weight)) * (1 - Math.abs(Math.log10(lr) + 3) * 0.4);
    const stopped = quality < 0.12;
    const values = [0.86 + 0.1 * quality, 0.5 + 0.6 * quality, 0.986 - 0.003 * quality].map((v) =>
      clamp(v + 0.004 * rng.normal()),
    );
    const pass = !stopped && values.every((value, i) => value >= requirements[i].min);
    return {
      index,
      origin: index < 24 ? "random" : index < 32 ? "surrogate" : "replicate",
      set: {
        "data.maskShare": mask,
        "objective.conflictWeight": weight,
        "optimizer.learningRate": lr,
        "optimizer.weightDecay": index % 3 ? 10 ** (-4 + 3 * rng.uniform()) : 0,
        "data.maskFrom": Math.round(1000 * rng.uniform()),
        "optimizer.schedule": index % 2 ? "cosine" : "constant",
      },
      run: runId("candidate", index),
      seeds: seedsOf(3000 + index),
      steps: stopped ? 500 : LAST,
      ...(stopped ? { stoppedAt: 500 } : {}),
      reason: stopped
        ? "forecast of conflict.accuracy at step 500: 95% quantile 0.71 below 0.85"
        : pass
          ? "meets every requirement"
          : "conflict.accuracy below 0.85",
      values: stopped ? [null, null, null] : values,
      pass,
      ...(late ? { expectedPass: clamp(quality) } : {}),
    };
  });
  const set = {
    "data.maskShare": 0.93,
    "objective.conflictWeight": 11.8,
    "optimizer.learningRate": 0.00098,
    "optimizer.weightDecay": 0.00031,
    "data.maskFrom": 120,
    "optimizer.schedule": "cosine",
  };
  return {
    goal: "A digit reader that does not lean on the cue",
    requirements,
    reliability: 0.9,
    level: 0.95,
    space: {
      "data.maskShare": { kind: "linear", low: 0, high: 1 },
      "objective.conflictWeight": { kind: "log", low: 1, high: 100 },
      "optimizer.learningRate": { kind: "log", low: 0.0002, high: 0.004 },
      "optimizer.weightDecay": { kind: "log", low: 0.0001, high: 0.1, zeroShare: 0.33 },
      "data.maskFrom": { kind: "linear", low: 0, high: 1000 },
      "optimizer.schedule": { kind: "choice", values: ["cosine", "constant"] },
    },
    candidates,
    chosen: {
      set,
      hash: sha256Hex("design"),
      why: "highest share of requirements met over 4 replicates, then the widest margin",
      procedure: `organism: shortcut-digits\nsteps: 2000\nfactors:\n${Object.entries(set)
        .map(([key, value]) => `  ${key}: ${value}`)
        .join("\n")}\n`,
    },
    best: { set, values: [0.951, 0.878, 0.9834], passes: 5, n: 5 },
    plan: {
      n: 76,
      failures: 3,
      powerAt: [0.9, 0.93, 0.95, 0.97, 0.98, 0.99].map((rate) => ({
        rate,
        power: [0.05, 0.23, 0.49, 0.81, 0.93, 0.993][[0.9, 0.93, 0.95, 0.97, 0.98, 0.99].indexOf(rate)],
      })),
      seq: 1020,
    },
    confirmation: {
      runs: Array.from({ length: 76 }, (_, i) => {
        const values = [
          0.951 + 0.004 * rng.normal(),
          (i === 30 ? 0.845 : 0.878) + (i === 30 ? 0 : 0.007 * rng.normal()),
          0.9834 + 0.0009 * rng.normal(),
        ];
        return {
          run: runId("confirm", i),
          seeds: seedsOf(500000 + i),
          values,
          pass: values.every((value, r) => value >= requirements[r].min),
        };
      }),
      successes: 75,
      reliability: {
        value: 75 / 76,
        low: 0.9391,
        high: 1,
        level: 0.95,
        method: "one-sided Clopper–Pearson lower bound",
        n: 76,
      },
      verdict: "confirmed",
      requirements: [0.951, 0.878, 0.9834].map((mean, i) => ({
        mean: fixtureEstimate(mean, [0.0009, 0.0016, 0.0002][i], 76),
        worst: [0.941, 0.845, 0.9809][i],
      })),
      seq: 1021,
    },
    cost: {
      searchSteps: 51_000,
      confirmSteps: 152_000,
      random: {
        passed: 2,
        n: 24,
        stepsToFirst: {
          value: 24_000,
          low: 8_900,
          high: 98_000,
          level: 0.95,
          method: "geometric, from the Clopper–Pearson interval of the pass rate",
          n: 24,
        },
      },
    },
  };
}

function lineage(results: Omit<StudyResults, "lineage">): LineageRow[] {
  const rows: LineageRow[] = results.observe.runs.map(({ run, seeds }) => ({
    run,
    role: "cohort",
    label: "cohort",
    step: LAST,
    seeds,
  }));
  for (const { name, runs } of results.observe.variance?.components ?? [])
    runs.forEach((run, i) => {
      rows.push({
        run,
        role: "variance",
        label: `${name} re-drawn`,
        step: LAST,
        seeds: { ...seedsOf(i + 1), [name]: 7000 + i },
      });
    });
  for (const { run, seeds } of results.predict?.runs ?? [])
    rows.push({ run, role: "forecast", label: "forecast", step: LAST, seeds });
  const { intervene: rung } = results;
  if (rung) {
    for (const { controlRun, seeds } of rung.families[0].contrasts[0].pairs)
      rows.push({ run: controlRun, role: "control", label: "control", step: LAST, seeds });
    const arms = [
      ...rung.families.flatMap(({ kind, contrasts }) => contrasts.map((contrast) => ({ kind, contrast }))),
      ...(rung.nulls.active ? [{ kind: "null" as const, contrast: rung.nulls.active }] : []),
    ];
    for (const { kind, contrast } of arms)
      for (const { treatedRun, controlRun, seeds } of contrast.pairs)
        rows.push({
          run: treatedRun,
          role: kind,
          label: contrast.name,
          parent: controlRun,
          forkStep: kind === "window" ? contrast.x : kind === "dose" ? 0 : 500,
          step: LAST,
          seeds,
        });
    rung.nulls.exact.runs.forEach((run, i) => {
      rows.push({
        run,
        role: "null",
        label: "exact placebo",
        parent: runId("control", i),
        forkStep: 500,
        step: LAST,
        seeds: seedsOf(2001 + i),
      });
    });
    for (const { treatedRun, controlRun, seeds } of rung.nulls.perturbed?.pairs ?? [])
      rows.push({
        run: treatedRun,
        role: "null",
        label: "perturbed null",
        parent: controlRun,
        forkStep: 500,
        step: LAST,
        seeds,
      });
  }
  for (const { run, seeds, steps, index } of results.design?.candidates ?? [])
    rows.push({ run, role: "candidate", label: `candidate ${index}`, step: steps, seeds });
  for (const { run, seeds } of results.design?.confirmation?.runs ?? [])
    rows.push({ run, role: "confirmation", label: "confirmation", step: LAST, seeds });
  return rows;
}

/** The same object at every call with the same seed. */
export function flagshipFixture(seed = 1): StudyResults {
  const results: Omit<StudyResults, "lineage"> = {
    format: "ontogeny.results/1",
    study: {
      id: "s4d1f0c2ab99c8d7e6f5a4b3",
      name: "shortcut-digits",
      title: "Digits with a shortcut: when does a network learn the cue, and can it be kept from it?",
      question:
        "A bright patch gives away the class of 98% of the training images. Does the network learn the digit or the patch, can that be seen early, and which training procedure prevents it?",
      quick: false,
      organism: {
        name: "shortcut-digits",
        title: "MNIST digits with a position-coded patch",
        description:
          "Each training image carries a bright 4 × 4 patch whose position encodes a class. It agrees with the label for 98% of the images and otherwise encodes one of the other nine classes. A multilayer perceptron 784–128–10 is trained on 10,000 images.",
      },
      factors: {
        data: { cueAgreement: 0.98, trainSize: 10000, patchSize: 4, patchValue: 1, maskShare: 0, maskFrom: 0 },
        objective: { loss: "cross-entropy", conflictWeight: 1 },
        architecture: { kind: "mlp", widths: [784, 128, 10], activation: "relu", init: "he" },
        optimizer: {
          kind: "adamw",
          learningRate: 0.0006,
          beta1: 0.9,
          beta2: 0.999,
          weightDecay: 0,
          schedule: "cosine",
          batchSize: 128,
        },
      },
      steps: LAST,
      measures: MEASURES,
    },
    observe: observe(Rng.of(seed, "observe")),
    predict: predict(Rng.of(seed, "predict")),
    intervene: intervene(Rng.of(seed, "intervene")),
    design: design(Rng.of(seed, "design")),
    ledger: { head: sha256Hex("ledger head"), entries: 1098, anchor: "ontogeny:1098:9c3f" },
    cost: {
      wallSecs: 231.4,
      runs: 402,
      stepsTrained: 612_400,
      stepsShared: 148_000,
      msPerStep: fixtureEstimate(0.548, 0.021, 402, "median over runs, bootstrap"),
      measuringShare: fixtureEstimate(0.31, 0.02, 402, "mean over runs, t interval"),
      workers: 2,
      peakMemoryBytes: 1.31e9,
      numerics: ["k7c1e9a40b2d35f68"],
      versions: { ontogeny: "0.1.0", "onnxruntime-node": "1.30.0", "@jax-js/jax": "0.1.25", node: "20.20.2" },
      recovered: { attempts: 1, tornLines: 1, supersededLines: 14 },
    },
    findings: [
      {
        rung: "observe",
        text: "The cue comes first: cue reliance passes one half at step 32 [29, 35] in 23 of 24 seeds, conflict accuracy passes 0.45 only at step 480 [437, 523]; at the end conflict accuracy is 0.511 [0.501, 0.521] (n = 24).",
      },
      {
        rung: "predict",
        text: "Early measures beat what the cohort ended at from step 200 on for conflict accuracy (skill 0.18 [−0.04, 0.40] at 10%, n = 16 registered runs); worst-group accuracy is barely forecastable.",
      },
      {
        rung: "intervene",
        text: "Decorrelating the cue for 250 steps helps most late, from step 1,250 on: +0.34 [0.31, 0.37] (12 paired seeds); placebos are bit-identical in 12 of 12.",
      },
      {
        rung: "design",
        text: "Masking the patch and weighting conflicts together meet all three requirements on 75 of 76 fresh seeds: reliability at least 0.939 (one-sided 95%).",
      },
    ],
  };
  return { ...results, lineage: lineage(results) };
}
