/**
 * @file Every run of the study as one hair-thin line over steps, in blocks by role: what was trained, shared, stopped.
 */
import type { LineageRow } from "../../results.ts";
import { formatCount, isFiniteNumber } from "../format.ts";
import { type Html, svg } from "../html.ts";
import { axisBottom } from "../svg/axis.ts";
import { frame, plotArea } from "../svg/frame.ts";
import { linearScale } from "../svg/scale.ts";

const WIDTH = 720;
const ORDER: readonly LineageRow["role"][] = [
  "cohort",
  "variance",
  "forecast",
  "control",
  "pilot",
  "window",
  "dose",
  "null",
  "candidate",
  "replicate",
  "confirmation",
];
const NAMES: Readonly<Record<LineageRow["role"], string>> = {
  cohort: "cohort",
  variance: "seed components",
  forecast: "forecast",
  control: "controls",
  pilot: "pilot arms",
  window: "window arms",
  dose: "dose arms",
  null: "null arms",
  candidate: "candidates",
  replicate: "replicates",
  confirmation: "confirmation",
};

export function allRuns({
  id,
  lineage,
  lastStep,
}: {
  id: string;
  lineage: readonly LineageRow[];
  lastStep: number;
}): Html {
  const blocks = ORDER.map((role) => ({ role, rows: lineage.filter((row) => row.role === role) })).filter(
    ({ rows }) => rows.length > 0,
  );
  const pitch = lineage.length <= 120 ? 3 : lineage.length <= 240 ? 2 : 1;
  const heights = blocks.map(({ rows }) => Math.max(16, rows.length * pitch) + 10);
  const height = heights.reduce((sum, value) => sum + value, 0) + 54;
  const area = plotArea(WIDTH, height, { top: 8, right: 16, bottom: 40, left: 160 });
  const end = Math.max(lastStep, ...lineage.map(({ step }) => (isFiniteNumber(step) ? step : 0)));
  const x = linearScale({ domain: [0, end], range: [area.left, area.right], count: 5 });
  let top = area.top;
  return frame(
    {
      id,
      title: "Every run of the study",
      desc: `One line a run from its fork to its last step: ${blocks.map(({ role, rows }) => `${NAMES[role]} ${rows.length}`).join(", ")}.`,
      width: WIDTH,
      height,
    },
    svg`${axisBottom(x, area, "step", { grid: true })}${blocks.map(({ role, rows }, b) => {
      const start = top;
      top += heights[b];
      const sorted = [...rows].sort((a, c) => (a.forkStep ?? 0) - (c.forkStep ?? 0) || c.step - a.step);
      const path = sorted.map(({ forkStep, step }, i) => {
        const y = start + 4 + (i + 0.5) * pitch;
        return `M${px(x(clampStep(forkStep ?? 0)))},${px(y)}H${px(x(clampStep(step)))}`;
      });
      const middle = start + 4 + Math.max(16, rows.length * pitch) / 2;
      return svg`<path class="open ${role === "candidate" || role === "replicate" ? "s4" : role === "confirmation" ? "s3" : role === "window" || role === "dose" ? "s2" : "s1"}" stroke-width="${Math.max(1, pitch - 1)}" stroke-opacity=".72" shape-rendering="crispEdges" d="${path.join("")}"/><text x="${area.left - 12}" y="${middle + 4}" text-anchor="end"><tspan class="strong">${NAMES[role]}</tspan> ${formatCount(rows.length)}</text>`;
    })}`,
  );

  function clampStep(step: number): number {
    return isFiniteNumber(step) ? Math.min(end, Math.max(0, step)) : 0;
  }
}

function px(value: number): number {
  return Math.round(value * 10) / 10;
}
