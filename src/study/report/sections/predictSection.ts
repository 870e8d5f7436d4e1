/**
 * @file Rung 2, Predict: registered forecasts against outcomes, skill against each baseline, scores.
 *
 * Retrospective (leave-one-out) scores stand in a box of their own, after the registered ones, never in one table.
 */
import type { ForecastScore, MethodRef, PredictResults, PredictTarget, StudyResults } from "../../results.ts";
import { type Column, dataTable, figure, folded } from "../blocks.ts";
import { type ForecastRow, forecastPanel, quantileAt } from "../figures/forecastPanel.ts";
import { key, lineSample } from "../figures/key.ts";
import { skillDomain, skillPanel } from "../figures/skill.ts";
import { counted, formatCount, formatPercent, isFiniteNumber } from "../format.ts";
import { type Content, EMPTY, type Html, html, svg } from "../html.ts";
import { mark, SHAPES } from "../svg/marks.ts";
import { finiteExtent } from "../svg/scale.ts";
import { section } from "./section.ts";

export function predictSection({ predict, study, observe }: StudyResults): Html {
  if (!predict) return EMPTY;
  const { registered, runs, cutoffs } = predict;
  return section(
    {
      id: "predict",
      rung: "Rung 2",
      title: "Predict",
      lede: "Say from early signals how it will end, before it ends, and be scored on it.",
    },
    html`<p>${counted(runs.length, "fresh run")} ${runs.length === 1 ? "was" : "were"} paused at ${cutoffs.map((cutoff, i) => html`${i > 0 && (i === cutoffs.length - 1 ? " and " : ", ")}step ${formatCount(cutoff)} (${formatPercent(cutoff / study.steps)})`)} and went on only after the forecasts were written. The methods were frozen in ledger entry ${formatCount(registered.frozenSeq)}; ${counted(registered.count, "forecast")} followed, ${registered.count === 1 ? html`in entry ${formatCount(registered.firstSeq)}` : html`in entries ${formatCount(registered.firstSeq)} to ${formatCount(registered.lastSeq)}`}, each with the hash of the data it saw.</p>${predict.targets.map(
      (target, t) =>
        targetBlock(
          predict,
          target,
          t,
          study.steps,
          observe.runs.map(({ run }) => run),
        ),
    )}`,
  );
}

function targetBlock(
  predict: PredictResults,
  target: PredictTarget,
  t: number,
  lastStep: number,
  cohort: readonly string[],
): Html {
  const runs = predict.runs.map(({ run }) => run);
  return html`<h3>Target: ${target.label}${target.kind === "value" ? ` at step ${formatCount(lastStep)}` : ""}</h3>${methodList(target.methods)}${forecasts(predict, target, t, lastStep)}${skills(predict, target, t, lastStep)}${atRisk(target, runs)}${scoreTable({ caption: `Scores of the registered forecasts: ${target.label}`, scores: target.scores, runs, lastStep })}${
    target.retrospective &&
    target.retrospective.length > 0 &&
    html`<details class="retro"><summary><span class="tag">retrospective</span> Leave-one-out over the finished cohort: not forecasts, shown for comparison only</summary>${scoreTable({ caption: `Retrospective scores: ${target.label}`, scores: target.retrospective, runs: cohort, lastStep })}</details>`
  }`;
}

function methodList(methods: readonly MethodRef[]): Html {
  return folded(
    `Methods and baselines (${methods.length})`,
    html`<dl>${methods.map(({ name, role, description }) => html`<dt>${name} <span class="tag">${role}</span></dt><dd>${description}</dd>`)}</dl>`,
  );
}

function forecasts(predict: PredictResults, target: PredictTarget, t: number, lastStep: number): Html {
  const method = bestOf(target.scores, "method");
  const baseline = bestOf(target.scores, "baseline");
  const isOnset = target.kind === "onset";
  const outcomes = target.outcomes
    .filter(({ value }) => !Number.isNaN(value))
    .sort((a, b) => (b.value ?? Number.POSITIVE_INFINITY) - (a.value ?? Number.POSITIVE_INFINITY));
  const failed = target.outcomes.length - outcomes.length;
  const find = (run: string, cutoff: number, name?: string) =>
    target.forecasts.find((forecast) => forecast.run === run && forecast.cutoff === cutoff && forecast.method === name)
      ?.distribution;
  const shown = target.forecasts.filter((forecast) => forecast.method === method || forecast.method === baseline);
  const ends = shown.flatMap(({ distribution }) => [quantileAt(distribution, 0.05), quantileAt(distribution, 0.95)]);
  const values = outcomes.map(({ value }) => value);
  const domain = isOnset ? onsetDomain([...ends, ...values], lastStep) : padded(trimmedExtent(ends, values));
  return figure({
    title: "Forecasts and outcomes",
    layout: "full",
    caption: html`One row a run, sorted by outcome, the same order in each panel. Intervals: central 90% with a tick at the median, for ${method ?? "no method"} (blue, the method with the lowest mean CRPS over the cutoffs) and ${baseline ?? "no baseline"} (grey, the baseline with the lowest). The pair was picked after scoring, for this picture only; every method is in the table.${isOnset && html` Open arrows: not reached by step ${formatCount(lastStep)} (right-censored). Hollow dots: the onset had come before the cutoff, so nothing was left to forecast. Dotted line: the cutoff.`} Arrowheads: beyond the axis.${failed > 0 && ` ${counted(failed, "run")} failed and ${failed === 1 ? "has" : "have"} no outcome: not shown, not scored.`}`,
    key: key([
      { label: html`outcome`, sample: mark("circle", 13, 7, 3.6, "f2 dot") },
      ...(isOnset
        ? [
            { label: "not reached", sample: svg`<path class="s2 open line" d="M6,7H17M13,3L18,7L13,11"/>` },
            { label: "before the cutoff", sample: mark("circle", 13, 7, 2.6, "hollow sf") },
          ]
        : []),
      ...(method
        ? [
            {
              label: html`${method}, 90%`,
              sample: svg`${lineSample("s1 bar")}<rect class="f1" x="12" y="4" width="2" height="6"/>`,
            },
          ]
        : []),
      ...(baseline
        ? [
            {
              label: html`${baseline}, 90%`,
              sample: svg`${lineSample("sf bar")}<rect class="ff" x="12" y="4" width="2" height="6"/>`,
            },
          ]
        : []),
    ]),
    drawing: html`<div class="grid" style="--columns:4">${predict.cutoffs.map((cutoff, c) => {
      const risk = target.atRisk?.find((row) => row.cutoff === cutoff);
      return forecastPanel({
        id: `forecast-${t}-${c}`,
        heading: `at step ${formatCount(cutoff)}`,
        subheading:
          isOnset && risk ? `${counted(risk.n, "run")} at risk` : `${formatPercent(cutoff / lastStep)} of training`,
        methodName: method ?? "no method",
        baselineName: baseline ?? "no baseline",
        axisTitle: isOnset ? "step of onset" : target.label,
        rows: outcomes.map(
          ({ run, value }): ForecastRow => ({
            run,
            outcome: value,
            method: find(run, cutoff, method),
            baseline: find(run, cutoff, baseline),
          }),
        ),
        domain,
        scaleKind: "linear",
        ...(isOnset ? { censoredAt: lastStep, cutoffLine: cutoff } : {}),
      });
    })}</div>`,
    runs: predict.runs.map(({ run }) => run),
  });
}

/** Lowest CRPS averaged over the cutoffs; undefined when nothing of this role was scored. */
function bestOf(scores: readonly ForecastScore[], role: MethodRef["role"]): string | undefined {
  const names = [...new Set(scores.filter((score) => score.role === role).map((score) => score.method))];
  const mean = (name: string): number => {
    const own = scores
      .filter((score) => score.method === name)
      .map(({ crps }) => crps.value)
      .filter(isFiniteNumber);
    return own.length === 0 ? Number.POSITIVE_INFINITY : own.reduce((sum, value) => sum + value, 0) / own.length;
  };
  return names.sort((a, b) => mean(a) - mean(b))[0];
}

/** Outcomes always inside; interval ends as far as twice the outcomes' spread, so that one wide forecast cannot flatten all. */
function trimmedExtent(ends: readonly (number | null)[], values: readonly (number | null)[]): [number, number] {
  const [low, high] = finiteExtent(values);
  const room = (high - low) * 1.5;
  const [endLow, endHigh] = finiteExtent(ends, [low, high]);
  return [Math.max(endLow, low - room), Math.min(endHigh, high + room)];
}

/** Up to the last step where an outcome or an interval reaches it. */
function onsetDomain(values: readonly (number | null)[], lastStep: number): [number, number] {
  const [low, high] = finiteExtent(values);
  const isOpen = values.some((value) => !isFiniteNumber(value));
  return [Math.max(0, Math.min(low, lastStep) * 0.9), isOpen ? lastStep : Math.min(lastStep, high * 1.05)];
}

function padded([low, high]: [number, number]): [number, number] {
  const pad = (high - low) * 0.04;
  return [low - pad, high + pad];
}

function skills(predict: PredictResults, target: PredictTarget, t: number, lastStep: number): Html {
  const methods = target.methods.filter(({ role }) => role === "method").map(({ name }) => name);
  const baselines = target.methods.filter(({ role }) => role === "baseline").map(({ name }) => name);
  const own = target.scores.filter(({ method }) => methods.includes(method));
  if (methods.length === 0 || baselines.length === 0) return EMPTY;
  const domain = skillDomain(own);
  return figure({
    title: "Skill by cutoff",
    layout: "full",
    caption: html`1 − mean CRPS of the method / mean CRPS of the baseline. 1 would be a perfect forecast; an interval that crosses 0 cannot be told from the baseline. Intervals as in the table below; arrowheads point beyond the axis.`,
    key: key(
      methods.map((name, m) => ({
        label: name,
        sample: svg`${lineSample(`s${m + 1} bar`)}${mark(SHAPES[m % SHAPES.length], 13, 7, 4.2, `f${m + 1} dot`)}`,
      })),
    ),
    drawing: html`<div class="grid">${baselines.map((baseline, b) => skillPanel({ id: `skill-${t}-${b}`, baseline, methods, cutoffs: predict.cutoffs, lastStep, scores: own, domain }))}</div>`,
    runs: predict.runs.map(({ run }) => run),
  });
}

function atRisk({ atRisk: rows }: PredictTarget, runs: readonly string[]): Html {
  if (!rows || rows.length === 0) return EMPTY;
  return dataTable({
    caption: "Runs at risk and lead time",
    rows,
    columns: [
      { head: "cutoff", numeric: true, cell: ({ cutoff }) => formatCount(cutoff) },
      { head: "runs at risk", numeric: true, cell: (row) => formatCount(row.n) },
      {
        head: "steps from cutoff to onset",
        name: "lead time",
        kind: "step",
        inline: true,
        estimate: ({ lead }) => lead,
      },
    ],
    notes: "Only runs in which the onset had not come by the cutoff are forecast and scored.",
    runs,
  });
}

function scoreTable({
  caption,
  scores,
  runs,
  lastStep,
}: {
  caption: string;
  scores: readonly ForecastScore[];
  runs?: readonly string[];
  lastStep: number;
}): Html {
  const baselines = [...new Set(scores.flatMap(({ skill }) => Object.keys(skill)))];
  const cell = (score: ForecastScore): Content => html`${score.method}<span class="role">${score.role}</span>`;
  const columns: Column<ForecastScore>[] = [
    { head: "forecaster", cell },
    { head: "CRPS", estimate: ({ crps }) => crps },
    { head: "interval score", estimate: ({ intervalScore }) => intervalScore },
    { head: "coverage of 90%", estimate: ({ coverage }) => coverage },
    ...baselines.map((baseline) => ({
      head: html`skill vs<br>${baseline}`,
      name: "skill",
      estimate: (score: ForecastScore) => (score.method === baseline ? undefined : score.skill[baseline]),
    })),
  ];
  return dataTable({
    caption,
    columns,
    rows: scores,
    groupBy: ({ cutoff }) => `Forecast at step ${formatCount(cutoff)}, ${formatPercent(cutoff / lastStep)} of training`,
    rowClass: ({ role }) => (role === "baseline" ? "weak" : ""),
    notes: html`CRPS and interval score: lower is better, in the unit of the target. <i>n</i> counts runs.`,
    runs,
  });
}
