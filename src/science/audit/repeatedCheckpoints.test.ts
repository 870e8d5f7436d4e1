import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { cleanRuns } from "./cleanRuns.fixture.ts";
import { repeatedCheckpoints } from "./repeatedCheckpoints.ts";
import { changed, repeatedAt } from "./run.fixture.ts";

const steps = Array.from({ length: 24 }, (_, i) => 1000 * (i + 1));
const shape = { steps, tasks: 12, checkpointNoise: 0.5, rho: 0.4, seeds: 2, statesErrors: true };
const [first, second] = cleanRuns(shape, Rng.of(5, "repeated"));
const options = { level: 0.01 };

describe("repeatedCheckpoints", () => {
  test("says nothing of two clean seeds", () => {
    expect(repeatedCheckpoints([first, second], options)).toEqual([]);
  });

  test("finds one checkpoint under two steps of a run, and is sure", () => {
    const [found, ...others] = repeatedCheckpoints([repeatedAt(first, 7000, 18000)], options);
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      code: "checkpoint-repeated",
      severity: "error",
      where: {
        steps: [
          [7000, 7000],
          [18000, 18000],
        ],
      },
    });
    expect(found.confidence.chance).toBeLessThan(1e-10);
  });

  test("neighbours that agree may be weights that did not move: a warning; at the start a note", () => {
    expect(repeatedCheckpoints([repeatedAt(first, 7000, 8000)], options)[0]).toMatchObject({
      code: "checkpoint-repeated",
      severity: "warning",
    });
    expect(repeatedCheckpoints([repeatedAt(first, 1000, 2000)], options)[0]).toMatchObject({
      code: "weights-unchanged",
      severity: "note",
    });
  });

  test("finds a run under two names, though one step differs", () => {
    const copy = { ...first, id: "copy", name: "copy" };
    expect(repeatedCheckpoints([first, copy], options)).toMatchObject([
      { code: "runs-duplicated", evidence: { equalSteps: 24 } },
    ]);
    const almost = changed(copy, (series) => ({
      ...series,
      values: series.values.with(11, second.series.get(series.measure)!.values[11]),
    }));
    expect(repeatedCheckpoints([first, almost], options)).toMatchObject([
      { code: "runs-duplicated", evidence: { equalSteps: 23, differingSteps: [12000] } },
    ]);
  });

  test("a branch shares its parent's prefix: a note", () => {
    const branch = changed(second, (series) => ({
      ...series,
      values: series.values.map((value, i) => (i < 10 ? first.series.get(series.measure)!.values[i] : value)),
    }));
    expect(repeatedCheckpoints([first, branch], options)).toMatchObject([
      { code: "prefix-shared", severity: "note", where: { steps: [[1000, 10000]] } },
    ]);
  });

  test("branches that have hardly parted agree for a while: still one note; an agreement that comes later is an error", () => {
    let task = 0;
    const branch = changed(second, (series) => {
      task += 1;
      // The first steps are shared; at the next two most tasks still agree.
      const agrees = (i: number) => i < 3 || (i < 5 && task % 8 !== 0);
      return {
        ...series,
        values: series.values.map((value, i) => (agrees(i) ? first.series.get(series.measure)!.values[i] : value)),
      };
    });
    expect(repeatedCheckpoints([first, branch], options)).toMatchObject([{ code: "prefix-shared", severity: "note" }]);
    const later = changed(branch, (series) => ({
      ...series,
      values: series.values.with(15, first.series.get(series.measure)!.values[15]),
    }));
    const codes = repeatedCheckpoints([first, later], options).map(({ severity }) => severity);
    expect(codes).toContain("error");
  });

  test("branches that go on at other steps share a prefix too", () => {
    const cut = (run: typeof first, id: string, keep: (i: number) => boolean) => ({
      ...changed(run, (series) => ({
        ...series,
        steps: series.steps.filter((_, i) => keep(i)),
        values: series.values.filter((_, i) => keep(i)),
        ses: series.ses?.filter((_, i) => keep(i)),
      })),
      id,
      name: id,
    });
    const branches = [cut(first, "a", (i) => i < 10 || i % 2 === 0), cut(first, "b", (i) => i < 10 || i % 2 === 1)];
    expect(repeatedCheckpoints(branches, options)).toMatchObject([
      { code: "prefix-shared", where: { steps: [[1000, 10000]] } },
    ]);
  });

  test("finds a checkpoint of one run inside another", () => {
    const mixed = changed(second, (series) => ({
      ...series,
      values: series.values.with(15, first.series.get(series.measure)!.values[15]),
    }));
    expect(repeatedCheckpoints([first, mixed], options)).toMatchObject([
      { code: "checkpoint-repeated", severity: "error", where: { steps: [[16000, 16000]] } },
    ]);
    const elsewhere = changed(second, (series) => ({
      ...series,
      values: series.values.with(15, first.series.get(series.measure)!.values[6]),
    }));
    expect(repeatedCheckpoints([first, elsewhere], options)[0].where.steps).toEqual([
      [7000, 7000],
      [16000, 16000],
    ]);
  });

  test("one checkpoint that both runs say they evaluated is a note", () => {
    const context = (step: number) => ({ model: "m", revision: `step${step}` });
    const labelled = (run: typeof first, id: string) => ({
      ...changed(run, (series) => ({ ...series, contexts: steps.map((_, i) => i) })),
      id,
      contexts: steps.map(context),
    });
    const other = changed(second, (series) => ({
      ...series,
      values: series.values.with(15, first.series.get(series.measure)!.values[15]),
    }));
    expect(repeatedCheckpoints([labelled(first, "a"), labelled(other, "b")], options)).toMatchObject([
      { code: "checkpoint-evaluated-twice", severity: "note" },
    ]);
  });
});
