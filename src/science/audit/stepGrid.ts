/**
 * @file Gaps in the grid of steps: checkpoints missing from a regular grid, and measures missing from some checkpoints.
 *
 * A grid is regular where at least three of four spacings are equal; a gap is a whole multiple of that spacing with equal
 * spacings on both sides. Irregular and logarithmic grids have no gaps that can be told.
 */
import type { Finding, RecordedRun } from "../../core/index.ts";
import { finding, gridOf, listed, stepRanges } from "./check.ts";
import { isSchedule } from "./measureParts.ts";

/** A measure on fewer of the run's checkpoints than this was taken on a grid of its own. */
const USUAL = 0.8;

export function stepGrid(run: RecordedRun): Finding[] {
  return [...missingSteps(run), ...incompleteMeasures(run)];
}

function missingSteps(run: RecordedRun): Finding[] {
  const grid = gridOf(run);
  if (grid.length < 6) return [];
  const spacings = grid.slice(1).map((step, i) => step - grid[i]);
  const counts = new Map<number, number>();
  for (const spacing of spacings) counts.set(spacing, (counts.get(spacing) ?? 0) + 1);
  const [usual, count] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a));
  if (count < 0.75 * spacings.length) return [];
  const missing: [number, number][] = [];
  let steps = 0;
  for (let i = 1; i < spacings.length - 1; i++) {
    const times = spacings[i] / usual;
    if (times < 2 || !Number.isInteger(times) || spacings[i - 1] !== usual || spacings[i + 1] !== usual) continue;
    missing.push([grid[i] + usual, grid[i + 1] - usual]);
    steps += times - 1;
  }
  if (missing.length === 0) return [];
  const [first, last] = missing[0];
  return [
    finding(
      "steps-missing",
      `${run.name}: ${steps} ${steps === 1 ? "checkpoint is" : "checkpoints are"} missing from a grid of every ${usual} steps, the first at ${first === last ? first : `${first}–${last}`}`,
      {
        severity: "note",
        where: { runs: [run.id], steps: missing },
        evidence: { spacing: usual, missing: steps, gaps: missing.length },
        confidence: { ground: `${count} of ${spacings.length} spacings are ${usual}`, n: spacings.length },
        spoils: ["onsets and change points there, which are known to the wider spacing only"],
      },
    ),
  ];
}

function incompleteMeasures(run: RecordedRun): Finding[] {
  const grid = gridOf(run);
  if (grid.length < 6) return [];
  const missing = new Map<number, string[]>();
  for (const [measure, series] of run.series) {
    if (isSchedule(measure) || series.steps.length === grid.length || series.steps.length < USUAL * grid.length)
      continue;
    const own = new Set(series.steps);
    for (const step of grid) if (!own.has(step)) missing.set(step, [...(missing.get(step) ?? []), measure]);
  }
  if (missing.size === 0) return [];
  const steps = [...missing.keys()];
  const measures = [...new Set([...missing.values()].flat())];
  return [
    finding(
      "measures-incomplete",
      `${run.name}: ${listed(measures)} ${measures.length === 1 ? "is" : "are"} missing at ${steps.length} of ${grid.length} checkpoints (${listed(steps)})`,
      {
        severity: "note",
        where: { runs: [run.id], measures, steps: stepRanges(steps, grid) },
        evidence: { measures: measures.length, steps: steps.length },
        confidence: { ground: "certain: the files have no such value", n: grid.length },
        spoils: ["means over measures that are taken to be complete at every checkpoint"],
      },
    ),
  ];
}
