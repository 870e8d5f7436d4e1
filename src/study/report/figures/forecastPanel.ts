/**
 * @file Forecast against outcome at one cutoff: a row a run, sorted by outcome; the method's and a baseline's central
 * intervals, the outcome over them. Outcomes that had not come by the last step are open arrows there.
 */
import type { Distribution } from "../../../core/index.ts";
import { formatCount, formatMaybe, isFiniteNumber, type MaybeNumber, shortId } from "../format.ts";
import { type Html, svg } from "../html.ts";
import { axisBottom } from "../svg/axis.ts";
import { frame, plotArea } from "../svg/frame.ts";
import { interval, mark, placeClamped } from "../svg/marks.ts";
import type { Scale } from "../svg/scale.ts";
import { linearScale, logScale } from "../svg/scale.ts";

export interface ForecastRow {
  readonly run: string;
  /** null: right-censored at the last step. */
  readonly outcome: MaybeNumber;
  readonly method?: Distribution;
  readonly baseline?: Distribution;
}

export interface ForecastPanelOptions {
  readonly id: string;
  readonly heading: string;
  readonly subheading: string;
  readonly methodName: string;
  readonly baselineName: string;
  readonly axisTitle: string;
  readonly rows: readonly ForecastRow[];
  readonly domain: readonly [number, number];
  readonly scaleKind: "linear" | "log";
  /** For onsets: outcomes that are null lie beyond this step. */
  readonly censoredAt?: number;
  /** Onsets: the cutoff as a line. */
  readonly cutoffLine?: number;
}

const WIDTH = 250;
const ROW = 15;

export function forecastPanel(options: ForecastPanelOptions): Html {
  const { id, heading, subheading, rows, domain, scaleKind, censoredAt, cutoffLine } = options;
  const height = 40 + rows.length * ROW + 44;
  const area = plotArea(WIDTH, height, { top: 38, right: 14, bottom: 40, left: 8 });
  const range = [area.left + 4, area.right - 4] as const;
  const x = scaleKind === "log" ? logScale({ domain, range, minGap: 38 }) : linearScale({ domain, range, count: 4 });
  const inside = rows.filter(({ outcome, method }) => covers(method, outcome)).length;
  const scored = rows.filter(({ outcome, method }) => method !== undefined && isFiniteNumber(outcome)).length;
  return frame(
    {
      id,
      title: `${heading}: forecasts and outcomes, ${subheading}`,
      desc: `${rows.length} runs sorted by outcome. ${scored} have a forecast by ${options.methodName} and an outcome; ${inside} of these outcomes lie inside its central 90% interval. Grey intervals: ${options.baselineName}.`,
      width: WIDTH,
      height,
    },
    svg`<text class="name" x="${area.left}" y="12">${heading}</text><text class="small" x="${area.left}" y="27">${subheading}</text>${axisBottom(x, area, options.axisTitle, { grid: true })}${
      isFiniteNumber(cutoffLine) &&
      cutoffLine >= domain[0] &&
      cutoffLine <= domain[1] &&
      svg`<line class="ref" x1="${x(cutoffLine)}" x2="${x(cutoffLine)}" y1="${area.top}" y2="${area.bottom}"/>`
    }${rows.map((row, i) => forecastRow(row, x, area.top + (i + 0.5) * ROW, censoredAt))}`,
  );
}

function forecastRow({ run, outcome, method, baseline }: ForecastRow, x: Scale, y: number, censoredAt?: number): Html {
  const censored = !isFiniteNumber(outcome) && censoredAt !== undefined;
  const place = placeClamped(x, isFiniteNumber(outcome) ? outcome : censored ? censoredAt : undefined);
  const withForecast = method !== undefined || baseline !== undefined;
  return svg`<g><title>${`run ${shortId(run)}: outcome ${isFiniteNumber(outcome) ? formatMaybe(outcome, outcome >= 100 ? 0 : 3) : censored ? `not by step ${formatCount(censoredAt)}` : formatMaybe(outcome)}`}</title>${
    baseline && drawInterval(baseline, x, y + 3.5, "sf", "ff")
  }${method && drawInterval(method, x, y - 2.5, "s1", "f1")}${
    place &&
    (censored
      ? svg`<path class="s2 open line" transform="translate(${place.at},${y})" d="M-7,0H4M0,-4L5,0L0,4"/>`
      : mark("circle", place.at, y, withForecast ? 3.6 : 2.6, withForecast ? "f2 dot" : "hollow sf"))
  }</g>`;
}

function drawInterval(distribution: Distribution, x: Scale, y: number, stroke: string, fill: string): Html {
  const estimate = {
    value: quantileAt(distribution, 0.5),
    low: quantileAt(distribution, 0.05),
    high: quantileAt(distribution, 0.95),
  };
  const middle = placeClamped(x, estimate.value);
  return svg`${interval({ estimate, scale: x, at: y, classes: `${stroke} bar`, along: "x" })}${
    middle?.inside && svg`<rect class="${fill}" x="${middle.at - 1}" y="${y - 3}" width="2" height="6"/>`
  }`;
}

function covers(distribution: Distribution | undefined, outcome: MaybeNumber): boolean {
  if (!distribution || !isFiniteNumber(outcome)) return false;
  const low = quantileAt(distribution, 0.05);
  const high = quantileAt(distribution, 0.95);
  return typeof low === "number" && typeof high === "number" && outcome >= low && outcome <= high;
}

/** Quantile by linear interpolation between the stated ones; outside them the nearest; null when it is missing. */
export function quantileAt({ probabilities, quantiles }: Distribution, probability: number): number | null {
  const above = probabilities.findIndex((p) => p >= probability - 1e-9);
  if (above === -1) return quantiles.at(-1) ?? null;
  const high: MaybeNumber = quantiles[above];
  if (above === 0 || Math.abs(probabilities[above] - probability) < 1e-9) return high ?? null;
  const low: MaybeNumber = quantiles[above - 1];
  if (!isFiniteNumber(low) || !isFiniteNumber(high)) return high ?? null;
  const weight = (probability - probabilities[above - 1]) / (probabilities[above] - probabilities[above - 1]);
  return low + weight * (high - low);
}
