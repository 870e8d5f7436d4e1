/**
 * @file Power of the confirmation plan: the chance to pass it, by the true success rate.
 */
import { formatPercent, isFiniteNumber } from "../format.ts";
import { type Html, svg } from "../html.ts";
import { axisBottom, axisLeft } from "../svg/axis.ts";
import { frame, plotArea } from "../svg/frame.ts";
import { mark, polyline } from "../svg/marks.ts";
import { finiteExtent, linearScale } from "../svg/scale.ts";

const WIDTH = 520;
const HEIGHT = 200;

export function powerCurve({
  id,
  points,
  reliability,
}: {
  id: string;
  points: readonly { rate: number; power: number }[];
  reliability: number;
}): Html {
  const drawn = points
    .filter(({ rate, power }) => isFiniteNumber(rate) && isFiniteNumber(power))
    .sort((a, b) => a.rate - b.rate);
  const area = plotArea(WIDTH, HEIGHT, { top: 28, right: 20, bottom: 42, left: 38 });
  const x = linearScale({
    domain: finiteExtent(drawn.map(({ rate }) => rate)),
    range: [area.left + 16, area.right],
    count: 5,
  });
  const y = linearScale({ domain: [0, 1], range: [area.bottom, area.top], count: 4 });
  return frame(
    {
      id,
      title: "Power of the confirmation plan",
      desc: drawn
        .map(
          ({ rate, power }) =>
            `True success rate ${formatPercent(rate, 1)}: passes with probability ${power.toFixed(2)}.`,
        )
        .join(" "),
      width: WIDTH,
      height: HEIGHT,
    },
    svg`${axisLeft(y, area, "chance to pass the plan", { titleY: 12 })}${axisBottom(x, area, "true success rate")}${polyline(
      drawn.map(({ rate, power }) => [x(rate), y(power)] as const),
      "line s1",
    )}${drawn.map(({ rate, power }) => svg`${mark("circle", x(rate), y(power), 3.6, rate <= reliability + 1e-12 ? "hollow s1" : "f1 dot")}${drawn.length <= 8 && svg`<text class="small halo" x="${x(rate) + (power < 0.15 ? 0 : -6)}" y="${y(power) - 7}" text-anchor="${power < 0.15 ? "middle" : "end"}">${power.toFixed(2)}</text>`}`)}`,
  );
}
