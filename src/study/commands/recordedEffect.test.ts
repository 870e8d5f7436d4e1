import { describe, expect, test } from "vitest";
import { type RecordedRun, Rng } from "../../core/index.ts";
import { onset, proportionEstimate } from "../../science/index.ts";
import { endingWith, hasRealData, realRuns, UNLESS_ABSENT } from "../recorded/realRuns.fixture.ts";
import { effectOfRuns } from "./recordedEffect.ts";

function run(name: string, values: readonly number[], facts: Partial<RecordedRun> = {}): RecordedRun {
  const steps = values.map((_, i) => 100 * (i + 1));
  return {
    id: name,
    name,
    format: "test",
    configuration: {},
    contexts: [],
    files: [],
    specs: new Map(),
    raw: new Map(),
    series: new Map([["loss", { measure: "loss", steps, values }]]),
    ...facts,
  };
}

const curve = (seed: number, shift: number) => {
  const rng = Rng.of("curve", seed);
  const level = 0.05 * rng.normal();
  return Array.from({ length: 12 }, (_, i) => 3 - 0.1 * i + level + shift + 0.002 * Rng.of(seed, shift, i).normal());
};
const arm = (name: string, shift: number, seeds: readonly number[]) =>
  seeds.map((seed) => run(`${name}/s${seed}`, curve(seed, shift), { configuration: { seed } }));

describe("effectOfRuns", () => {
  test("pairs runs whose seeds match, which sees an effect far below the spread over seeds", () => {
    const result = effectOfRuns(
      arm("new", -0.02, [1, 2, 3, 4, 5, 6, 7, 8]),
      arm("old", 0, [1, 2, 3, 4, 5, 6, 7, 8]),
      {},
    );
    expect(result).toMatchObject({
      design: "paired runs",
      window: { low: 1200, high: 1200, ground: "the last common step" },
      refused: [],
      incomparable: [],
    });
    const [{ effect, adjustedP }] = result.effects;
    expect(effect.high).toBeLessThan(0);
    expect(effect.n).toBe(8);
    expect(adjustedP).toBeCloseTo(2 / 2 ** 8, 10);
  });

  test("runs of other seeds are independent samples", () => {
    const result = effectOfRuns(arm("new", -1, [1, 2, 3, 4]), arm("old", 0, [5, 6, 7, 8]), {});
    expect(result).toMatchObject({ design: "independent runs", ground: "unpaired: the arms have different seeds" });
    expect(result.effects[0].effect.n).toBe(8);
    expect(result.effects[0].effect.high).toBeLessThan(0);
  });

  test("one run an arm leaves out the common prefix and cannot speak for other seeds", () => {
    const base = curve(3, 0);
    const branch = base.map((value, i) => (i < 4 ? value : value - 0.5 + 0.01 * Rng.of("fork", i).normal()));
    const result = effectOfRuns([run("branch", branch)], [run("base", base)], {});
    expect(result).toMatchObject({
      design: "one run an arm",
      window: { low: 500, high: 1200, matchedSteps: 8, ground: expect.stringContaining("identical") },
    });
    expect(result.effects[0].effect).toMatchObject({ n: 1, value: expect.closeTo(-0.5, 1) });
    expect(result.limits[0]).toContain("cannot speak for other seeds");
  });

  test("refuses one run against several, overlapping arms, and runs with nothing in common", () => {
    expect(() => effectOfRuns(arm("new", 0, [1]), arm("old", 0, [1, 2]), {})).toThrow("one run against several");
    expect(() => effectOfRuns(arm("new", 0, [1, 2]), arm("new", 0, [2, 3]), {})).toThrow("got new/s2 in both");
    const other = run("other", [1, 2], {
      series: new Map([["acc", { measure: "acc", steps: [1, 2], values: [1, 2] }]]),
    });
    expect(() => effectOfRuns([run("a", [1, 2])], [other], {})).toThrow("got no common measure");
  });

  test("refuses what the audit calls an error, and goes on with --despite, which it records", () => {
    const steps = Array.from({ length: 12 }, (_, i) => 100 * (i + 1));
    const contexts = [{ taskVersion: "0" }, { taskVersion: "1" }];
    const changing = run("changing", [], {
      contexts,
      series: new Map([
        ["loss", { measure: "loss", steps, values: curve(1, 0), contexts: steps.map((_, i) => (i > 5 ? 1 : 0)) }],
      ]),
    });
    expect(() => effectOfRuns([changing], [run("old", curve(2, 0))], {})).toThrow("the audit finds an error");
    const { despite } = effectOfRuns([changing], [run("old", curve(2, 0))], { despite: true });
    expect(despite).toMatchObject([{ code: "context-changed" }]);
  });

  test("refuses arms that state different numbers of examples in the prompt", () => {
    const steps = Array.from({ length: 12 }, (_, i) => 100 * (i + 1));
    const shot = (name: string, shots: number, seed: number) =>
      run(name, [], {
        contexts: [{ shots }],
        series: new Map([["loss", { measure: "loss", steps, values: curve(seed, 0), contexts: steps.map(() => 0) }]]),
      });
    expect(() => effectOfRuns([shot("a", 0, 1)], [shot("b", 5, 2)], {})).toThrow(
      expect.objectContaining({ code: "NOT_COMPARABLE" }),
    );
    expect(effectOfRuns([shot("a", 0, 1)], [shot("b", 5, 2)], { despite: true }).incomparable).toHaveLength(1);
  });
});

describe.skipIf(!hasRealData)(`published contrasts${UNLESS_ABSENT}`, () => {
  test("Pythia 1.4b gender swap: no effect detected on CrowS-Pairs English gender, |Δ| ≤ .005", async () => {
    const runs = await realRuns("pythia/evals/pythia-v1/pythia-1.4b-deduped");
    const measures = ["crows_pairs_english_gender/pct_stereotype"];
    for (const [treated, value, steps] of [
      ["intervention-1.4b-deduped", -0.0022, 10],
      ["intervention-1.4b-deduped-long", 0.0011, 30],
    ] as const) {
      const { effects, limits, window } = effectOfRuns([endingWith(runs, treated)], [endingWith(runs, "baseline")], {
        measures,
      });
      const [{ effect, onTheseItems, adjustedP }] = effects;
      expect(window.matchedSteps).toBe(steps);
      expect(effect.value).toBeCloseTo(value, 4);
      expect(Math.abs(effect.value)).toBeLessThanOrEqual(0.005);
      for (const one of [effect, onTheseItems!]) expect(one.low < 0 && one.high > 0).toBe(true);
      // Item standard errors of .027 in each arm, taken as independent.
      expect((effect.high - effect.low) / 2).toBeCloseTo(1.96 * 0.027 * Math.SQRT2, 1);
      expect(adjustedP).toBeGreaterThan(0.5);
      expect(limits[0]).toContain("cannot speak for other seeds");
    }
  }, 60_000);

  test("Pythia v0: an arm scored by the other evaluator variant is refused as not comparable", async () => {
    // The v0 baselines are not in these files; the one file of that variant (step 63000 of the long intervention) stands for them.
    const runs = await realRuns("pythia/evals/bias-evals");
    const treated = runs.get("intervention-1.3b-deduped")!;
    const long = endingWith(runs, "long-intervention-1.3b-deduped");
    const clean = {
      ...long,
      id: "clean",
      series: new Map([...long.series].map(([measure, series]) => [measure, without(series, 63000)])),
    };
    expect(effectOfRuns([treated], [clean], {}).incomparable).toEqual([]);
    const variant = {
      ...clean,
      id: "variant",
      series: new Map(
        [...clean.series].map(([measure, series]) => {
          const odd = long.series.get(measure)!;
          const at = odd.steps.indexOf(63000);
          if (at < 0) return [measure, series];
          const [value, se] = [odd.values[at], odd.ses?.[at] ?? Number.NaN];
          const wobble = (i: number) => 1 + 0.01 * Rng.of(measure, i).normal();
          return [
            measure,
            {
              ...series,
              values: series.values.map((_, i) => value * wobble(i)),
              ses: series.values.map((_, i) => se * wobble(i)),
            },
          ];
        }),
      ),
    };
    // The other evaluator shows in the likelihoods; it may have touched what was asked for too.
    expect(() =>
      effectOfRuns([treated], [variant], { measures: ["crows_pairs_english_gender/pct_stereotype"] }),
    ).toThrow(
      expect.objectContaining({
        code: "NOT_COMPARABLE",
        message: expect.stringContaining("another statistic under the same name"),
      }),
    );
  }, 60_000);

  test("OLMo 190M: the decayed branch ends below the constant rate, far outside what a rerun changes", async () => {
    const measures = ["eval/c4_en-validation/CrossEntropyLoss"];
    const only = (runs: Map<string, RecordedRun>, name: string) => {
      const found = endingWith(runs, name);
      return [{ ...found, series: new Map([...found.series].filter(([measure]) => measures.includes(measure))) }];
    };
    const runs = await realRuns("olmo-ladder/scripts/scaling/data");
    const end = effectOfRuns(
      only(runs, "peteish-moreeval-decay/190M-10xC"),
      only(runs, "peteish-moreeval-const/190M-10xC"),
      { measures, from: "last" },
    );
    expect([end.effects[0].treated, end.effects[0].control]).toEqual([
      expect.closeTo(3.326, 3),
      expect.closeTo(3.447, 3),
    ]);
    expect(end.effects[0].effect.high).toBeLessThan(-0.1);
    const rerun = effectOfRuns(only(runs, "peteish-moreeval/190M-1xC-rerun"), only(runs, "peteish-moreeval/190M-1xC"), {
      measures,
      from: 3000,
    });
    const { effect } = rerun.effects[0];
    expect(Math.max(Math.abs(effect.low), Math.abs(effect.high))).toBeLessThan(0.0015);
    expect(effect.low < 0 && effect.high > 0).toBe(true);
  }, 120_000);

  test("bigscience OSCAR against Pile: multiplicity over all measures, one run an arm", async () => {
    const runs = await realRuns("bigscience/evaluation/results/tr3");
    const { effects, limits } = effectOfRuns(
      [endingWith(runs, "pile-checkpoints_agg")],
      [endingWith(runs, "oscar-checkpoints_agg")],
      {},
    );
    expect(new Set(effects.map(({ measure }) => measure.split("/")[0])).size).toBe(28);
    const detected = effects.filter(({ effect }) => effect.low > 0 || effect.high < 0);
    expect(detected.length).toBeGreaterThan(5);
    for (const { effect, onTheseItems, adjustedP } of effects) {
      expect(effect.method).toContain(`Bonferroni over ${effects.length} measures`);
      if (onTheseItems !== undefined)
        expect(effect.high - effect.low).toBeGreaterThanOrEqual(onTheseItems.high - onTheseItems.low - 1e-12);
      // Holm rejects whatever Bonferroni's interval leaves out.
      if (effect.low > 0 || effect.high < 0) expect(adjustedP).toBeLessThanOrEqual(0.05);
    }
    expect(limits[0]).toContain("cannot speak for other seeds");
  }, 60_000);

  test("modded-nanogpt: records are compared over their replicate runs", async () => {
    const runs = await realRuns("modded-nanogpt/val_curves.csv", {
      step: ["step"],
      value: ["val_loss"],
      run: ["record", "log_path", "segment"],
    });
    const replicates = [...runs.values()].filter(({ name }) => name.includes("record=2024-12-04_ValueEmbed"));
    const later = [...runs.values()].filter(({ name }) => name.includes("record=2024-12-08_UNetValueEmbedsTweaks"));
    expect(Math.min(replicates.length, later.length)).toBeGreaterThan(5);
    const { effects, design, ground } = effectOfRuns(later, replicates, { measures: ["val_loss"] });
    expect(design).toBe("independent runs");
    expect(ground).toContain("unpaired");
    expect(effects[0].effect.n).toBe(replicates.length + later.length);
    expect(effects[0].effect.high - effects[0].effect.low).toBeLessThan(0.02);
  }, 60_000);

  test("grokking with norm caps: who grokked, never did, or collapsed, by the thresholds that the files state", async () => {
    const runs = [...(await realRuns("grokking-muon-normcap/experiments/results")).values()];
    const capped = runs.filter(({ name }) => name.includes("add_normctl"));
    const ladder = runs.filter(({ name }) => name.includes("group_complexity"));
    // group_complexity states no thresholds; it is the same author's trainer, so those of add_normctl are tried against its own outcome.
    const { memorize_thresh: memorized, grok_thresh: grok } = capped[0].configuration as Record<string, number>;
    expect([memorized, grok]).toEqual([0.99, 0.95]);
    const outcome = ({ series, configuration }: RecordedRun) => {
      const [test, train] = [series.get("test_acc")!, series.get("train_acc")!];
      const { step } = onset(test, { threshold: grok, hold: 1 });
      expect(step).toBe(configuration["summary.grok_step"] ?? null);
      const isOver = (measured: typeof test, threshold: number) =>
        measured.values[measured.values.length - 1] >= threshold;
      return step === null ? "never" : isOver(test, grok) && isOver(train, memorized) ? "grokked" : "collapsed";
    };
    const count = (list: readonly RecordedRun[]) => {
      const outcomes = list.map(outcome);
      return ["grokked", "never", "collapsed"].map((one) => outcomes.filter((other) => other === one).length);
    };
    expect(count(ladder)).toEqual([30, 15, 0]);
    expect(count(ladder.filter(({ configuration }) => configuration.optimizer === "sgdm"))).toEqual([0, 15, 0]);
    expect(count(capped)).toEqual([25, 0, 0]);
    const { value, low, high } = proportionEstimate({ successes: 30, n: 45 });
    expect([value, low, high]).toEqual([expect.closeTo(2 / 3, 10), expect.closeTo(0.521, 3), expect.closeTo(0.786, 3)]);
  }, 60_000);

  test("grokking with norm caps: the optimizer's effect over seeds, paired by the seeds that the files state", async () => {
    const runs = await realRuns("grokking-muon-normcap/experiments/results/group_complexity");
    const arm = (optimizer: string) => [...runs.values()].filter(({ name }) => name.includes(`Z120_${optimizer}_`));
    const { effects, design } = effectOfRuns(arm("muon"), arm("sgdm"), { measures: ["test_acc"], despite: true });
    expect(design).toBe("paired runs");
    const test = effects.find(({ measure }) => measure === "test_acc")!;
    expect(test.effect.n).toBe(5);
    expect(test.effect.low).toBeGreaterThan(0.9);
    // Five seeds allow no sign-flip p below 2/2⁵.
    expect(test.adjustedP).toBeCloseTo(1 / 16, 10);
  }, 60_000);
});

function without<
  S extends {
    steps: readonly number[];
    values: readonly number[];
    ses?: readonly number[];
    contexts?: readonly number[];
    files?: readonly number[];
  },
>(series: S, step: number): S {
  const keep = (column?: readonly number[]) => column?.filter((_, i) => series.steps[i] !== step);
  return {
    ...series,
    values: keep(series.values)!,
    ses: keep(series.ses),
    contexts: keep(series.contexts),
    files: keep(series.files),
    steps: keep(series.steps)!,
  };
}
