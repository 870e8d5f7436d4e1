/**
 * @file The scores of registered forecasts, for people.
 */
import type { ScoringAnswer } from "../study/commands/scoreForecasts.ts";
import { renderTable, shortNumber } from "./table.ts";

export function scoringText({ scored, waiting, scoredBefore }: ScoringAnswer): string {
  const rest = `${waiting} registered ${waiting === 1 ? "forecast has" : "forecasts have"} no outcome yet, ${scoredBefore} ${scoredBefore === 1 ? "was" : "were"} scored before.`;
  if (scored.length === 0) return `Nothing to score: ${rest}`;
  const rows = scored.flatMap(({ scores, ...forecast }) => scores.map((score) => ({ forecast, score })));
  return [
    renderTable(rows, [
      { title: "RUN", text: ({ forecast }) => forecast.run },
      { title: "MEASURE", text: ({ forecast }) => forecast.measure },
      { title: "FROM", text: ({ forecast }) => shortNumber(forecast.cutoff), align: "right" },
      { title: "TO", text: ({ forecast }) => shortNumber(forecast.targetStep), align: "right" },
      { title: "METHOD", text: ({ score }) => score.method },
      { title: "ROLE", text: ({ score }) => score.role },
      { title: "CRPS", text: ({ score }) => shortNumber(score.crps), align: "right" },
      { title: "LOG SCORE", text: ({ score }) => shortNumber(score.logScore), align: "right" },
      { title: "IN 90%", text: ({ score }) => (score.isIn90 ? "yes" : "no") },
      { title: "OUTCOME", text: ({ forecast }) => shortNumber(forecast.outcome), align: "right" },
    ]),
    "",
    `${scored.length} ${scored.length === 1 ? "forecast" : "forecasts"} scored and written to the ledger (segment cli); each is one case. ${rest}`,
  ].join("\n");
}
