/**
 * @file What a forecast from a learning-rate law prints: the law, how it does on left-out runs, and the curve with its bands.
 */
import { formatEstimate } from "../core/index.ts";
import { centralInterval } from "../science/index.ts";
import type { ScheduleForecast } from "../study/commands/scheduleForecast.ts";
import { renderTable, shortNumber } from "./table.ts";

export function scheduleForecastText(answer: ScheduleForecast): string {
  const { law, measure, fittedOn, parameters, leftOut, asked, level, points, outcome } = answer;
  const share = `${Math.round(100 * level)}%`;
  const lines = [
    `${measure} by the ${law}, fitted on ${fittedOn.length} runs: ${fittedOn.slice(0, 4).join(", ")}${fittedOn.length > 4 ? ", …" : ""}`,
    `Source: ${answer.source}`,
    "",
    renderTable(parameters, [
      { title: "PARAMETER", text: ({ name }) => name },
      { title: `VALUE [${share} INTERVAL]`, text: ({ estimate }) => formatEstimate(estimate), align: "right" },
    ]),
    `Intervals: ${parameters[0]?.estimate.method ?? ""}; n = ${parameters[0]?.estimate.n ?? 0} runs.`,
  ];
  if (leftOut.length > 0)
    lines.push(
      "",
      "Each run forecast by the law fitted on the others (retrospective):",
      renderTable(leftOut, [
        { title: "RUN", text: ({ run }) => run },
        { title: "R²", text: ({ errors }) => errors.r2.toFixed(4), align: "right" },
        { title: "MEAN |MISS|", text: ({ errors }) => shortNumber(errors.meanAbsolute), align: "right" },
        {
          title: "WORST, RELATIVE",
          text: ({ errors }) => `${(100 * errors.worstRelative).toPrecision(2)}%`,
          align: "right",
        },
      ]),
    );
  lines.push(
    "",
    `Forecast: ${asked}`,
    renderTable(points, [
      { title: "STEP", text: ({ step }) => String(step), align: "right" },
      { title: "RATE", text: ({ rate }) => shortNumber(rate), align: "right" },
      {
        title: "MEDIAN",
        text: ({ distribution }) => shortNumber(distribution.quantiles[distribution.probabilities.indexOf(0.5)]),
        align: "right",
      },
      {
        title: `${share} POINTWISE`,
        text: ({ distribution }) => interval(centralInterval(distribution, level)),
        align: "right",
      },
      { title: `${share} WHOLE CURVE`, text: ({ band }) => interval(band), align: "right" },
    ]),
    `Whole curve: ${answer.bandMethod}.`,
  );
  if (outcome !== undefined)
    lines.push(
      "",
      `It went on: mean |miss| ${shortNumber(outcome.errors.meanAbsolute)} (last value: ${shortNumber(outcome.lastValue.meanAbsolute)}); ${Math.round(100 * outcome.covered)}% of its values lie in their ${share} intervals, as found; the whole curve lies ${outcome.isInBand ? "inside" : "outside"} its band.`,
    );
  return lines.join("\n");
}

const interval = ([low, high]: readonly [number, number]): string => `${shortNumber(low)} … ${shortNumber(high)}`;
