/** @file A forecast of when a recorded run reaches a threshold, for people. */
import { type Estimate, formatEstimate } from "../core/index.ts";
import { distributionQuantile } from "../science/index.ts";
import type { OnsetAnswer, OnsetForecast } from "../study/commands/forecastOnset.ts";
import { renderTable, shortNumber } from "./table.ts";

const MOST_EXCLUSIONS = 5;

export function onsetForecastText(answer: OnsetAnswer): string {
  const { run, onset, cutoff, targetStep, horizon, registered, why, seq, cohort, events, covariates, record, outcome } =
    answer;
  const how = registered
    ? `registered in the ledger (segment cli, entry ${seq}): the workspace has no outcome yet`
    : `retrospective: ${why}`;
  const sign = onset.direction === "above" ? "≥" : "≤";
  const rows = new Map(record.map((row) => [row.method, row]));
  const upToHorizon = (step: number, after = 0) =>
    step > horizon ? `> ${shortNumber(horizon - after)}` : shortNumber(Math.round(step - after));
  const at = (p: number) => (one: OnsetForecast) => upToHorizon(distributionQuantile(one.distribution, p));
  const recorded = (pick: (row: OnsetAnswer["record"][number]) => Estimate | undefined) => (one: OnsetForecast) => {
    const row = rows.get(one.method);
    const estimate = row && pick(row);
    return estimate === undefined ? "—" : formatEstimate(estimate);
  };
  const table = renderTable(answer.forecasts, [
    { title: "METHOD", text: ({ method }) => method },
    { title: "ROLE", text: ({ role }) => role },
    { title: "5%", text: at(0.05), align: "right" },
    { title: "MEDIAN", text: at(0.5), align: "right" },
    { title: "95%", text: at(0.95), align: "right" },
    { title: "LEAD", text: ({ lead }) => upToHorizon(cutoff + lead.value, cutoff), align: "right" },
    {
      title: `P BY ${shortNumber(targetStep)}`,
      text: ({ probabilityByTarget }) => share(probabilityByTarget),
      align: "right",
    },
    { title: "OFF ON OTHERS", text: recorded(({ medianOff }) => medianOff), align: "right" },
    { title: "IN ITS 90%", text: ({ method }) => insideText(rows.get(method)?.in90), align: "right" },
    { title: "BRIER", text: recorded(({ brier }) => brier), align: "right" },
  ]);
  const seen =
    outcome === undefined
      ? []
      : [
          outcome.step === null
            ? `It had not come by step ${shortNumber(outcome.seenUpTo)}.`
            : `It came at step ${shortNumber(outcome.step)}.`,
        ];
  return [
    `Step at which ${run.name} has ${onset.measure} ${sign} ${onset.threshold} (${onset.hold} evaluations in a row), forecast from step ${shortNumber(cutoff)}; ${how}`,
    `Learnt from ${cohort.length} runs that had not reached it by then: ${events} did later, ${cohort.length - events} had not when last seen. Configuration used: ${covariates.join(", ") || "none"}.`,
    "",
    table,
    ...answer.forecasts.flatMap(({ method, fallback }) => (fallback === undefined ? [] : [`  ${method}: ${fallback}`])),
    ...answer.refused.map(({ method, reason }) => `  ${method} refused: ${reason}`),
    ...seen,
    "",
    `OFF ON OTHERS: mean |median − step| over the onsets that were seen, each run left out; runs without one count in BRIER (of P) alone. LEAD: steps from the cutoff to the median. No run was followed beyond step ${shortNumber(horizon)}.`,
    ...answer.excluded.slice(0, MOST_EXCLUSIONS).map(({ what, why: reason }) => `Left out: ${what}: ${reason}.`),
    ...(answer.excluded.length > MOST_EXCLUSIONS
      ? [`… and ${answer.excluded.length - MOST_EXCLUSIONS} more left out.`]
      : []),
    ...answer.audit.despite.map(({ what }) => `AUDIT ERROR, gone on despite it: ${what}`),
    ...answer.audit.warnings.slice(0, MOST_EXCLUSIONS).map(({ code, what }) => `warning ${code}: ${what}`),
  ].join("\n");
}

/** What lies outside a forecast's outermost quantiles is told as a bound. */
function share(probability: number): string {
  if (probability === 0) return "< 1%";
  if (probability === 1) return "> 99%";
  return `${Math.round(100 * probability)}%`;
}

function insideText(in90: Estimate | undefined): string {
  return in90 === undefined ? "—" : `${Math.round(100 * in90.value)}% of ${in90.n}`;
}
