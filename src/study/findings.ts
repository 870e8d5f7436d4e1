/**
 * @file One plain sentence or two a rung, made from the results: what was found, with interval, n, and what was not.
 */
import { type Estimate, formatEstimate, formatNumber } from "../core/index.ts";
import type {
  DesignResults,
  Finding,
  ForecastScore,
  InterveneResults,
  ObserveResults,
  PredictResults,
  StudyResults,
} from "./results.ts";

export function findingsOf(results: Omit<StudyResults, "findings">): Finding[] {
  const { observe, predict, intervene, design } = results;
  return [
    { rung: "observe" as const, text: observed(observe, results) },
    ...failed(results),
    ...(predict
      ? predict.targets.map((target) => ({ rung: "predict" as const, text: predicted(target, predict) }))
      : []),
    ...(intervene ? [{ rung: "intervene" as const, text: intervened(intervene) }] : []),
    ...(design ? [{ rung: "design" as const, text: designed(design, results.study.steps) }] : []),
  ];
}

/** Runs that broke are outcomes too: how many, and what became of one. */
function failed({ lineage }: Omit<StudyResults, "findings">): Finding[] {
  const broken = lineage.filter(({ failure }) => failure !== undefined);
  if (broken.length === 0) return [];
  const [first] = broken;
  const text = `${broken.length} of ${lineage.length} runs failed, since a loss or state was not finite any more; they have no outcome after that, make no effect, and meet no requirement. The first: ${first.label}, run ${first.run}: ${first.failure?.split("; ")[0]}.`;
  return [{ rung: "observe", text }];
}

function observed(
  { finals, onsets, runs, variance }: ObserveResults,
  { predict, intervene, study }: Omit<StudyResults, "findings">,
): string {
  const outcome = [predict?.targets[0].outcome, intervene?.outcome].flatMap((one) =>
    one && "value" in one ? [one.value] : [],
  )[0];
  const final = finals.find(({ measure }) => measure === outcome);
  const parts = onsets.map(({ definition, reached, median }) => {
    const sign = definition.direction === "above" ? "≥" : "≤";
    const when = median === undefined ? "" : `, at the median by step ${number(median)}`;
    return `${definition.measure} ${sign} ${definition.threshold} in ${reached} of ${runs.length} runs${when}`;
  });
  const end =
    final &&
    `${final.measure} ends at ${estimate(final.mean)} (sd over seeds ${formatNumber(final.sd, 3)}) at step ${study.steps}`;
  const [largest] = [...(variance?.components ?? [])].sort((a, b) => b.sd.value - a.sd.value);
  const share =
    largest &&
    variance &&
    `of the seed components ${largest.name} moves ${variance.measure} most: sd ${estimate(largest.sd)}`;
  return `${[...parts, end, share].filter(Boolean).join("; ")}.`;
}

function predicted(
  { label, scores, methods }: PredictResults["targets"][number],
  { runs, cutoffs }: PredictResults,
): string {
  const names = new Set(methods.filter(({ role }) => role === "method").map(({ name }) => name));
  const lines = cutoffs.map((cutoff) => {
    const at = scores.filter((score) => score.cutoff === cutoff);
    const own = at.filter(({ method }) => names.has(method)).sort(byCrps)[0];
    const baseline = at.filter(({ role }) => role === "baseline").sort(byCrps)[0];
    if (own === undefined || baseline === undefined) return `by step ${cutoff} too few runs were left to score`;
    const skill = own.skill[baseline.method];
    if (skill === undefined) return `at step ${cutoff} the best baseline was exact`;
    const verdict = skill.low > 0 ? "beats" : skill.high < 0 ? "loses to" : "is not told apart from";
    return `at step ${cutoff} ${own.method} ${verdict} the best baseline, ${baseline.method} (skill ${estimate(skill)})`;
  });
  return `${label}, forecast for ${runs.length} paused runs: ${lines.join("; ")}. Method and baseline of each cutoff were picked after scoring.`;
}

function intervened({ families, nulls, label, seeds }: InterveneResults): string {
  const parts = families.map(({ kind, contrasts }) => {
    const judged = contrasts.filter(({ effect }) => Number.isFinite(effect.value));
    if (judged.length === 0) return `no ${kind} has an effect on ${label}, since runs of each failed`;
    const best = judged.reduce((a, b) => (Math.abs(b.effect.value) > Math.abs(a.effect.value) ? b : a));
    const last = judged[judged.length - 1];
    const sure = contrasts.filter(({ effect }) => effect.low > 0 || effect.high < 0).length;
    const tail = kind === "window" && last !== best ? `, ${estimate(last.effect)} for the last` : "";
    return `${best.name} changes ${label} by ${estimate(best.effect)}${tail}; ${sure} of ${judged.length} ${kind === "window" ? "windows" : "doses"} have an effect whose joint interval leaves out 0`;
  });
  const { exact, active, perturbed } = nulls;
  const checks = [
    `the exact placebo is bit-identical in ${exact.identical} of ${exact.compared}`,
    active &&
      (Number.isFinite(active.effect.value)
        ? `the active placebo gives ${estimate(active.effect)}`
        : "the active placebo has no effect to show, since runs of it failed"),
    perturbed && `reshuffling alone gives ${estimate(perturbed.effect)}`,
  ].filter(Boolean);
  return `${parts.join(". ")}. Nulls over ${seeds} seeds: ${checks.join("; ")}.`;
}

function designed(
  { chosen, confirmation, best, requirements, candidates, cost, reliability }: DesignResults,
  steps: number,
): string {
  const searched = new Set(candidates.map(({ index }) => index)).size;
  if (chosen === undefined || confirmation === undefined)
    return `No procedure met the ${requirements.length} requirements often enough within ${searched} candidates: the best met them in ${best.passes} of ${best.n} further runs, and nothing was confirmed.`;
  const { reliability: bound, successes, runs, verdict } = confirmation;
  const random = cost.random.stepsToFirst;
  const against =
    random === undefined
      ? `of ${cost.random.n} random candidates none passed`
      : `random search needs about ${Math.round(random.value / steps)} candidates for a first success (${cost.random.passed} of ${cost.random.n} passed)`;
  return `The chosen procedure met all ${requirements.length} requirements in ${successes} of ${runs.length} fresh runs: reliability at least ${formatNumber(bound.low, 3)} (${bound.method}, level ${bound.level}), against a goal of ${reliability}: ${verdict}. ${searched} candidates were tried, ${(cost.searchSteps / steps).toFixed(0)} runs' worth of steps; ${against}.`;
}

function byCrps(a: ForecastScore, b: ForecastScore): number {
  return a.crps.value - b.crps.value;
}

function estimate(one: Estimate): string {
  return `${formatEstimate(one)}, n = ${one.n}`;
}

/** Whole steps, open above when the data do not bound it. */
function number({ value, low, high }: Estimate): string {
  const end = Number.isFinite(high) ? formatNumber(high, 0) : "not bounded";
  return `${formatNumber(value, 0)} [${formatNumber(low, 0)}, ${end}]`;
}
