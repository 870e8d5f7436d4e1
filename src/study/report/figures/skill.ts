/**
 * @file Skill by cutoff against one baseline: 1 is perfect, 0 is no better than the baseline, below is worse.
 */
import type { ForecastScore } from "../../results.ts";
import { formatCount, formatPercent, formatValueAndInterval, isFiniteNumber } from "../format.ts";
import { type Html, svg } from "../html.ts";
import { axisLeft } from "../svg/axis.ts";
import { frame, plotArea } from "../svg/frame.ts";
import { interval, mark, placeClamped, polyline, SHAPES } from "../svg/marks.ts";
import { finiteExtent, linearScale } from "../svg/scale.ts";

export interface SkillPanelOptions {
  readonly id: string;
  readonly baseline: string;
  readonly methods: readonly string[];
  readonly cutoffs: readonly number[];
  readonly lastStep: number;
  readonly scores: readonly ForecastScore[];
  readonly domain: readonly [number, number];
}

const WIDTH = 334;
const HEIGHT = 214;

export function skillPanel({ id, baseline, methods, cutoffs, lastStep, scores, domain }: SkillPanelOptions): Html {
  const area = plotArea(WIDTH, HEIGHT, { top: 34, right: 70, bottom: 44, left: 38 });
  const y = linearScale({ domain, range: [area.bottom, area.top], count: 4 });
  const slot = (area.right - area.left) / Math.max(1, cutoffs.length);
  const dodge = Math.min(14, (slot * 0.7) / Math.max(1, methods.length));
  const series = methods.map((method, m) =>
    cutoffs.map((cutoff, c) => ({
      x: area.left + (c + 0.5) * slot + (m - (methods.length - 1) / 2) * dodge,
      cutoff,
      skill: scores.find((score) => score.method === method && score.cutoff === cutoff)?.skill[baseline],
    })),
  );
  const desc = methods
    .map(
      (method, m) =>
        `${method}: ${series[m].map(({ cutoff, skill }) => `at ${formatCount(cutoff)} ${skill ? Object.values(formatValueAndInterval(skill)).join(" ") : "none"}`).join("; ")}.`,
    )
    .join(" ");
  return frame(
    { id, title: `Skill against ${baseline} by cutoff`, desc, width: WIDTH, height: HEIGHT },
    svg`<text class="name" x="0" y="12">against ${baseline}</text>${axisLeft(y, area)}<line class="zero" x1="${area.left}" x2="${area.right}" y1="${y(0)}" y2="${y(0)}"/><text class="small" x="${area.right + 5}" y="${y(0) - 1}">no better</text><text class="small" x="${area.right + 5}" y="${y(0) + 11}">than baseline</text><line class="base" x1="${area.left}" x2="${area.right}" y1="${area.bottom}" y2="${area.bottom}"/>${cutoffs.map(
      (cutoff, c) =>
        svg`<text x="${area.left + (c + 0.5) * slot}" y="${area.bottom + 15}" text-anchor="middle">${formatCount(cutoff)}</text><text class="small" x="${area.left + (c + 0.5) * slot}" y="${area.bottom + 29}" text-anchor="middle">${formatPercent(cutoff / lastStep)}</text>`,
    )}${series.map((points, m) => {
      const colour = m + 1;
      return svg`${polyline(
        points.map(({ x, skill }) => [x, placeClamped(y, skill?.value)?.at ?? null] as const),
        `hair s${colour}${m % 2 ? " dash" : ""}`,
      )}${points.map(({ x, skill }) => {
        const place = placeClamped(y, skill?.value);
        return (
          skill &&
          svg`${interval({ estimate: skill, scale: y, at: x, classes: `bar s${colour} f${colour}`, along: "y" })}${place?.inside && mark(SHAPES[m % SHAPES.length], x, place.at, 4.2, `f${colour} s${colour} dot`)}`
        );
      })}`;
    })}`,
  );
}

/** A common domain for all panels: from the data, at least down to −0.5, never below −1, up to 1. */
export function skillDomain(scores: readonly ForecastScore[]): [number, number] {
  const all = scores.flatMap(({ skill }) => Object.values(skill).flatMap((e) => (e ? [e.value, e.low] : [])));
  const [low] = finiteExtent(all.filter(isFiniteNumber), [0]);
  return [Math.max(-1, Math.min(-0.5, Math.floor(low * 4) / 4)), 1];
}
