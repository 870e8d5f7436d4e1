import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { cleanRuns } from "./cleanRuns.fixture.ts";
import { outlierCheckpoints } from "./outlierCheckpoints.ts";
import { changed, runOf } from "./run.fixture.ts";

const steps = Array.from({ length: 26 }, (_, i) => 1000 * (i + 1));
const shape = { steps, tasks: 40, checkpointNoise: 0.5, rho: 0.4, seeds: 1, statesErrors: true };
const [run] = cleanRuns(shape, Rng.of(11, "outlier"));
const warnings = (runs: Parameters<typeof outlierCheckpoints>[0]) =>
  outlierCheckpoints(runs, { level: 0.01 }).filter(({ severity }) => severity === "warning");

describe("outlierCheckpoints", () => {
  test("says nothing of a clean run, nor of one that gets steadily worse late", () => {
    expect(warnings([run])).toEqual([]);
    const worse = changed(run, (series) => ({
      ...series,
      values: series.values.map((value, i) => value * (i < 15 ? 1 : 1 + 0.05 * (i - 15))),
    }));
    expect(warnings([worse])).toEqual([]);
  });

  test("finds one checkpoint that is off in many measures at once, by little in each", () => {
    const rng = Rng.of(3, "off");
    const off = changed(run, (series) => ({
      ...series,
      values: series.values.with(14, series.values[14] + 4 * (series.ses?.[14] ?? 0) * rng.normal()),
    }));
    expect(warnings([off])).toMatchObject([{ code: "checkpoint-outlier", where: { steps: [[15000, 15000]] } }]);
  });

  test("finds one value far off in one measure, between its neighbours' values and beyond its items", () => {
    const off = changed(run, (series) =>
      series.measure === "task3/loss" ? { ...series, values: series.values.with(14, series.values[14] + 1) } : series,
    );
    const [found, ...others] = warnings([off]);
    expect(others).toEqual([]);
    expect(found.where).toMatchObject({ measures: ["task3/loss"], steps: [[15000, 15000]] });
    expect(found.confidence.chance).toBeLessThan(0.01);
  });

  test("a jump that lasts is no outlier", () => {
    const jump = changed(run, (series) => ({
      ...series,
      values: series.values.map((value, i) => (i < 14 ? value : value + 2)),
    }));
    expect(warnings([jump])).toEqual([]);
  });

  test("a series with spikes everywhere has heavy tails: nothing is said of one", () => {
    const rng = Rng.of(4, "spiky");
    const spiky = runOf({
      loss: {
        steps: Array.from({ length: 300 }, (_, i) => i),
        values: Array.from({ length: 300 }, (_, i) => rng.normal() + (i % 25 === 7 ? 500 : 0)),
      },
    });
    expect(outlierCheckpoints([spiky], { level: 0.01 })).toEqual([]);
  });

  test("far beyond its items, but not beyond how the checkpoints fluctuate, is a note", () => {
    const rng = Rng.of(6, "unstable");
    const values = steps.map(() => 4 + 0.05 * rng.normal());
    values[20] = 4.45;
    const unstable = runOf({ "lambada/nats": { steps, values, ses: steps.map(() => 0.03) } });
    const [found] = outlierCheckpoints([unstable], { level: 0.0001 });
    expect(found).toMatchObject({ severity: "note", where: { steps: [[21000, 21000]] } });
  });
});
