/**
 * @file What `ontogeny scaling` prints: the law, forecasts of models not yet trained, and how it does on larger ones.
 */
import { type Distribution, formatEstimate } from "../core/index.ts";
import type { ScalingAnswer } from "../study/commands/scalingOf.ts";
import { renderTable, shortNumber } from "./table.ts";

const MOST_EXCLUSIONS = 5;

export function scalingText(answer: ScalingAnswer): string {
  const { measure, points, runs, sizes, fit, grid, forecasts, transfer } = answer;
  const range = sizes.length === 0 ? "" : `, sizes ${compact(sizes[0])} to ${compact(sizes[sizes.length - 1])}`;
  const lines = [
    `${measure}: ${counted(points, "point")} of ${counted(runs, "run")}${range}`,
    `Size: ${answer.sizesAre}. Data: ${answer.dataAre}. Retrospective: the losses existed.`,
  ];
  if (fit !== undefined) {
    const terms = fit.terms.map((term) => (term === "size" ? "A/N^α" : "B/D^β"));
    lines.push(
      "",
      `L = ${["E", ...terms].join(" + ")}   (${fit.method}; Σ Huber of ln L, δ = .001: ${fit.huberSum.toPrecision(6)})`,
    );
    if (!fit.hasFloor) lines.push("The points show no floor: E is 0.");
    lines.push(
      renderTable(fit.estimates, [
        { title: "PARAMETER", text: ({ name }) => name },
        { title: "VALUE [95% INTERVAL]", text: ({ estimate }) => formatEstimate(estimate), align: "right" },
      ]),
    );
    if (fit.estimates.length > 0)
      lines.push(`Intervals: ${fit.estimates[0].estimate.method}; n = ${fit.estimates[0].estimate.n} runs.`);
  }
  if (grid !== undefined)
    lines.push(
      `Grid of ${grid.starts} starts: Σ Huber ${grid.huberSum.toPrecision(6)}, parameters ${grid.parameters.map((value) => value.toPrecision(6)).join(", ")}.`,
    );
  if (forecasts.length > 0)
    lines.push(
      "",
      renderTable(forecasts, [
        { title: "SIZE", text: ({ size }) => compact(size), align: "right" },
        { title: "DATA", text: ({ data }) => compact(data), align: "right" },
        ...quantileColumns(),
      ]),
      "These intervals know nothing of how wrong the law is beyond the sizes it was fitted on; see scale transfer.",
    );
  if (transfer !== undefined) lines.push("", ...transferLines(transfer));
  lines.push("");
  for (const { what, why } of answer.refusals) lines.push(`No ${what}: ${why}.`);
  for (const { what } of answer.despite) lines.push(`Gone over with --despite: ${what}`);
  for (const { what } of answer.warnings) lines.push(`Warning of the audit: ${what}`);
  for (const { what, why } of answer.excluded.slice(0, MOST_EXCLUSIONS)) lines.push(`Left out: ${what}: ${why}.`);
  if (answer.excluded.length > MOST_EXCLUSIONS)
    lines.push(`… and ${answer.excluded.length - MOST_EXCLUSIONS} more left out (--json lists them).`);
  return lines.join("\n").trimEnd();
}

function transferLines(transfer: NonNullable<ScalingAnswer["transfer"]>): string[] {
  const { ratio, fittedSizes, targetSizes, points, runs, scores, refused } = transfer;
  const sizes = (list: readonly number[]) =>
    list.length <= 4
      ? list.map(compact).join(", ")
      : `${compact(list[0])} … ${compact(list[list.length - 1])} (${list.length} sizes)`;
  return [
    `Scale transfer, fitted on ${sizes(fittedSizes)}, judged on ${sizes(targetSizes)} (≥ ${shortNumber(ratio)} ×): ${counted(points, "point")} of ${counted(runs, "run")}`,
    renderTable(
      [...scores].sort((a, b) => a.meanCrps - b.meanCrps),
      [
        { title: "METHOD", text: ({ method }) => method },
        { title: "ROLE", text: ({ role }) => role },
        {
          title: "CRPS",
          text: ({ crps, meanCrps }) => (crps === undefined ? shortNumber(meanCrps) : formatEstimate(crps)),
          align: "right",
        },
        {
          title: "RELATIVE MISS",
          text: ({ meanRelative }) => `${(100 * meanRelative).toPrecision(2)}%`,
          align: "right",
        },
        { title: "IN 90%, AS FOUND", text: ({ coverage }) => `${Math.round(100 * coverage)}%`, align: "right" },
      ],
    ),
    ...refused.map(({ method, why }) => `  ${method} refused: ${why}`),
  ];
}

function quantileColumns() {
  const at =
    (probability: number) =>
    ({ distribution }: { readonly distribution: Distribution }) =>
      shortNumber(distribution.quantiles[distribution.probabilities.indexOf(probability)]);
  return [
    { title: "5%", text: at(0.05), align: "right" as const },
    { title: "MEDIAN", text: at(0.5), align: "right" as const },
    { title: "95%", text: at(0.95), align: "right" as const },
  ];
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** Three significant digits with k, M, B or T. */
function compact(value: number): string {
  const units = [
    [1e12, "T"],
    [1e9, "B"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const;
  const unit = units.find(([size]) => value >= size);
  return unit === undefined ? shortNumber(value) : `${Number((value / unit[0]).toPrecision(3))}${unit[1]}`;
}
