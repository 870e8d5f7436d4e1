/**
 * @file One requirement in the confirmation: every fresh seed as a dot, the bound as a line, the allowed side tinted.
 *
 * Dots that would overlap are stacked, so that each run can be counted. Runs whose value is not finite are counted apart.
 */
import type { Requirement } from "../../../core/index.ts";
import { formatCount, formatShort, isFiniteNumber, type MaybeNumber } from "../format.ts";
import { type Html, svg } from "../html.ts";
import { axisBottom } from "../svg/axis.ts";
import { frame, plotArea } from "../svg/frame.ts";
import { finiteExtent, linearScale } from "../svg/scale.ts";

export interface ConfirmationStripOptions {
  readonly id: string;
  readonly requirement: Requirement;
  readonly values: readonly MaybeNumber[];
}

const WIDTH = 334;
const DOT = 5.4;

export function meets({ min, max }: Requirement, value: MaybeNumber): boolean {
  return isFiniteNumber(value) && (!isFiniteNumber(min) || value >= min) && (!isFiniteNumber(max) || value <= max);
}

export function requirementText({ measure, min, max, step }: Requirement): string {
  const bounds = [min !== undefined && `≥ ${formatShort(min)}`, max !== undefined && `≤ ${formatShort(max)}`]
    .filter(Boolean)
    .join(" and ");
  return `${measure} ${bounds}${step === undefined ? "" : ` at step ${formatCount(step)}`}`;
}

export function confirmationStrip({ id, requirement, values }: ConfirmationStripOptions): Html {
  const bounds = [requirement.min, requirement.max].filter(isFiniteNumber);
  const finite = values.filter(isFiniteNumber);
  const [low, high] = finiteExtent(finite, bounds);
  const pad = (high - low) * 0.06;
  const left = 10;
  const x = linearScale({ domain: [low - pad, high + pad], range: [left, WIDTH - 12], count: 4 });
  const columns = new Map<number, number>();
  const dots = [...finite]
    .sort((a, b) => a - b)
    .map((value) => {
      const column = Math.round(x(value) / DOT);
      const level = columns.get(column) ?? 0;
      columns.set(column, level + 1);
      return { x: column * DOT, level, met: meets(requirement, value) };
    });
  const tallest = Math.max(3, ...columns.values());
  const height = 44 + tallest * DOT + 12 + 38;
  const area = plotArea(WIDTH, height, { top: 44, right: 12, bottom: 38, left });
  const met = values.filter((value) => meets(requirement, value)).length;
  const missing = values.length - finite.length;
  const goodFrom = isFiniteNumber(requirement.min) ? x(requirement.min) : area.left;
  const goodTo = isFiniteNumber(requirement.max) ? x(requirement.max) : area.right;
  return frame(
    {
      id,
      title: `Confirmation: ${requirementText(requirement)}`,
      desc: `${met} of ${values.length} fresh seeds meet it; worst ${formatShort(finite.length === 0 ? null : requirement.min === undefined ? Math.max(...finite) : Math.min(...finite))}.${missing > 0 ? ` ${missing} have no finite value.` : ""}`,
      width: WIDTH,
      height,
    },
    svg`<text class="name" x="0" y="12">${requirementText(requirement)}</text><text class="small" x="0" y="27">${met} of ${values.length} seeds${missing > 0 && ` · ${missing} without a finite value`}</text><rect class="good" x="${goodFrom}" width="${Math.max(0, goodTo - goodFrom)}" y="${area.top - 8}" height="${area.bottom - area.top + 8}"/>${axisBottom(x, area)}${bounds.map(
      (bound) => svg`<line class="bound" x1="${x(bound)}" x2="${x(bound)}" y1="${area.top - 8}" y2="${area.bottom}"/>`,
    )}${dots.map(({ x: at, level, met: good }) =>
      good
        ? svg`<circle class="f3" cx="${at}" cy="${area.bottom - 4 - level * DOT}" r="2.4"/>`
        : svg`<path class="x s2" transform="translate(${at},${area.bottom - 4 - level * DOT})" d="M-3,-3L3,3M-3,3L3,-3"/>`,
    )}`,
  );
}
