/** @file How a measure is forecast to go on, step by step, for people: which columns hold at one step, which at all. */
import { distributionQuantile } from "../science/index.ts";
import type { CurveAhead } from "../study/recorded/curveAhead.ts";
import { renderTable, shortNumber } from "./table.ts";

export function curveAheadText({ method, steps, pointwise, band, outcomes }: CurveAhead): string {
  const quantile = (p: number) => (t: number) => shortNumber(distributionQuantile(pointwise[t], p));
  const column = (title: string, text: (t: number) => string) => ({ title, text, align: "right" as const });
  const table = renderTable(
    steps.map((_, t) => t),
    [
      column("STEP", (t) => shortNumber(steps[t])),
      ...[5, 25, 50, 75, 95].map((percent) =>
        column(percent === 50 ? "MEDIAN" : `${percent}%`, quantile(percent / 100)),
      ),
      ...(band === undefined
        ? []
        : [column("BAND LOW", (t) => shortNumber(band.low[t])), column("BAND HIGH", (t) => shortNumber(band.high[t]))]),
      ...(outcomes === undefined
        ? []
        : [column("IT WAS", (t) => (Number.isNaN(outcomes[t]) ? "—" : shortNumber(outcomes[t])))]),
    ],
  );
  const said =
    band === undefined
      ? "Quantiles hold step by step, as the method claims; a band for the whole curve needs nine or more seeds of this configuration."
      : `Quantiles hold step by step, as the method claims. BAND: the whole curve at once, ${Math.round(100 * band.level)}% conformal over ${band.n} seeds (at least ${Math.round(100 * band.guaranteed)}% for exchangeable runs).`;
  return `How it goes on, by the ${method}:\n${table}\n${said}`;
}
