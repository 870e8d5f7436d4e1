/**
 * @file One row of a forest plot, to stand in a table cell: an effect and its interval on the table's common scale.
 */
import { formatCount, formatValueAndInterval, type LooseEstimate } from "../format.ts";
import { type Html, svg } from "../html.ts";
import { frame } from "../svg/frame.ts";
import { interval, mark, placeClamped, type Shape } from "../svg/marks.ts";
import type { Scale } from "../svg/scale.ts";

export const FOREST_WIDTH = 260;
const HEIGHT = 28;

export interface ForestRowOptions {
  readonly id: string;
  readonly name: string;
  /** Absent: nothing was estimated; the row says so. */
  readonly effect?: LooseEstimate & { n: number };
  readonly scale: Scale;
  readonly shape: Shape;
  readonly colour: number;
}

export function forestRow({ id, name, effect, scale, shape, colour }: ForestRowOptions): Html {
  const place = placeClamped(scale, effect?.value);
  const y = HEIGHT / 2;
  const desc = effect
    ? `${Object.values(formatValueAndInterval(effect, "signed")).join(" ")}, n = ${formatCount(effect.n)}`
    : "No estimate";
  return frame(
    {
      id,
      title: `Effect of ${name}`,
      desc,
      width: FOREST_WIDTH,
      height: HEIGHT,
      className: "forest",
    },
    svg`${scale.ticks.map(({ at }) => svg`<line class="grid" x1="${at}" x2="${at}" y1="0" y2="${HEIGHT}"/>`)}<line class="zero" x1="${scale(0)}" x2="${scale(0)}" y1="0" y2="${HEIGHT}"/>${effect && interval({ estimate: effect, scale, at: y, classes: `bar s${colour} f${colour}`, along: "x", cap: 4 })}${place && mark(shape, place.at, y, 4.6, `f${colour} s${colour} dot`)}`,
  );
}

export function forestAxis({ id, scale, title }: { id: string; scale: Scale; title: string }): Html {
  return frame(
    { id, title: "Axis of the effects", desc: title, width: FOREST_WIDTH, height: 32 },
    svg`<text class="axis-title" x="0" y="11">${title}</text>${scale.ticks.map(({ at, label }) => svg`<text x="${at}" y="28" text-anchor="middle">${label}</text>`)}`,
  );
}
