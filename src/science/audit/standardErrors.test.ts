import { describe, expect, test } from "vitest";
import { betaSd, Rng } from "../../core/index.ts";
import { runOf } from "./run.fixture.ts";
import { standardErrors } from "./standardErrors.ts";

const steps = Array.from({ length: 12 }, (_, i) => 100 * (i + 1));
const shares = (n: number) => {
  const rng = Rng.of(n, "shares");
  return steps.map(() => Math.round(n * (0.5 + 0.05 * rng.normal())) / n);
};
const errorOf = (p: number, n: number) => Math.sqrt((p * (1 - p)) / (n - 1));

describe("standardErrors", () => {
  test("shares whose errors all imply one number of items pass, to all digits and to four", () => {
    const values = shares(500);
    const ses = values.map((p) => errorOf(p, 500));
    expect(standardErrors(runOf({ "a/acc": { steps, values, ses } }))).toEqual([]);
    expect(standardErrors(runOf({ "a/acc": { steps, values, ses: ses.map((se) => Number(se.toFixed(4))) } }))).toEqual(
      [],
    );
  });

  test("one checkpoint on fewer items is found by its error alone", () => {
    const values = shares(500).with(7, 0.52);
    const ses = values.map((p, i) => errorOf(p, i === 7 ? 100 : 500));
    expect(standardErrors(runOf({ "a/acc": { steps, values, ses } }))).toMatchObject([
      {
        code: "items-changed",
        severity: "error",
        where: { measures: ["a/acc"], steps: [[800, 800]] },
        evidence: { items: 100, usualItems: 500 },
      },
    ]);
  });

  test("a second half on other items is found too", () => {
    const values = shares(500);
    const ses = values.map((p, i) => errorOf(p, i > 7 ? 250 : 500));
    expect(standardErrors(runOf({ "a/acc": { steps, values, ses } }))).toMatchObject([
      { code: "items-changed", where: { steps: [[900, 1200]] } },
    ]);
  });

  test("stated numbers of items that change are told, a larger last evaluation is not", () => {
    const values = shares(500);
    const ns: number[] = steps.map((_, i) => (i === 5 ? 50 : 500));
    expect(standardErrors(runOf({ loss: { steps, values: values.map((p) => p + 2), ns } }))).toMatchObject([
      { code: "items-changed", evidence: { items: 50, usualItems: 500 } },
    ]);
    expect(standardErrors(runOf({ loss: { steps, values, ns: ns.with(5, 500).with(11, 5000) } }))).toEqual([]);
  });

  test.each([
    ["negative", (se: number) => -se],
    ["0 with a share", () => 0],
    ["larger than", () => 0.6],
  ])("an error that is %s … is implausible", (why, spoil) => {
    const values = shares(500);
    const ses = values.map((p) => errorOf(p, 500));
    const [found] = standardErrors(runOf({ "a/acc": { steps, values, ses: ses.with(3, spoil(ses[3])) } }));
    expect(found).toMatchObject({ code: "standard-error-implausible", where: { steps: [[400, 400]] } });
    expect(found.what).toContain(why);
  });

  test("an error copied from step to step while the share moves is implausible", () => {
    const values = shares(500);
    const ses = values.map((p, i) => (i >= 4 ? 0.0223 : errorOf(p, 500)));
    expect(
      standardErrors(runOf({ "a/acc": { steps, values, ses } })).some(({ what }) =>
        what.includes("the same to the last digit"),
      ),
    ).toBe(true);
  });

  test("errors with one item more right and wrong, as the lab states them, pass", () => {
    const values = shares(500).map((p, i) => (i < 3 ? 0.01 * i : p));
    const ses = values.map((p) => betaSd(500 * p, 500));
    expect(standardErrors(runOf({ "test.accuracy": { steps, values, ses, ns: steps.map(() => 500) } }))).toEqual([]);
    expect(standardErrors(runOf({ "test.accuracy": { steps, values, ses } }))).toEqual([]);
  });

  test("a mean whose items sometimes all agree passes, one whose errors are all 0 does not", () => {
    const values = steps.map((_, i) => 20 + (i % 3) / 2);
    const some = steps.map((_, i) => (i % 3 === 0 ? 0 : 0.2));
    expect(standardErrors(runOf({ reward: { steps, values, ses: some } }))).toEqual([]);
    expect(standardErrors(runOf({ reward: { steps, values, ses: steps.map(() => 0) } }))).toMatchObject([
      { code: "standard-error-implausible", evidence: { points: 12 } },
    ]);
  });

  test("errors of other means imply nothing about items", () => {
    const rng = Rng.of(1, "bootstrap");
    const values = shares(400);
    expect(
      standardErrors(runOf({ "a/f1": { steps, values, ses: values.map(() => 0.02 + 0.002 * rng.uniform()) } })),
    ).toEqual([]);
  });
});
