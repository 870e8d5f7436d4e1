/**
 * @file Dose–response: effect over dose on a log axis (linear when a dose is not positive), forecasts beside.
 */
import { isFiniteNumber } from "../format.ts";
import { type Html, svg } from "../html.ts";
import { axisBottom, axisLeft } from "../svg/axis.ts";
import { frame, plotArea } from "../svg/frame.ts";
import { interval, mark, placeClamped, polyline } from "../svg/marks.ts";
import { finiteExtent, linearScale, logScale } from "../svg/scale.ts";
import {
  describeEffects,
  EFFECT_WIDTH,
  type EffectFigureOptions,
  effectExtent,
  forecastMark,
} from "./windowEffects.ts";

const HEIGHT = 280;

export function doseResponse({ id, family, effectTitle, methods }: EffectFigureOptions): Html {
  const area = plotArea(EFFECT_WIDTH, HEIGHT, { top: 30, right: 40, bottom: 42, left: 46 });
  const doses = family.contrasts.map((contrast) => contrast.x).filter(isFiniteNumber);
  const [low, high] = finiteExtent(doses);
  const range = [area.left + 30, area.right - 20] as const;
  const isLog = low > 0 && high > low;
  const scale = isLog
    ? logScale({ domain: [low, high], range })
    : linearScale({ domain: [low, high], range, count: 6 });
  const own = doses
    .map((dose) => ({ at: scale(dose), label: String(dose) }))
    .filter(({ at }, i, all) => i === 0 || at - all[i - 1].at >= 24);
  const x = Object.assign((value: number) => scale(value), { ...scale, domain: scale.domain, range, ticks: own });
  const y = linearScale({
    domain: effectExtent(family, methods),
    range: [area.bottom, area.top],
    count: 5,
    nice: true,
  });
  const drawn = family.contrasts.filter((contrast) => isFiniteNumber(contrast.x));
  return frame(
    {
      id,
      title: `${family.title}: effect by dose`,
      desc: describeEffects(family),
      width: EFFECT_WIDTH,
      height: HEIGHT,
    },
    svg`${axisLeft(y, area, effectTitle, { titleY: 12 })}${axisBottom(x, area, isLog ? `${family.xLabel} (log scale)` : family.xLabel)}<line class="zero" x1="${area.left}" x2="${area.right}" y1="${y(0)}" y2="${y(0)}"/>${polyline(
      drawn.map(({ x: dose, effect }) => [x(dose), placeClamped(y, effect.value)?.at ?? null] as const),
      "hair s2",
    )}${drawn.map(({ x: dose, effect, forecasts }) => {
      const at = x(dose);
      const place = placeClamped(y, effect.value);
      return svg`${interval({ estimate: effect, scale: y, at, classes: "bar s2 f2", along: "y", cap: 4 })}${place && mark("circle", at, place.at, 4.8, "f2 dot")}${methods.map(
        ({ name, shape, classes }, m) => {
          const forecast = forecasts.find(({ method }) => method === name);
          return forecast && forecastMark(forecast.distribution, y, at + 13 + 12 * m, shape, classes);
        },
      )}`;
    })}`,
  );
}
