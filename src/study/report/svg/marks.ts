/**
 * @file Marks: shapes, intervals, polylines. What lies outside the scale is drawn at its edge as an arrowhead; what is
 * missing or NaN is not drawn at all (tables show it).
 */
import { isFiniteNumber, type LooseEstimate, type MaybeNumber } from "../format.ts";
import { EMPTY, type Html, svg } from "../html.ts";
import type { Scale } from "./scale.ts";

/** Colour and shape always go together, so that the figures can be read without colour. */
export const SHAPES = ["circle", "square", "triangle", "diamond", "cross", "down"] as const;
export type Shape = (typeof SHAPES)[number];

const PATHS: Readonly<Record<Shape, (r: number) => string>> = {
  circle: (r) => `M${-r},0a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0Z`,
  square: (r) => `M${-r * 0.9},${-r * 0.9}h${r * 1.8}v${r * 1.8}h${-r * 1.8}Z`,
  triangle: (r) => `M0,${-r * 1.2}L${r * 1.1},${r * 0.8}H${-r * 1.1}Z`,
  down: (r) => `M0,${r * 1.2}L${r * 1.1},${-r * 0.8}H${-r * 1.1}Z`,
  diamond: (r) => `M0,${-r * 1.3}L${r * 1.1},0L0,${r * 1.3}L${-r * 1.1},0Z`,
  cross: (r) => `M${-r},${-r}L${r},${r}M${-r},${r}L${r},${-r}`,
};

/** A shape centred at (x, y). Classes say its colour: f1…f6 fill, s1…s6 stroke, hollow for a paper fill. */
export function mark(shape: Shape, x: number, y: number, radius: number, classes: string): Html {
  return svg`<path class="${shape === "cross" ? `${classes} x` : classes}" transform="translate(${x},${y})" d="${PATHS[shape](radius).replace(/\d+\.\d{3,}/g, (text) => String(Number(Number(text).toFixed(2))))}"/>`;
}

export interface IntervalOptions {
  readonly estimate: LooseEstimate;
  readonly scale: Scale;
  /** Position on the other axis. */
  readonly at: number;
  readonly classes: string;
  /** Direction in which the scale runs. */
  readonly along: "x" | "y";
  /** Half the length of the end caps; 0: none. */
  readonly cap?: number;
}

/** The line from low to high, clipped to the scale, with an arrowhead where it goes beyond. */
export function interval({
  estimate: { value, low, high },
  scale,
  at,
  classes,
  along,
  cap = 0,
}: IntervalOptions): Html {
  const from = low ?? value;
  const to = high ?? value;
  if (from === null || to === null || from === undefined || to === undefined) return EMPTY;
  if (Number.isNaN(from) || Number.isNaN(to)) return EMPTY;
  const [domainLow, domainHigh] = scale.domain;
  if (to < domainLow || from > domainHigh) return arrow(to < domainLow ? domainLow : domainHigh, to >= domainLow);
  const a = scale(Math.max(from, domainLow));
  const b = scale(Math.min(to, domainHigh));
  return svg`${line(a, b)}${from < domainLow ? arrow(domainLow, false) : capAt(a)}${to > domainHigh ? arrow(domainHigh, true) : capAt(b)}`;

  function line(p: number, q: number): Html {
    return along === "x"
      ? svg`<line class="${classes}" x1="${p}" x2="${q}" y1="${at}" y2="${at}"/>`
      : svg`<line class="${classes}" x1="${at}" x2="${at}" y1="${p}" y2="${q}"/>`;
  }
  function capAt(p: number): Html {
    if (cap === 0) return EMPTY;
    return along === "x"
      ? svg`<line class="${classes}" x1="${p}" x2="${p}" y1="${at - cap}" y2="${at + cap}"/>`
      : svg`<line class="${classes}" x1="${at - cap}" x2="${at + cap}" y1="${p}" y2="${p}"/>`;
  }
  function arrow(edge: number, isHigh: boolean): Html {
    const p = scale(edge);
    const towards = Math.sign(scale.range[1] - scale.range[0]) * (isHigh ? 1 : -1);
    const d = along === "x" ? `M${-4 * towards},-3L0,0L${-4 * towards},3` : `M-3,${-4 * towards}L0,0L3,${-4 * towards}`;
    const [x, y] = along === "x" ? [p, at] : [at, p];
    return svg`<path class="${classes} open" transform="translate(${x},${y})" d="${d}"/>`;
  }
}

/** The place of a value on a scale, held inside its domain; undefined when there is nothing to draw. */
export function placeClamped(scale: Scale, value: MaybeNumber): { at: number; inside: boolean } | undefined {
  if (value === null || value === undefined || Number.isNaN(value)) return undefined;
  const [low, high] = scale.domain;
  return { at: scale(Math.min(high, Math.max(low, value))), inside: value >= low && value <= high };
}

/** A polyline through the finite points, broken where a value is missing or not finite. */
export function polyline(points: readonly (readonly [number, MaybeNumber])[], classes: string): Html {
  let d = "";
  let pen = "M";
  for (const [x, y] of points) {
    if (!isFiniteNumber(x) || !isFiniteNumber(y)) {
      pen = "M";
      continue;
    }
    d += `${pen}${round(x)},${round(y)}`;
    pen = "L";
  }
  return d === "" ? EMPTY : svg`<path class="${classes} open" d="${d}"/>`;
}

/** A filled band between two curves, broken where either is missing. */
export function band(points: readonly (readonly [number, MaybeNumber, MaybeNumber])[], classes: string): Html {
  const stretches: [number, number, number][][] = [[]];
  for (const [x, low, high] of points) {
    if (isFiniteNumber(x) && isFiniteNumber(low) && isFiniteNumber(high)) stretches.at(-1)!.push([x, low, high]);
    else stretches.push([]);
  }
  return svg`${stretches
    .filter((stretch) => stretch.length > 1)
    .map((stretch) => {
      const there = stretch.map(([x, low]) => `${round(x)},${round(low)}`);
      const back = stretch.map(([x, , high]) => `${round(x)},${round(high)}`).reverse();
      return svg`<path class="${classes}" d="M${[...there, ...back].join("L")}Z"/>`;
    })}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
