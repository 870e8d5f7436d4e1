/**
 * @file `observe` on recorded runs: the mirage check, onsets over runs, seeds, what is left out and refused; the
 * published outcome of real grokking runs, where they are at hand.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type MeasuredSeries, type RecordedRun, Rng, specFor } from "../../core/index.ts";
import { observeRuns } from "./observeRuns.ts";
import { parseHold, parseOnset } from "./onsetClaim.ts";
import { type Alarm, watchRuns } from "./watchRuns.ts";

type Columns = Readonly<Record<string, readonly number[]>>;

function run(name: string, steps: readonly number[], columns: Columns, configuration = {}): RecordedRun {
  const series = new Map<string, MeasuredSeries>();
  const specs = new Map<string, ReturnType<typeof specFor>>();
  for (const [measure, values] of Object.entries(columns)) {
    const kept = steps.map((_, i) => i).filter((i) => values[i] !== undefined);
    series.set(measure, { measure, steps: kept.map((i) => steps[i]), values: kept.map((i) => values[i]) });
    specs.set(measure, specFor(measure, values));
  }
  return { id: name, name, format: "test", configuration, contexts: [], files: [], specs, series, raw: new Map() };
}

const N = 100;
const STEPS = Array.from({ length: N }, (_, i) => 100 * (i + 1));

/** The loss of one token falls smoothly or leaps; accuracy needs a hundred right ones in a row. */
function tokenRun(name: string, leap: boolean, seed = 1): RecordedRun {
  const rng = Rng.of(seed, name);
  const nll = STEPS.map((_, i) => (leap ? (i < 60 ? 1.5 : 0.001) : 4 * Math.exp(-i / 12)) + 0.0003 * rng.normal());
  const accuracy = nll.map(
    (loss) => Math.round(Math.max(0, Math.min(1, Math.exp(-100 * loss) + 0.003 * rng.normal())) * 1000) / 1000,
  );
  return run(name, STEPS, { "copy/acc": accuracy, "copy/nll": nll, epoch: STEPS, learning_rate: STEPS.map(() => 0.1) });
}

describe("observeRuns", () => {
  test("a jump of accuracy that its loss shares is metric-robust; one that the loss passes smoothly is not", () => {
    const verdict = (one: RecordedRun) =>
      observeRuns({ runs: [one], measures: ["copy/acc"] }).events.find(({ event }) => event.kind === "change-point")
        ?.robustness;
    expect(verdict(tokenRun("leap", true))).toMatchObject({ verdict: "metric-robust", companion: "copy/nll" });
    expect(verdict(tokenRun("smooth", false))).toMatchObject({ verdict: "not metric-robust", companion: "copy/nll" });
    const alone = tokenRun("alone", true);
    (alone.series as Map<string, MeasuredSeries>).delete("copy/nll");
    expect(verdict(alone)).toMatchObject({ verdict: "cannot be judged" });
  });

  test("clocks and the optimizer's own are left out unless they are named; kinds are chosen; nothing matching is an error", () => {
    const runs = [tokenRun("leap", true)];
    expect(observeRuns({ runs }).runs).toEqual([{ id: "leap", name: "leap", measures: 2, leftOut: 2 }]);
    expect(observeRuns({ runs, measures: ["learning*"] })).toMatchObject({ series: 1, quiet: 1 });
    expect(observeRuns({ runs, kinds: ["spike"] }).events).toEqual([]);
    expect(() => observeRuns({ runs, measures: ["nothing"] })).toThrow('"nothing" matches, got none in 1 runs');
    expect(() => observeRuns({ runs: [] })).toThrow("expected runs, got a workspace without any");
    expect(() => observeRuns({ runs, onsets: [parseOnset("nothing>=1")] })).toThrow('Onset "nothing ≥ 1"');
  });

  test("series without a finite value and short ones are named with their reason", () => {
    const { refused } = observeRuns({ runs: [run("odd", [1, 2, 3], { loss: [1, 2, 3], acc: [NaN, NaN, NaN] })] });
    expect(refused).toContainEqual({
      run: "odd",
      measure: "acc",
      code: "NOTHING_FINITE",
      reason: "expected finite values, got none",
    });
    expect(refused.map(({ measure, code }) => [measure, code])).toContainEqual(["loss", "REFUSED"]);
  });

  test("onsets over runs: kept, lost and never are counted, the median has an interval over runs, two onsets give the delay", () => {
    const curve = (at: number, fall = N) => STEPS.map((_, i) => (i >= at && i < fall ? 1 : 0));
    const runs = [10, 20, 30, 40, 50].map((at, i) => run(`s${i}`, STEPS, { train_acc: curve(5), test_acc: curve(at) }));
    runs.push(
      run("fell", STEPS, { train_acc: curve(5), test_acc: curve(20, 60) }),
      run("never", STEPS, { train_acc: curve(5), test_acc: curve(N) }),
    );
    const onsets = [parseOnset("train_acc>=0.99"), parseOnset("test_acc >= 0.95")];
    const { onsets: found, delay } = observeRuns({ runs, onsets });
    expect(found[1]).toMatchObject({ kept: 5, lost: 1, never: 1 });
    expect(found[1].median).toMatchObject({ value: 3100, n: 7, level: 0.95 });
    expect(delay!.runs.find(({ run: name }) => name === "s0")).toEqual({
      id: "s0",
      run: "s0",
      steps: 500,
      low: 400,
      high: 600,
    });
    expect(delay!.runs.find(({ run: name }) => name === "never")).toMatchObject({ steps: null, high: null });
    const { onsets: few } = observeRuns({ runs: runs.slice(0, 2), onsets: [onsets[1]] });
    expect(few[0].median).toBeUndefined();
    expect(few[0].medianRefused).toContain("at least 4 runs");
  });

  test("seeds of one configuration whose mean misleads are told, runs without a stated seed are not", () => {
    const curve = (at: number) => STEPS.map((_, i) => (i >= at ? 1 : 0));
    const of = (configuration: (i: number) => Record<string, number>) =>
      observeRuns({
        runs: [10, 30, 50, 70, 90].map((at, i) => run(`r${i}`, STEPS, { acc: curve(at) }, configuration(i))),
      }).mixtures;
    expect(of((i) => ({ lr: 1, seed: i }))).toMatchObject([
      { measure: "acc", mixture: { verdict: "the mean hides abrupt runs", n: 5 } },
    ]);
    expect(of(() => ({ lr: 1 }))).toEqual([]);
  });
});

describe("onset claims", () => {
  test("are read with spaces, signs and patterns, and refused otherwise", () => {
    expect(parseOnset("a/b,none >= .5")).toEqual({
      text: "a/b,none ≥ 0.5",
      measure: "a/b,none",
      direction: "above",
      threshold: 0.5,
    });
    expect(parseOnset("*ppl<=1e2")).toMatchObject({ measure: "*ppl", direction: "below", threshold: 100 });
    for (const text of ["acc", ">=1", "acc>=much", ""])
      expect(() => parseOnset(text)).toThrow("ONSET_INVALID".length > 0 ? "expected measure>=number" : "");
    expect([parseHold("2"), parseHold("2/3")]).toEqual([
      { k: 2, of: 2 },
      { k: 2, of: 3 },
    ]);
    for (const text of ["0", "3/2", "11", "x"]) expect(() => parseHold(text)).toThrow("expected k or k/n");
  });
});

test("watching tells of a change once, when its points have come, and ends when stopped", async () => {
  const rng = Rng.of(3, "watch");
  const values = STEPS.map((_, i) => 0.1 * rng.normal() + (i >= 60 ? 2 : 0));
  const controller = new AbortController();
  const alarms: (Alarm & { at: number })[] = [];
  let seen = 40;
  await watchRuns({
    load: async () => [run("live", STEPS.slice(0, seen), { loss: values.slice(0, seen) })],
    everyMs: 1,
    signal: controller.signal,
    onAlarm: (alarm) => alarms.push({ ...alarm, at: seen }),
    onRound: () => {
      if (seen === N) controller.abort();
      seen = Math.min(N, seen + 20);
    },
  });
  expect(alarms).toMatchObject([{ id: "live", isPast: false, at: 80, event: { kind: "change-point" } }]);
});

const GROKKING = fileURLToPath(
  new URL("../../../../shared/data/grokking-muon-normcap/experiments/results/", import.meta.url),
);
const isHere = existsSync(GROKKING);

describe.skipIf(!isHere)(
  `real grokking runs${isHere ? "" : " (skipped: ../shared/data/grokking-muon-normcap is absent)"}`,
  () => {
    interface Outcome {
      readonly grok_step: number | null;
      readonly memorize_step: number | null;
      readonly final_test_acc: number;
    }
    const files = isHere
      ? ["add_normctl", "group_complexity"].flatMap((folder) =>
          readdirSync(GROKKING + folder).map((file) => `${folder}/${file}`),
        )
      : [];
    const read = files.map((file) => {
      const lines = readFileSync(GROKKING + file, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      const points = lines.filter((line) => line.step !== undefined);
      const column = (name: string) => points.map((point) => point[name] as number);
      const columns = { train_acc: column("train_acc"), test_acc: column("test_acc") };
      return {
        run: run(file, column("step"), columns),
        stated: lines.find((line) => line._summary !== undefined)._summary as Outcome,
        // Where the files state no thresholds (the group tasks), those that the others state give their stated steps.
        thresholds: { memorize: lines[0]._meta.memorize_thresh ?? 0.99, grok: lines[0]._meta.grok_thresh ?? 0.95 },
      };
    });

    test("onsets are the steps that their own summaries state, in every run", () => {
      expect(read.length).toBeGreaterThan(0);
      for (const { run: one, stated, thresholds } of read) {
        const onsets = [parseOnset(`train_acc>=${thresholds.memorize}`), parseOnset(`test_acc>=${thresholds.grok}`)];
        const { onsets: found } = observeRuns({ runs: [one], onsets, hold: parseHold("1") });
        expect([one.name, ...found.map(({ runs }) => runs[0].event.step)]).toEqual([
          one.name,
          stated.memorize_step,
          stated.grok_step,
        ]);
      }
    });

    test("the shares that grokked, never grokked and lost it again are those of the summaries", () => {
      const { onsets } = observeRuns({
        runs: read.map((one) => one.run),
        onsets: [parseOnset("test_acc>=0.95")],
        hold: parseHold("1"),
      });
      const grokked = read.filter(({ stated }) => stated.grok_step !== null);
      const collapsed = grokked.filter(({ stated, thresholds }) => stated.final_test_acc < thresholds.grok);
      expect(onsets[0]).toMatchObject({
        kept: grokked.length - collapsed.length,
        lost: collapsed.length,
        never: read.length - grokked.length,
      });
    });
  },
);
