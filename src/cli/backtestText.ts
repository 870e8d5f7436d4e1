/**
 * @file What `ontogeny backtest` prints: a leaderboard a cutoff, what does not beat the baselines, what took no part.
 */
import { type Estimate, formatEstimate } from "../core/index.ts";
import type { BacktestAnswer } from "../study/commands/backtestRuns.ts";
import { renderTable, shortNumber } from "./table.ts";

const MOST_EXCLUSIONS = 8;

export function backtestText(answer: BacktestAnswer): string {
  const { runs, units, leaveOut, measures, target, axis, tables, covariates } = answer;
  const where = (step: number) => (axis === "shares" ? `${shortNumber(step / 1e4)}%` : `step ${shortNumber(step)}`);
  const lines = [
    `Back-test of ${runs.length} runs × ${measures.length} measures × ${tables.length} cutoffs; target: ${axis === "shares" ? "each run's last step" : where(target)}. Retrospective: the outcomes existed.`,
    `Left out together: ${leaveOut === "run" ? `one run at a time (${units})` : `all runs of one ${leaveOut} (${units})`}. Configuration used: ${covariates.join(", ") || "none"}. Scores: ${answer.scoresAre}.`,
    ...(units < 10
      ? [`Intervals: bootstrap over ${units} units; with so few they are rough, and tend to be too narrow.`]
      : []),
  ];
  for (const { cutoff, rows, bestBaseline, refusals } of tables) {
    lines.push("", `Seen up to ${where(cutoff)}; best single baseline: ${bestBaseline ?? "none"}`);
    lines.push(
      renderTable(rows, [
        { title: "METHOD", text: ({ method }) => method },
        { title: "ROLE", text: ({ role }) => role },
        { title: "CRPS", text: ({ crps }) => formatEstimate(crps), align: "right" },
        {
          title: "SKILL OVER BEST BASELINE",
          text: ({ skillOverBest }) => maybeEstimate(skillOverBest),
          align: "right",
        },
        { title: "LOG SCORE", text: ({ logScore }) => shortNumber(logScore.value), align: "right" },
        { title: "50%", text: ({ coverage }) => percent(coverage[0]), align: "right" },
        { title: "80%", text: ({ coverage }) => percent(coverage[1]), align: "right" },
        { title: "90% (INTERVAL)", text: ({ coverage }) => withInterval(coverage[2]), align: "right" },
        { title: "PIT TENTHS", text: ({ pitTenths, cases }) => tenths(pitTenths, cases) },
        { title: "RUNS", text: (row) => String(row.runs), align: "right" },
        { title: "CASES", text: (row) => String(row.cases), align: "right" },
      ]),
    );
    for (const { method, reason, count, example } of refusals)
      lines.push(`  ${method} refused ${count}: ${reason} (first: ${example.measure} of ${example.run})`);
  }
  lines.push("");
  for (const { method, cutoffs } of answer.notBetter)
    lines.push(`Not shown to beat the best single baseline: ${method} at ${cutoffs.map(where).join(", ")}.`);
  const { excluded } = answer;
  for (const { what, why } of excluded.slice(0, MOST_EXCLUSIONS)) lines.push(`Left out: ${what}: ${why}.`);
  if (excluded.length > MOST_EXCLUSIONS)
    lines.push(`… and ${excluded.length - MOST_EXCLUSIONS} more left out (--json lists them).`);
  for (const { what } of answer.audit.despite) lines.push(`AUDIT ERROR, gone on despite it: ${what}`);
  for (const { code, what } of answer.audit.warnings.slice(0, MOST_EXCLUSIONS)) lines.push(`warning ${code}: ${what}`);
  lines.push(
    `Skill = 1 − score / the baseline's, on the cases that both forecast. Coverage across ${leaveOut === "run" ? "runs" : `${leaveOut}s`} is as found, not promised.`,
    answer.ledger.wasThere
      ? `Already in the ledger: segment cli, entry ${answer.ledger.seq}.`
      : `Written to the ledger: segment cli, entry ${answer.ledger.seq}.`,
  );
  return lines.join("\n");
}

const maybeEstimate = (estimate: Estimate | undefined): string =>
  estimate === undefined ? "—" : formatEstimate(estimate);

const percent = ({ value }: Estimate): string => `${Math.round(100 * value)}%`;

const withInterval = ({ value, low, high }: Estimate): string =>
  `${(100 * value).toFixed(1)}% [${Math.round(100 * low)}, ${Math.round(100 * high)}]`;

/** Shares of outcomes in each tenth, in percent: 10 everywhere for a calibrated method. */
const tenths = (counts: readonly number[], cases: number): string =>
  counts.map((count) => String(Math.round((100 * count) / cases)).padStart(2)).join(" ");
