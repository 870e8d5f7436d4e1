/**
 * @file What `ontogeny observe` prints for people: onsets over runs, events as a table with the most notable first, and
 * what was refused.
 */
import { type Event, formatEstimate } from "../core/index.ts";
import type { Robustness } from "../science/index.ts";
import type { Observation, ObservedEvent, RefusedSeries } from "../study/observe/observeRuns.ts";
import type { OnsetDelay, OnsetSummary } from "../study/observe/onsetSummary.ts";
import type { Alarm } from "../study/observe/watchRuns.ts";
import { renderTable, shortNumber } from "./table.ts";

export function observeText(observation: Observation, { limit }: { readonly limit: number }): string {
  const { runs, events, onsets, delay, mixtures, refused, series, quiet } = observation;
  const parts = onsets.map((summary) => onsetText(summary, limit));
  if (delay !== undefined) parts.push(delayText(delay));
  const several = runs.length > 1;
  const rows = rowsOf(events);
  const prefix = commonFolder(runs.map(({ name }) => name));
  parts.push(
    rows.length === 0
      ? "No events."
      : `${eventTable(rows.slice(0, limit), several ? prefix : undefined)}${more(rows.length - limit, "row", "rows")}`,
  );
  parts.push(...sharedSteps(events));
  if (mixtures.length > 0) parts.push(mixturesText(mixtures, limit));
  if (refused.length > 0) parts.push(refusedText(refused));
  const kinds = [...new Set(events.map(({ event }) => event.kind))];
  const counts = kinds.map((kind) => `${kind} ${events.filter(({ event }) => event.kind === kind).length}`);
  const leftOut = runs.reduce((sum, run) => sum + run.leftOut, 0);
  parts.push(
    `${several && prefix !== "" ? `Runs are those of ${prefix}. ` : ""}Looked at ${series} series of ${runs.length} run${several ? "s" : ""}: ${series - quiet} with events${counts.length === 0 ? "" : ` (${counts.join(", ")})`}, ${quiet} without${leftOut === 0 ? "" : `; ${leftOut} left out (clocks, the optimizer's own, or not asked for: name them with --measure)`}.`,
  );
  return parts.join("\n\n");
}

/**
 * The most notable event of its kind in one series, and how many more of that kind there are: a noisy loss has many
 * spikes.
 */
interface Row extends ObservedEvent {
  readonly others: number;
}

function rowsOf(events: readonly ObservedEvent[]): Row[] {
  const rows = new Map<string, Row>();
  for (const one of events) {
    const key = JSON.stringify([one.id, one.event.measure, one.event.kind]);
    const row = rows.get(key);
    rows.set(key, row === undefined ? { ...one, others: 0 } : { ...row, others: row.others + 1 });
  }
  return [...rows.values()];
}

/**
 * Spikes of one measure at one step in three or more runs: what they share (the batch, the evaluator) is the likely
 * cause.
 */
function sharedSteps(events: readonly ObservedEvent[]): string[] {
  const places = new Map<string, { measure: string; step: number; runs: Set<string> }>();
  for (const { id, event } of events) {
    if (event.kind !== "spike" || event.step === null) continue;
    const key = JSON.stringify([event.measure, event.step]);
    const place = places.get(key) ?? { measure: event.measure, step: event.step, runs: new Set<string>() };
    place.runs.add(id);
    places.set(key, place);
  }
  const shared = [...places.values()].filter(({ runs }) => runs.size >= 3).sort((a, b) => b.runs.size - a.runs.size);
  if (shared.length === 0) return [];
  const shown = shared.slice(0, 5).map(({ measure, step, runs }) => `${measure} at ${step} in ${runs.size} runs`);
  return [
    `Spikes that runs share (the same batch or evaluation, rather than the run, may be the cause): ${shown.join("; ")}${shared.length > 5 ? `; … ${shared.length - 5} more` : ""}`,
  ];
}

/** One line: when, where, what, how sure. */
export function alarmText({ run, event, isPast }: Alarm): string {
  const what =
    event.kind === "divergence"
      ? `is ${String(event.evidence.value)}`
      : `changes, now ${shortNumber(event.evidence.value as number)}`;
  const since = event.kind === "divergence" ? "" : `, since a step within ${withinText(event)}`;
  const sure = event.certainty === undefined ? "" : ` (${sureText(event)})`;
  return `${isPast ? "before: " : ""}step ${event.high}: ${run} ${event.measure} ${what}${since}${sure}`;
}

/** `prefix`: the folder that all runs' names begin with; absent: one run, no column for it. */
function eventTable(rows: readonly Row[], prefix: string | undefined): string {
  return renderTable(rows, [
    ...(prefix === undefined ? [] : [{ title: "RUN", text: ({ run }: Row) => run.slice(prefix.length) }]),
    { title: "MEASURE", text: ({ event }) => event.measure },
    { title: "EVENT", text: ({ event }) => event.kind },
    { title: "STEP", text: ({ event }) => shortNumber(event.step), align: "right" },
    { title: "WITHIN", text: ({ event }) => withinText(event) },
    { title: "WHAT", text: whatOf },
    { title: "SURE", text: ({ event }) => sureText(event) },
    { title: "METRIC", text: ({ robustness }) => robustnessText(robustness) },
  ]);
}

function whatOf({ event, rise, others }: Row): string {
  const half =
    rise === undefined
      ? ""
      : `; half by ${formatEstimate(rise.t50)}, 10–90% in ${shortNumber(Number(rise.width.value.toPrecision(2)))} steps`;
  return `${whatText(event)}${half}${others === 0 ? "" : `; ${others} more`}`;
}

/** "a/b/" for "a/b/x" and "a/b/y/z"; "" when they share no folder. */
function commonFolder(names: readonly string[]): string {
  let common = names[0] ?? "";
  for (const name of names) {
    let i = 0;
    while (i < common.length && common[i] === name[i]) i++;
    common = common.slice(0, i);
  }
  return common.slice(0, common.lastIndexOf("/") + 1);
}

function whatText({ kind, evidence }: Event): string {
  const number = (key: string) => shortNumber(evidence[key] as number);
  switch (kind) {
    case "change-point":
      return changeText(evidence as unknown as ChangeEvidence);
    case "spike":
      return `${number("value")}, ${signed(evidence.height as number)} from its neighbours (${sds(evidence.noiseSds as number)})`;
    case "collapse":
    case "decline":
      return `${number("best")} → ${number("last")}, ${lostText(evidence.shareOfGainLost as number)}`;
    case "divergence":
      return `${String(evidence.value)} after ${evidence.smallestBefore === null ? "nothing finite" : number("smallestBefore")}, to the end`;
    case "plateau":
      return `flat at ${number("level")} until ${number("lastStep")}`;
    case "onset":
      return `reached at ${number("value")}`;
    default:
      return "";
  }
}

const lostText = (share: number): string => (share > 1 ? "worse than it began" : `${percent(share)} of its gain lost`);

interface ChangeEvidence {
  readonly before: number;
  readonly after: number;
  readonly final: number;
  readonly slopeBefore: number;
  readonly slopeAfter: number;
  readonly flatBefore: boolean;
}

function changeText({ before, after, final, slopeBefore, slopeAfter, flatBefore }: ChangeEvidence): string {
  const [jump, whole] = [after - before, final - before];
  const levels = `${shortNumber(before)} → ${shortNumber(final)}`;
  if (Math.abs(jump) >= 0.5 * Math.abs(whole))
    return `jumps ${shortNumber(before)} → ${shortNumber(after)}${after === final ? "" : `, then ${shortNumber(final)}`}`;
  if (flatBefore) return `${whole > 0 ? "rises" : "falls"} after being flat, ${levels}`;
  if (Math.sign(slopeBefore) * Math.sign(whole) < 0) return `turns and ${whole > 0 ? "rises" : "falls"}, ${levels}`;
  if (Math.abs(slopeAfter) > Math.abs(slopeBefore)) return `${whole > 0 ? "rises" : "falls"} faster, ${levels}`;
  return `changes course, ${levels}`;
}

function robustnessText(robustness: Robustness | undefined): string {
  if (robustness === undefined) return "";
  if (robustness.verdict === "cannot be judged") return "cannot be judged";
  return `${robustness.verdict} (${robustness.companion})`;
}

function withinText({ low, high }: Event): string {
  if (high === null) return `after ${shortNumber(low)}`;
  return low === high ? "" : `(${shortNumber(low)}, ${shortNumber(high)}]`;
}

function sureText({ certainty }: Event): string {
  if (certainty === undefined) return "";
  const { kind, value } = certainty;
  if (kind === "p" && value < 1e-6) return "p < 1e-6";
  return `${kind} ${value < 0.001 ? value.toExponential(0) : shortNumber(Number(value.toPrecision(2)))}`;
}

function onsetText(
  { claim, hold, runs, kept, lost, never, median, medianRefused }: OnsetSummary,
  limit: number,
): string {
  const how = hold.k === hold.of ? `${hold.k} in a row` : `${hold.k} of ${hold.of}`;
  const lines = [
    `Onset ${claim.text} (${how}), n = ${runs.length}: reached and kept ${kept}, reached and lost ${lost}, never ${never}`,
  ];
  if (median !== undefined)
    lines.push(`Median step ${formatEstimate(median)}: ${100 * median.level}%, ${median.method}, n = ${median.n}`);
  else if (medianRefused !== undefined) lines.push(medianRefused);
  const prefix = commonFolder(runs.map(({ run }) => run));
  const table = renderTable(runs.slice(0, limit), [
    { title: "RUN", text: ({ run }) => run.slice(runs.length > 1 ? prefix.length : 0) },
    { title: "MEASURE", text: ({ measure }) => measure },
    { title: "STEP", text: ({ event }) => shortNumber(event.step), align: "right" },
    { title: "WITHIN 95%", text: ({ event }) => withinText(event) },
    { title: "OUTCOME", text: ({ outcome }) => outcome },
    { title: "LAST", text: ({ last }) => shortNumber(last), align: "right" },
  ]);
  return `${lines.join("\n")}\n\n${table}${more(runs.length - limit, "run", "runs")}`;
}

function delayText({ from, to, runs }: OnsetDelay): string {
  const known = runs.flatMap(({ steps }) => (steps === null ? [] : [steps])).sort((a, b) => a - b);
  const head = `Delay from ${from} to ${to}: ${known.length} of ${runs.length} runs had both`;
  if (known.length === 0) return `${head}.`;
  const middle = known[known.length >> 1];
  return `${head}; shortest ${shortNumber(known[0])}, middle ${shortNumber(middle)}, longest ${shortNumber(known[known.length - 1])} steps (of those that had both).`;
}

function mixturesText(mixtures: Observation["mixtures"], limit: number): string {
  const lines = mixtures
    .slice(0, limit)
    .map(
      ({ measure, runs, mixture }) =>
        `  ${measure}, ${runs[0]} and ${runs.length - 1} other seeds: ${mixture.verdict} (steepest eighth: ${percent(mixture.concentrationOfRuns)} of a run's range, ${percent(mixture.concentrationOfMean)} of the mean's; final values split ${mixture.finalSplit.join(" and ")})`,
    );
  return `Where the mean over seeds misleads:\n${lines.join("\n")}${more(mixtures.length - limit, "line", "lines")}`;
}

/** One line a reason, with how many series it concerns and the first as the example. */
function refusedText(refused: readonly RefusedSeries[]): string {
  const groups = new Map<string, RefusedSeries[]>();
  for (const one of refused) {
    const key = one.reason.replaceAll(one.measure, "…").replace(/got \d+/, "got …");
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const lines = [...groups.values()].map((group) => {
    const [{ run, measure, reason }] = group;
    return `  ${group.length} series, first ${run} ${measure}: ${reason}`;
  });
  return `Not judged:\n${lines.join("\n")}`;
}

function more(count: number, one: string, many: string): string {
  return count > 0 ? `\n… ${count} more ${count === 1 ? one : many} (--limit)` : "";
}

const percent = (share: number): string => `${Math.round(100 * share)}%`;
const signed = (value: number): string => `${value < 0 ? "−" : "+"}${shortNumber(Math.abs(value))}`;
const sds = (value: number): string =>
  Number.isFinite(value) ? `${shortNumber(Number(value.toPrecision(2)))} sds` : "no noise";
