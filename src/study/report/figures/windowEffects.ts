/**
 * @file Critical window: each contrast as a segment as long as its window, at the height of its effect; registered
 * forecasts as hollow marks beside it.
 */
import type { ContrastFamily } from "../../results.ts";
import { formatCount, formatValueAndInterval, isFiniteNumber } from "../format.ts";
import { type Html, svg } from "../html.ts";
import { axisBottom, axisLeft } from "../svg/axis.ts";
import { frame, plotArea } from "../svg/frame.ts";
import { interval, mark, placeClamped } from "../svg/marks.ts";
import { finiteExtent, linearScale } from "../svg/scale.ts";
import { quantileAt } from "./forecastPanel.ts";

export interface EffectFigureOptions {
  readonly id: string;
  readonly family: ContrastFamily;
  readonly effectTitle: string;
  /** Forecast methods to draw beside each effect, with their shapes. */
  readonly methods: readonly {
    readonly name: string;
    readonly shape: "square" | "diamond" | "triangle";
    readonly classes: string;
  }[];
}

export const EFFECT_WIDTH = 720;
const HEIGHT = 300;

export function windowEffects({
  id,
  family,
  effectTitle,
  methods,
  lastStep,
}: EffectFigureOptions & { lastStep: number }): Html {
  const area = plotArea(EFFECT_WIDTH, HEIGHT, { top: 30, right: 18, bottom: 42, left: 46 });
  const length = isFiniteNumber(family.windowSteps)
    ? family.windowSteps
    : smallestGap(
        family.contrasts.map((contrast) => contrast.x),
        lastStep,
      );
  const x = linearScale({ domain: [0, lastStep], range: [area.left, area.right], count: 8 });
  const y = linearScale({
    domain: effectExtent(family, methods),
    range: [area.bottom, area.top],
    count: 5,
    nice: true,
  });
  return frame(
    {
      id,
      title: `${family.title}: effect by window`,
      desc: describeEffects(family),
      width: EFFECT_WIDTH,
      height: HEIGHT,
    },
    svg`${axisLeft(y, area, effectTitle, { titleY: 12 })}${axisBottom(x, area, "step")}<line class="zero" x1="${area.left}" x2="${area.right}" y1="${y(0)}" y2="${y(0)}"/>${family.contrasts
      .filter((contrast) => isFiniteNumber(contrast.x))
      .map(({ x: start, effect, forecasts }) => {
        const from = x(Math.min(start, lastStep));
        const to = x(Math.min(start + length, lastStep));
        const middle = from + (to - from) * 0.4;
        const place = placeClamped(y, effect.value);
        return svg`${interval({ estimate: effect, scale: y, at: middle, classes: "bar s2 f2", along: "y", cap: 4 })}${
          place &&
          svg`<line class="thick s2" x1="${from + 2}" x2="${to - 2}" y1="${place.at}" y2="${place.at}"/>${mark("circle", middle, place.at, 4.5, "f2 dot")}`
        }${methods.map(({ name, shape, classes }, m) => {
          const forecast = forecasts.find(({ method }) => method === name);
          if (!forecast) return "";
          const at = middle + (to - from) * (0.2 + 0.17 * m);
          return forecastMark(forecast.distribution, y, at, shape, classes);
        })}`;
      })}`,
  );
}

export function forecastMark(
  distribution: Parameters<typeof quantileAt>[0],
  y: ReturnType<typeof linearScale>,
  at: number,
  shape: "square" | "diamond" | "triangle",
  classes: string,
): Html {
  const estimate = {
    value: quantileAt(distribution, 0.5),
    low: quantileAt(distribution, 0.05),
    high: quantileAt(distribution, 0.95),
  };
  const place = placeClamped(y, estimate.value);
  return svg`${interval({ estimate, scale: y, at, classes: `line ${classes}`, along: "y" })}${place && mark(shape, at, place.at, 4, `hollow ${classes}`)}`;
}

export function effectExtent(family: ContrastFamily, methods: EffectFigureOptions["methods"]): [number, number] {
  const names = new Set(methods.map(({ name }) => name));
  return finiteExtent(
    family.contrasts.flatMap(({ effect, forecasts }) => [
      effect.value,
      effect.low,
      effect.high,
      ...forecasts
        .filter(({ method }) => names.has(method))
        .flatMap(({ distribution }) => [quantileAt(distribution, 0.05), quantileAt(distribution, 0.95)]),
    ]),
    [0],
  );
}

export function describeEffects(family: ContrastFamily): string {
  return family.contrasts
    .map(({ name, effect }) => {
      const { value, interval: bounds } = formatValueAndInterval(effect, "signed");
      return `${name}: ${value} ${bounds}, n = ${formatCount(effect.n)}.`;
    })
    .join(" ");
}

function smallestGap(starts: readonly number[], lastStep: number): number {
  const sorted = starts.filter(isFiniteNumber).sort((a, b) => a - b);
  const gaps = sorted
    .slice(1)
    .map((start, i) => start - sorted[i])
    .filter((gap) => gap > 0);
  return gaps.length === 0 ? lastStep / 10 : Math.min(...gaps);
}
