/**
 * @file A forecast of a recorded run, for people: one table a measure, baselines beside methods, with each one's record on
 * the other runs, and what the numbers rest on.
 */
import { formatEstimate } from "../core/index.ts";
import { distributionQuantile } from "../science/index.ts";
import type { MeasureForecast, RecordedForecast } from "../study/commands/forecastRecorded.ts";
import { curveAheadText } from "./curveAheadText.ts";
import { renderTable, shortNumber } from "./table.ts";

const MOST_MEASURES = 20;
const MOST_EXCLUSIONS = 5;

export function recordedForecastText(answer: RecordedForecast): string {
  const { run, cutoff, targetStep, measures, registered, why } = answer;
  const seqs = measures.flatMap(({ seq }) => (seq === undefined ? [] : [seq]));
  const how = registered
    ? `registered in the ledger (segment cli, ${seqs.length === 1 ? `entry ${seqs[0]}` : `entries ${seqs[0]} to ${seqs[seqs.length - 1]}`}): the workspace has no outcome yet; \`ontogeny forecast --score\` scores it once it has`
    : `retrospective: ${why}`;
  const lines = [
    `${run.name} at step ${shortNumber(targetStep)}, forecast from step ${shortNumber(cutoff)}; ${how}`,
    learntFrom(answer),
  ];
  for (const measure of measures.slice(0, MOST_MEASURES)) lines.push("", measure.measure, tableOf(measure, answer));
  if (measures.length > MOST_MEASURES)
    lines.push("", `… and ${measures.length - MOST_MEASURES} more measures (--json has them all)`);
  lines.push("", ...notes(answer));
  return lines.join("\n");
}

function learntFrom({ cohort, units, leaveOut, covariates }: RecordedForecast): string {
  if (cohort.length === 0)
    return "Fewer than three other runs were measured alike and reached that step: only the run's own curve is continued. Name others with --cohort.";
  const named = cohort.length <= 4 ? `: ${cohort.join(", ")}` : "";
  const grouped = leaveOut === "run" ? "" : ` (${units} ${leaveOut}s, its own left out)`;
  return `Learnt from ${cohort.length} runs${grouped}${named}. Configuration used: ${covariates.join(", ") || "none"}.`;
}

function tableOf(
  { forecasts, refused, outcome, conformal, curve }: MeasureForecast,
  { record, cohort }: RecordedForecast,
): string {
  const rows = new Map(record?.map((row) => [row.method, row]));
  const at = (p: number) => (one: MeasureForecast["forecasts"][number]) =>
    shortNumber(distributionQuantile(one.distribution, p));
  const table = renderTable(
    [...forecasts].sort((a, b) => scoreOf(a.method) - scoreOf(b.method)),
    [
      { title: "METHOD", text: ({ method }) => method },
      { title: "ROLE", text: ({ role }) => role },
      { title: "5%", text: at(0.05), align: "right" },
      { title: "MEDIAN", text: at(0.5), align: "right" },
      { title: "95%", text: at(0.95), align: "right" },
      ...(cohort.length === 0
        ? []
        : [
            {
              title: "CRPS ON OTHERS",
              text: ({ method }: { method: string }) => {
                const row = rows.get(method);
                return row === undefined ? "—" : formatEstimate(row.crps);
              },
              align: "right" as const,
            },
            {
              title: "IN ITS 90%",
              text: ({ method }: { method: string }) => {
                const row = rows.get(method);
                return row === undefined ? "—" : `${Math.round(100 * row.coverage[2].value)}% of ${row.cases}`;
              },
              align: "right" as const,
            },
          ]),
    ],
  );
  const ended = outcome === undefined ? [] : [`It was ${shortNumber(outcome)}.`];
  const refusals = refused.map(({ method, reason }) => `  ${method} refused: ${reason}`);
  return [
    table,
    ...refusals,
    ...(conformal === undefined ? [] : [coveredText(conformal)]),
    ...ended,
    ...(curve === undefined ? [] : ["", curveAheadText(curve)]),
  ].join("\n");

  /** The combination first: it is the one chosen by back-test. */
  function scoreOf(method: string): number {
    if (method === "combination") return Number.NEGATIVE_INFINITY;
    return rows.get(method)?.crps.value ?? Number.POSITIVE_INFINITY;
  }
}

function coveredText({ method, interval }: NonNullable<MeasureForecast["conformal"]>): string {
  const level = `${Math.round(100 * interval.level)}%`;
  return `Seeds of one configuration: ${level} conformal interval of the ${method} ${formatEstimate(interval)} (${interval.method})`;
}

function notes({ record, cohort, learntOn, isExchangeable, excluded, audit, units }: RecordedForecast): string[] {
  const coverage = isExchangeable
    ? "The runs differ in seeds only, so this run is covered as they are."
    : "The runs are not seeds of one configuration: coverage is as found on the others, not promised for this one.";
  const lines =
    cohort.length === 0
      ? ["A single curve has no record: its intervals are its own claim."]
      : record === undefined
        ? [`Fewer than three units (${units}): the methods have no record here.`]
        : [
            `CRPS ON OTHERS: ${record[0]?.crps.method}, over ${learntOn} ${learntOn === 1 ? "measure" : "measures of this kind"}. ${coverage}`,
          ];
  for (const { what, why } of excluded.slice(0, MOST_EXCLUSIONS)) lines.push(`Left out: ${what}: ${why}.`);
  if (excluded.length > MOST_EXCLUSIONS) lines.push(`… and ${excluded.length - MOST_EXCLUSIONS} more left out.`);
  for (const { what } of audit.despite) lines.push(`AUDIT ERROR, gone on despite it: ${what}`);
  for (const { code, what } of audit.warnings.slice(0, MOST_EXCLUSIONS)) lines.push(`warning ${code}: ${what}`);
  return lines;
}
