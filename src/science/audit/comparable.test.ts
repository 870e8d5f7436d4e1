import { describe, expect, test } from "vitest";
import { type EvaluationContext, Rng } from "../../core/index.ts";
import { comparability } from "./comparable.ts";
import { type Columns, runOf } from "./run.fixture.ts";

const steps = Array.from({ length: 12 }, (_, i) => 1000 * (i + 1));

function arm(
  seed: number,
  { context = {}, n = 400, scale = 1 }: { context?: EvaluationContext; n?: number; scale?: number } = {},
) {
  const rng = Rng.of("arm", seed);
  const measures: Record<string, Columns> = {};
  const contexts = steps.map(() => 0);
  for (let k = 0; k < 10; k++) {
    const values = steps.map(() => Math.round(n * (0.6 + 0.02 * rng.normal())) / n);
    measures[`task${k}/acc`] = { steps, values, ses: values.map((p) => Math.sqrt((p * (1 - p)) / (n - 1))), contexts };
    measures[`task${k}/difference_nats`] = {
      steps,
      values: steps.map(() => scale * (30 + 0.5 * rng.normal())),
      ses: steps.map(() => scale * 3 * (1 + 0.01 * rng.normal())),
      contexts,
    };
  }
  return runOf(measures, { name: `arm${seed}`, contexts: [context] });
}

const compare = (treated: ReturnType<typeof arm>, control: ReturnType<typeof arm>) =>
  comparability({ treated: [treated], control: [control], measures: [...treated.series.keys()], steps });

describe("comparability", () => {
  test("two arms measured alike may be compared, whether that is stated or not", () => {
    expect(compare(arm(1), arm(2))).toEqual({ differences: [], statedShare: 0 });
    const context = { evaluator: "h", taskVersion: "1", shots: 0 };
    expect(compare(arm(1, { context }), arm(2, { context }))).toEqual({ differences: [], statedShare: 1 });
  });

  test.each([
    ["evaluator", "a", "b", true],
    ["evaluatorVersion", "0.3", "0.4", true],
    ["taskVersion", "0", "1", false],
    ["shots", 0, 5, false],
    ["prompt", "x", "y", false],
    ["limit", 100, 200, false],
  ] as const)("different %s are told", (field, a, b, isOfEvaluator) => {
    const { differences } = compare(arm(1, { context: { [field]: a } }), arm(2, { context: { [field]: b } }));
    expect(differences).toMatchObject([{ isOfEvaluator, ground: "stated in the files" }]);
    expect(differences[0].measures).toHaveLength(20);
  });

  test("different numbers of items are inferred from the errors of shares", () => {
    const { differences } = compare(arm(1), arm(2, { n: 200 }));
    expect(differences).toMatchObject([
      { what: expect.stringContaining("treated 400, control 200"), isOfEvaluator: false },
    ]);
    expect(differences[0].measures.every((measure) => measure.endsWith("/acc"))).toBe(true);
  });

  test("another statistic under the same name is inferred where values and errors are another on all its tasks, and nothing else is", () => {
    const { differences } = compare(arm(1), arm(2, { scale: 0.1 }));
    expect(differences).toMatchObject([{ isOfEvaluator: true, what: expect.stringContaining("another statistic") }]);
    expect(differences[0].chance).toBeLessThan(0.001);
  });

  test("a real effect on a statistic, with the errors as they were, is not called incomparable", () => {
    const treated = arm(1);
    const moved = {
      ...treated,
      series: new Map(
        [...treated.series].map(([measure, series]) => [
          measure,
          measure.endsWith("nats") ? { ...series, values: series.values.map((value) => value * 0.5) } : series,
        ]),
      ),
    };
    expect(compare(moved, arm(2)).differences).toEqual([]);
  });
});
