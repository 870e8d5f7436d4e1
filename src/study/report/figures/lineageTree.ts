/**
 * @file The lineage of branches as a picture: the parent in the middle, windows above it, other branches below, each
 * leaving it at its fork; one seed in full, the other seeds as faint lines beside it.
 *
 * Nearest the parent stands what forks last, so that no branch crosses another.
 */
import type { LineageRow } from "../../results.ts";
import { counted, formatCount, isFiniteNumber } from "../format.ts";
import { type Html, svg } from "../html.ts";
import { axisBottom } from "../svg/axis.ts";
import { frame, plotArea } from "../svg/frame.ts";
import { mark } from "../svg/marks.ts";
import { linearScale, type Scale } from "../svg/scale.ts";

export interface LineageArm {
  readonly label: string;
  readonly role: LineageRow["role"];
  readonly forkStep: number;
  readonly rows: readonly LineageRow[];
  /** Steps for which the change is in force, when it ends. */
  readonly windowSteps?: number;
}

const WIDTH = 720;
const ROW = 21;
const LABEL = 206;
const COLOURS: Partial<Record<LineageRow["role"], number>> = { window: 2, dose: 3, null: 1, pilot: 4 };

/** Arms of the interventions: branches of one role and label, over seeds. Rows without a fork are left out. */
export function lineageArms(lineage: readonly LineageRow[], windowSteps?: number): LineageArm[] {
  const arms = new Map<string, LineageRow[]>();
  for (const row of lineage) {
    if (!["window", "dose", "null"].includes(row.role) || !isFiniteNumber(row.forkStep)) continue;
    const name = `${row.role}\u0000${row.label}\u0000${row.forkStep}`;
    arms.set(name, [...(arms.get(name) ?? []), row]);
  }
  return [...arms.values()].map((rows) => ({
    label: rows[0].label,
    role: rows[0].role,
    forkStep: rows[0].forkStep!,
    rows,
    ...(rows[0].role === "window" && isFiniteNumber(windowSteps) ? { windowSteps } : {}),
  }));
}

export function lineageTree({
  id,
  arms,
  lastStep,
  parentLabel,
}: {
  id: string;
  arms: readonly LineageArm[];
  lastStep: number;
  parentLabel: string;
}): Html {
  const byFork = [...arms].sort((a, b) => a.forkStep - b.forkStep);
  const above = byFork.filter(({ role }) => role === "window");
  const below = [...arms].sort((a, b) => b.forkStep - a.forkStep).filter(({ role }) => role !== "window");
  const height = (above.length + below.length + 2) * ROW + 48;
  const area = plotArea(WIDTH, height, { top: 8, right: LABEL, bottom: 40, left: 22 });
  const x = linearScale({ domain: [0, lastStep], range: [area.left, area.right], count: 5 });
  const trunk = area.top + (above.length + 0.5) * ROW;
  const seeds = Math.max(0, ...arms.map(({ rows }) => rows.length));
  const place = (arm: LineageArm): number => {
    const i = above.indexOf(arm);
    return i >= 0 ? area.top + (i + 0.4) * ROW : trunk + (below.indexOf(arm) + 1.1) * ROW;
  };
  return frame(
    {
      id,
      title: "Lineage of the branches",
      desc: `Step 0 to ${formatCount(lastStep)}, left to right. ${counted(arms.length, "branch").replace("branchs", "branches")} of the parent run, each repeated over ${counted(seeds, "seed")}: ${byFork.map(({ label, forkStep }) => `${label} from step ${formatCount(forkStep)}`).join("; ")}.`,
      width: WIDTH,
      height,
    },
    svg`${axisBottom(x, area, "step", { grid: true })}${spread(seeds).map((offset) => svg`<line class="whisper ss" x1="${x(0)}" x2="${x(lastStep)}" y1="${trunk + offset}" y2="${trunk + offset}"/>`)}${[...above, ...below].map((arm) => branch(arm, place(arm), trunk, x, lastStep))}<line class="thick s0" x1="${x(0)}" x2="${x(lastStep)}" y1="${trunk}" y2="${trunk}"/>${[...new Set(arms.map(({ forkStep }) => Math.min(Math.max(0, forkStep), lastStep)))].map((step) => mark("circle", x(step), trunk, 3.6, "hollow s0"))}<text class="name" x="${area.right + 10}" y="${trunk + 4}">${parentLabel}</text>`,
  );
}

function branch(arm: LineageArm, y: number, trunk: number, x: Scale, lastStep: number): Html {
  const colour = COLOURS[arm.role] ?? 1;
  const from = x(Math.min(Math.max(0, arm.forkStep), lastStep));
  const to = x(Math.min(lastStep, Math.max(...arm.rows.map(({ step }) => (isFiniteNumber(step) ? step : 0)), 0)));
  const path = (offset: number): string => {
    const target = y + offset;
    const direction = Math.sign(target - trunk) || 1;
    return `M${round(from)},${round(trunk)}V${round(target - 7 * direction)}Q${round(from)},${round(target)} ${round(from + 7)},${round(target)}H${round(Math.max(from + 7, to))}`;
  };
  const until = arm.windowSteps === undefined ? undefined : x(Math.min(lastStep, arm.forkStep + arm.windowSteps));
  const dashes = arm.role === "null" ? " dash" : "";
  return svg`<g>${spread(arm.rows.length).map((offset) => svg`<line class="whisper s${colour}" x1="${from + 7}" x2="${Math.max(from + 7, to)}" y1="${y + offset}" y2="${y + offset}"/>`)}<path class="open line s${colour}${dashes}" d="${path(0)}"/>${
    until !== undefined &&
    svg`<line class="s${colour}" stroke-width="5" x1="${from + 5}" x2="${Math.max(from + 5, until)}" y1="${y}" y2="${y}"/>`
  }<text x="${to + 10}" y="${y + 4}">${clip(arm.label)} <tspan class="small">· ${String(arm.rows.length)}</tspan></text></g>`;
}

/** Offsets of the faint lines around the full one, at most ±6 px. */
function spread(count: number): number[] {
  const others = Math.min(count - 1, 40);
  return Array.from({ length: Math.max(0, others) }, (_, i) => -6 + (12 * (i + 0.5)) / others);
}

function clip(label: string): string {
  const characters = [...label];
  return characters.length > 28 ? `${characters.slice(0, 27).join("")}…` : label;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
