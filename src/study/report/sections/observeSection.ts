/**
 * @file Rung 1, Observe: trajectories, events, final values, what each seed component carries.
 */
import { type OnsetDefinition, outcomeLabel } from "../../../core/index.ts";
import type { ObserveResults, StudyResults } from "../../results.ts";
import { dataTable, estimateText, figure, note } from "../blocks.ts";
import { dotIntervals, hasFinite } from "../figures/dotIntervals.ts";
import { key, lineSample } from "../figures/key.ts";
import { type AxisEvent, trajectoryPanel } from "../figures/trajectories.ts";
import { counted, formatCount, formatMaybe, isFiniteNumber } from "../format.ts";
import { EMPTY, type Html, html, svg } from "../html.ts";
import { meanBand } from "../meanBand.ts";
import { mark } from "../svg/marks.ts";
import { section } from "./section.ts";

export function observeSection(results: StudyResults): Html {
  const { observe, study } = results;
  return section(
    {
      id: "observe",
      rung: "Rung 1",
      title: "Observe",
      lede: "See the process: when did each behaviour appear, change, vanish?",
    },
    html`${trajectories(results)}${finals(observe, study.measures)}${onsets(observe)}${changePoints(observe)}${variance(observe)}`,
  );
}

function trajectories({ observe, study }: StudyResults): Html {
  const specs = study.measures.filter(({ name }) => name in observe.values);
  const counts = specs.flatMap(({ name }) =>
    meanBand(observe.values[name], { steps: observe.steps.length }).map(({ n }) => n),
  );
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return figure({
    title: "Trajectories",
    layout: "full",
    caption: `Thin lines: one seed each (${counted(observe.runs.length, "run")}). Black line: mean over seeds; grey band: Student's t interval, 95%, for the mean at each step taken by itself, n = ${least === most ? formatCount(most) : `${formatCount(least)}–${formatCount(most)} (runs with a finite value)`}; it says where the mean lies, not where single seeds do. Numbers at the right: mean at step ${formatCount(observe.steps.at(-1))}. Dotted lines: chance level, or the threshold that defines an onset.`,
    key: key([
      { label: "one seed", sample: lineSample("s1 pale") },
      {
        label: "mean and 95% band",
        sample: svg`<rect class="f0 area" x="1" y="1" width="24" height="12"/>${lineSample("s0 line")}`,
      },
      ...(observe.onsets.some(({ median }) => median !== undefined)
        ? [
            {
              label: "median onset, 95% interval",
              sample: svg`<line class="s2 thick soft" x1="1" x2="25" y1="8" y2="8"/>${mark("triangle", 13, 8, 4.5, "f2 dot")}`,
            },
          ]
        : []),
      ...(observe.changePoints.some(({ ofMean }) => ofMean.length > 0)
        ? [
            {
              label: "change point of the mean",
              sample: svg`<line class="s5 thick soft" x1="1" x2="25" y1="7" y2="7"/>${mark("diamond", 13, 7, 4.5, "f5 dot")}`,
            },
          ]
        : []),
    ]),
    drawing: html`<div class="grid">${specs.map((spec, i) =>
      trajectoryPanel({
        id: `trajectory-${i}`,
        spec,
        steps: observe.steps,
        rows: observe.values[spec.name],
        events: eventsOf(observe, spec.name),
      }),
    )}</div>`,
    runs: observe.runs.map(({ run }) => run),
  });
}

function eventsOf({ onsets, changePoints }: ObserveResults, measure: string): AxisEvent[] {
  return [
    ...onsets
      .filter(({ definition }) => definition.measure === measure)
      .map(({ definition, median }) => ({
        kind: "onset" as const,
        step: median?.value,
        low: median?.low,
        high: median?.high,
        threshold: definition.threshold,
        direction: definition.direction,
      })),
    ...changePoints
      .filter((points) => points.measure === measure)
      .flatMap(({ ofMean }) =>
        ofMean.map(({ step, low, high }) => ({ kind: "change-point" as const, step, low, high })),
      ),
  ];
}

function finals({ finals: rows, runs }: ObserveResults, measures: StudyResults["study"]["measures"]): Html {
  return dataTable({
    caption: "Final values",
    rows,
    columns: [
      {
        head: "measure",
        cell: ({ measure }) => measure,
      },
      { head: "mean over seeds", inline: true, estimate: ({ mean }) => mean },
      { head: "unit", cell: ({ measure }) => measures.find(({ name }) => name === measure)?.unit },
      { head: "sd over seeds", numeric: true, cell: ({ sd }) => formatMaybe(sd, 4) },
      { head: "item SE, one run", numeric: true, cell: ({ itemSe }) => formatMaybe(itemSe, 4) },
      { head: "items", numeric: true, cell: ({ itemN }) => formatCount(itemN) },
    ],
    notes: html`The <b>sd over seeds</b> is how much runs differ; the <b>item SE</b> is how well one run is measured on its finite set of items. <i>n</i> counts seeds.`,
    runs: runs.map(({ run }) => run),
  });
}

function onsets({ onsets: rows, runs }: ObserveResults): Html {
  if (rows.length === 0) return EMPTY;
  return dataTable({
    caption: "Onsets",
    rows,
    columns: [
      {
        head: "event",
        cell: ({ definition }) =>
          html`${onsetName(definition)}<span class="role">held for ${counted(definition.hold, "evaluation")} in a row</span>`,
      },
      {
        head: "reached",
        numeric: true,
        cell: ({ reached, events }) => `${formatCount(reached)} of ${formatCount(events.length)}`,
      },
      { head: "median step", kind: "step", inline: true, estimate: ({ median }) => median },
      { head: "range of steps", numeric: true, cell: ({ events }) => rangeOf(events.map(({ step }) => step)) },
      { head: "how a run's onset is found", cell: ({ events }) => events[0]?.method },
    ],
    notes: "Runs that did not reach the threshold are censored at their last step and count in the median.",
    runs: runs.map(({ run }) => run),
  });
}

function onsetName(onset: OnsetDefinition): string {
  return outcomeLabel({ onset }).replace(/^onset\((.*)\)$/, "$1");
}

function rangeOf(steps: readonly (number | null)[]): string {
  const finite = steps.filter(isFiniteNumber);
  return finite.length === 0
    ? formatCount(null)
    : `${formatCount(Math.min(...finite))}–${formatCount(Math.max(...finite))}`;
}

function changePoints({ changePoints: rows, runs }: ObserveResults): Html {
  const points = rows.flatMap(({ measure, ofMean, perRun }) => ofMean.map((event) => ({ measure, event, perRun })));
  const none = rows.filter(({ ofMean }) => ofMean.length === 0).map(({ measure }) => measure);
  if (rows.length === 0) return EMPTY;
  return html`${
    points.length > 0 &&
    dataTable({
      caption: "Change points of the mean trajectory",
      rows: points,
      columns: [
        { head: "measure", cell: ({ measure }) => measure },
        {
          head: "step",
          numeric: true,
          className: "inline",
          cell: ({ event }) =>
            html`<span class="est"><span class="v">${formatCount(event.step)}</span><span class="ci">[${formatCount(event.low)}, ${formatCount(event.high)}]</span></span>`,
        },
        {
          head: "runs with a change point of their own inside",
          numeric: true,
          cell: ({ event, perRun }) =>
            `${perRun.filter((events) => events.some(({ step }) => isWithin(step, event.low, event.high))).length} of ${perRun.length}`,
        },
        { head: "method", cell: ({ event }) => event.method },
      ],
      runs: runs.map(({ run }) => run),
    })
  }${none.length > 0 && note(`No change point in the mean of ${none.join(", ")}.`)}`;
}

function isWithin(step: number | null, low: number, high: number | null): boolean {
  return isFiniteNumber(step) && step >= low && (high === null || step <= high);
}

function variance({ variance: parts, runs }: ObserveResults): Html {
  if (!parts) return EMPTY;
  const rows = [
    { name: "whole cohort", estimate: parts.total, strong: true },
    ...parts.components.map(({ name, sd }) => ({ name, estimate: sd })),
  ];
  return html`<h3>What the seeds carry</h3>${
    hasFinite(rows) &&
    figure({
      title: `Spread of final ${parts.measure} by seed component`,
      caption: html`Standard deviation over runs when only the named component of the seed vector is drawn anew, all else equal. Whole cohort: ${estimateText(parts.total)}.`,
      drawing: dotIntervals({
        id: "variance",
        title: `Spread of ${parts.measure} by seed component`,
        axisTitle: `sd of ${parts.measure}`,
        rows,
      }),
      runs: [...runs.map(({ run }) => run), ...parts.components.flatMap((component) => component.runs)],
    })
  }${dataTable({
    caption: "Variance by seed component",
    rows: parts.components,
    columns: [
      { head: "component", cell: ({ name }) => name },
      { head: "sd", inline: true, estimate: ({ sd }) => sd },
      { head: "share of the cohort's variance", inline: true, estimate: ({ share }) => share },
      { head: "runs", numeric: true, cell: (component) => formatCount(component.runs.length) },
    ],
    notes: "One component is changed at a time: shares need not add to one, since components may interact.",
    runs: [...runs.map(({ run }) => run), ...parts.components.flatMap((component) => component.runs)],
  })}`;
}
