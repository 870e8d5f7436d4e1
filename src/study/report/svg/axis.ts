/**
 * @file Axes: few ticks, faint grid, the axis title set in words at its end. Draws only what the scale's ticks say.
 */
import { type Html, svg } from "../html.ts";
import type { PlotArea } from "./frame.ts";
import type { Scale } from "./scale.ts";

/** Horizontal axis below the area: a baseline, short ticks, labels; the title at the right end, under the labels. */
export function axisBottom(scale: Scale, area: PlotArea, title = "", options: { grid?: boolean } = {}): Html {
  const y = area.bottom;
  return svg`<g class="axis">${
    options.grid &&
    scale.ticks.map(({ at }) => svg`<line class="grid" x1="${at}" x2="${at}" y1="${area.top}" y2="${y}"/>`)
  }<line class="base" x1="${area.left}" x2="${area.right}" y1="${y}" y2="${y}"/>${scale.ticks.map(
    ({ at, label }) =>
      svg`<line class="base" x1="${at}" x2="${at}" y1="${y}" y2="${y + 4}"/><text x="${at}" y="${y + 15}" text-anchor="middle">${label}</text>`,
  )}${title !== "" && svg`<text class="axis-title" x="${area.right}" y="${y + 30}" text-anchor="end">${title}</text>`}</g>`;
}

/** Vertical axis left of the area: grid lines and labels, no line; the title above it, at the left edge. */
export function axisLeft(scale: Scale, area: PlotArea, title = "", options: { titleY?: number } = {}): Html {
  return svg`<g class="axis">${scale.ticks.map(
    ({ at, label }) =>
      svg`<line class="grid" x1="${area.left}" x2="${area.right}" y1="${at}" y2="${at}"/><text x="${area.left - 6}" y="${at + 4}" text-anchor="end">${label}</text>`,
  )}${title !== "" && svg`<text class="axis-title" x="${0}" y="${options.titleY ?? area.top - 8}">${title}</text>`}</g>`;
}
