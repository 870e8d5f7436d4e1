/**
 * @file Rows of dots with intervals on one common axis, names at the left, numbers at the right.
 */
import { formatCount, formatValueAndInterval, isFiniteNumber, type LooseEstimate } from "../format.ts";
import { type Html, svg } from "../html.ts";
import { axisBottom } from "../svg/axis.ts";
import { frame, plotArea } from "../svg/frame.ts";
import { interval, mark, placeClamped } from "../svg/marks.ts";
import { finiteExtent, linearScale } from "../svg/scale.ts";

export interface DotIntervalsOptions {
  readonly id: string;
  readonly title: string;
  readonly axisTitle: string;
  readonly rows: readonly {
    readonly name: string;
    readonly estimate: LooseEstimate & { n: number };
    readonly strong?: boolean;
  }[];
}

const WIDTH = 700;
const ROW = 30;

export function dotIntervals({ id, title, axisTitle, rows }: DotIntervalsOptions): Html {
  const height = 14 + rows.length * ROW + 40;
  const area = plotArea(WIDTH, height, { top: 6, right: 220, bottom: 40, left: 110 });
  const [, high] = finiteExtent(rows.flatMap(({ estimate }) => [estimate.value, estimate.high]));
  const x = linearScale({ domain: [0, high], range: [area.left, area.right], count: 4, nice: true });
  const text = rows.map(({ name, estimate }) => {
    const { value, interval: bounds } = formatValueAndInterval(estimate);
    return { name, value, bounds, n: formatCount(estimate.n) };
  });
  return frame(
    {
      id,
      title,
      desc: text.map(({ name, value, bounds, n }) => `${name}: ${value} ${bounds}, n = ${n}.`).join(" "),
      width: WIDTH,
      height,
    },
    svg`${axisBottom(x, area, axisTitle, { grid: true })}${rows.map(({ name, estimate, strong }, i) => {
      const y = area.top + (i + 0.5) * ROW + 4;
      const classes = strong ? "s0 f0" : "s1 f1";
      const place = placeClamped(x, estimate.value);
      return svg`<text class="${strong ? "name" : "strong"}" x="${area.left - 12}" y="${y + 4}" text-anchor="end">${name}</text>${interval({ estimate, scale: x, at: y, classes: `${classes} bar`, along: "x", cap: 4 })}${place && mark(strong ? "square" : "circle", place.at, y, 4.5, `${classes.split(" ")[1]} dot`)}<text x="${area.right + 22}" y="${y + 4}"><tspan class="strong">${text[i].value}</tspan> ${text[i].bounds} · n ${text[i].n}</text>`;
    })}`,
  );
}

/** Whether there is anything to draw. */
export function hasFinite(rows: DotIntervalsOptions["rows"]): boolean {
  return rows.some(({ estimate }) => isFiniteNumber(estimate.value));
}
