import { describe, expect, test } from "vitest";
import { Rng } from "../../core/index.ts";
import { cleanRuns } from "./cleanRuns.fixture.ts";
import { swappedAt } from "./run.fixture.ts";
import { swappedCheckpoints } from "./swappedCheckpoints.ts";

const steps = [100, 200, 400, 800, 1600, 3200, ...Array.from({ length: 14 }, (_, i) => 6400 + 6400 * i)];
const shape = { steps, tasks: 40, checkpointNoise: 0.3, rho: 0.4, seeds: 1, statesErrors: true };
const [run] = cleanRuns(shape, Rng.of(8, "swapped"));

describe("swappedCheckpoints", () => {
  test("says nothing of a clean run", () => {
    expect(swappedCheckpoints([run], { level: 0.01 })).toEqual([]);
  });

  test("finds two steps in each other's place while training still moves", () => {
    const found = swappedCheckpoints([swappedAt(run, 1600, 3200)], { level: 0.01 });
    expect(found).toMatchObject([
      {
        code: "checkpoints-swapped",
        where: {
          steps: [
            [1600, 1600],
            [3200, 3200],
          ],
        },
      },
    ]);
  });

  test("finds one step of two runs exchanged", () => {
    const [other] = cleanRuns({ ...shape, checkpointNoise: 0.3 }, Rng.of(9, "swapped"));
    const into = (target: typeof run, source: typeof run, name: string) => ({
      ...target,
      id: name,
      name,
      series: new Map(
        [...target.series].map(([measure, series]) => [
          measure,
          { ...series, values: series.values.with(9, source.series.get(measure)!.values[9]) },
        ]),
      ),
    });
    const found = swappedCheckpoints([into(run, other, "a"), into(other, run, "b")], { level: 0.01 });
    expect(found).toMatchObject([
      { code: "checkpoints-swapped", where: { runs: ["a", "b"], steps: [[steps[9], steps[9]]] } },
    ]);
  });

  test("needs five tasks", () => {
    const few = { ...run, series: new Map([...run.series].slice(0, 8)) };
    expect(swappedCheckpoints([swappedAt(few, 1600, 3200)], { level: 0.5 })).toEqual([]);
  });
});
