import { expect, test } from "vitest";
import { runOf } from "./run.fixture.ts";
import { stepGrid } from "./stepGrid.ts";

const run = (steps: number[], other = steps) =>
  runOf({ a: { steps, values: steps }, b: { steps: other, values: other } });
const regular = Array.from({ length: 12 }, (_, i) => 500 * (i + 1));

test("a checkpoint missing from a regular grid is a note that names it", () => {
  expect(stepGrid(run(regular.filter((step) => step !== 3000)))).toMatchObject([
    {
      code: "steps-missing",
      severity: "note",
      where: { steps: [[3000, 3000]] },
      evidence: { spacing: 500, missing: 1 },
    },
  ]);
});

test("regular, logarithmic and changing grids have no gaps", () => {
  expect(stepGrid(run(regular))).toEqual([]);
  expect(stepGrid(run(regular.map((_, i) => 2 ** i)))).toEqual([]);
  expect(stepGrid(run([1, 2, 4, 8, 16, ...regular, 7000, 8000, 9000]))).toEqual([]);
});

test("a measure missing at some checkpoints is told, one on its own grid is not", () => {
  expect(
    stepGrid(
      run(
        regular,
        regular.filter((step) => step !== 3000),
      ),
    ),
  ).toMatchObject([{ code: "measures-incomplete", where: { measures: ["b"], steps: [[3000, 3000]] } }]);
  expect(
    stepGrid(
      run(
        regular,
        regular.filter((_, i) => i % 2 === 0),
      ),
    ),
  ).toEqual([]);
});
