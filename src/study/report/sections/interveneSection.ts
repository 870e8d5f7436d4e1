/**
 * @file Rung 3, Intervene: the lineage of branches, effects by window and dose, every contrast with its nulls, forecasts
 * of the effects and their scores.
 */
import type { Contrast, ContrastFamily, InterveneResults, StudyResults } from "../../results.ts";
import { dataTable, estimateText, figure, folded, note } from "../blocks.ts";
import { doseResponse } from "../figures/doseResponse.ts";
import { FOREST_WIDTH, forestAxis, forestRow } from "../figures/forestRow.ts";
import { key } from "../figures/key.ts";
import { lineageArms, lineageTree } from "../figures/lineageTree.ts";
import { windowEffects } from "../figures/windowEffects.ts";
import { counted, formatCount, formatMaybe, formatP, formatShort, formatSigned } from "../format.ts";
import { EMPTY, type Html, html, svg } from "../html.ts";
import { mark, type Shape } from "../svg/marks.ts";
import { finiteExtent, linearScale } from "../svg/scale.ts";
import { section } from "./section.ts";

export function interveneSection(results: StudyResults): Html {
  const { intervene, study } = results;
  if (!intervene) return EMPTY;
  const { exact } = intervene.nulls;
  return section(
    {
      id: "intervene",
      rung: "Rung 3",
      title: "Intervene",
      lede: "Change the trajectory, and measure what the change caused.",
    },
    html`<p>Outcome: ${intervene.label}${"value" in intervene.outcome && ` at step ${formatCount(intervene.step)}`}. Each branch shares with its control arm everything up to the fork and, draw by draw, all randomness after it; ${counted(intervene.seeds, "seed")} a contrast, and ${formatCount(intervene.pilotSeeds)} other pilot seeds from which the effects were forecast beforehand. Exact placebo: <b>bit-identical to its parent in ${formatCount(exact.identical)} of ${formatCount(exact.compared)}</b>.</p>${lineage(results)}${intervene.families.map((family, f) => familyFigure(intervene, family, f, study.steps))}${forest(intervene)}${effectScores(intervene)}`,
  );
}

function lineage({ intervene, lineage: rows, study }: StudyResults): Html {
  const windowSteps = intervene?.families.find(({ kind }) => kind === "window")?.windowSteps;
  const arms = lineageArms(rows, windowSteps);
  if (arms.length === 0) return EMPTY;
  return figure({
    title: "Lineage of the branches",
    caption: html`The parent run in the middle, its branches where they leave it. The full line is one seed, the faint lines the others; the number after a name counts seeds. ${windowSteps !== undefined && html`Thick: the window in which the change is in force. `}Dashed: nulls. ${rows.some(({ role }) => role === "pilot") && html`${counted(rows.filter(({ role }) => role === "pilot").length, "pilot run")} are left out here.`}`,
    drawing: lineageTree({ id: "lineage", arms, lastStep: study.steps, parentLabel: "control" }),
    runs: arms.flatMap((arm) => arm.rows.map(({ run }) => run)),
  });
}

const FORECAST_SHAPES = [
  { shape: "square", classes: "s1" },
  { shape: "diamond", classes: "s5" },
  { shape: "triangle", classes: "s4" },
] as const;

function familyFigure(intervene: InterveneResults, family: ContrastFamily, f: number, lastStep: number): Html {
  const methods = intervene.forecastMethods
    .filter(
      ({ role, name }) =>
        role === "method" && family.contrasts.some(({ forecasts }) => forecasts.some(({ method }) => method === name)),
    )
    .slice(0, FORECAST_SHAPES.length)
    .map(({ name }, i) => ({ name, ...FORECAST_SHAPES[i] }));
  const options = {
    id: `family-${f}`,
    family,
    methods,
    effectTitle: `effect on ${intervene.label} (${"value" in intervene.outcome ? "" : "steps, "}treated − control)`,
  };
  const first = family.contrasts[0];
  const seqs = family.contrasts.flatMap(({ forecasts }) => forecasts.map(({ seq }) => seq));
  return html`<h3>${family.title}</h3>${figure({
    title: family.kind === "window" ? "Effect by window" : "Effect by dose",
    caption: html`${family.kind === "window" ? "Each segment spans the steps of its window; its height is the effect" : "Dots: the effect at each dose"}, with its interval${first && html` (${estimateMethod(first)})`}.${methods.length > 0 && seqs.length > 0 && html` Hollow marks: what was forecast before the branches ran, central 90% (${Math.min(...seqs) === Math.max(...seqs) ? html`ledger entry ${formatCount(seqs[0])}` : html`ledger entries ${formatCount(Math.min(...seqs))}–${formatCount(Math.max(...seqs))}`}).`}`,
    key: key([
      {
        label: "measured",
        sample: svg`<line class="s2 bar" x1="13" x2="13" y1="1" y2="13"/>${mark("circle", 13, 7, 4.2, "f2 dot")}`,
      },
      ...methods.map(({ name, shape, classes }) => ({
        label: html`registered forecast: ${name}`,
        sample: svg`<line class="${classes} line" x1="13" x2="13" y1="0" y2="14"/>${mark(shape, 13, 7, 4, `hollow ${classes}`)}`,
      })),
    ]),
    drawing: family.kind === "window" ? windowEffects({ ...options, lastStep }) : doseResponse(options),
    runs: family.contrasts.flatMap(runsOf),
  })}${family.summaries.map(({ label, estimate, p }) => html`<p>${label.charAt(0).toUpperCase() + label.slice(1)}: ${estimateText(estimate, "plain", "n")}${p !== undefined && html`, <span class="nowrap">p ${pText(p)}</span>`}.</p>`)}${family.notes.map((text) => note(text))}`;
}

function estimateMethod({ effect }: Contrast): string {
  return `${formatShort(effect.level * 100)}%, ${effect.method}, n = ${formatCount(effect.n)} seeds`;
}

function runsOf({ pairs }: Pick<Contrast, "pairs">): string[] {
  return pairs.flatMap(({ treatedRun, controlRun }) => [treatedRun, controlRun]);
}

function pText(p: number): string {
  const text = formatP(p);
  return text.startsWith("<") ? text : `= ${text}`;
}

interface ForestEntry {
  readonly name: string;
  readonly group: string;
  /** Absent: the exact placebo, which has no noise to estimate. */
  readonly contrast?: Pick<Contrast, "effect" | "adjustedP" | "correlation" | "pairs">;
  readonly shape: Shape;
  readonly colour: number;
}

function forest({ families, nulls }: InterveneResults): Html {
  const entries: ForestEntry[] = families.flatMap((family) =>
    family.contrasts.map((contrast) => ({
      name: contrast.name,
      group: family.title,
      contrast,
      shape: family.kind === "window" ? ("circle" as const) : ("square" as const),
      colour: family.kind === "window" ? 2 : 3,
    })),
  );
  entries.push({
    name: "exact placebo: nothing changed",
    group: "Nulls",
    shape: "circle",
    colour: 1,
  });
  if (nulls.active)
    entries.push({
      name: `active placebo: ${nulls.active.name.replace(/^active placebo:? ?/i, "")}`,
      group: "Nulls",
      contrast: nulls.active,
      shape: "diamond",
      colour: 1,
    });
  if (nulls.perturbed)
    entries.push({
      name: "perturbed: randomness re-keyed after the fork",
      group: "Nulls",
      contrast: nulls.perturbed,
      shape: "diamond",
      colour: 1,
    });
  const scale = linearScale({
    domain: finiteExtent(
      entries.flatMap(({ contrast }) => [contrast?.effect.value, contrast?.effect.low, contrast?.effect.high]),
      [0],
    ),
    range: [12, FOREST_WIDTH - 14],
    count: 4,
    nice: true,
  });
  const estimated = entries.flatMap(({ name, contrast }) => (contrast ? [{ name, contrast }] : []));
  return html`<h3>Every contrast, with its nulls</h3>${dataTable({
    caption: "All contrasts and nulls",
    rows: entries.map((entry, i) => ({ ...entry, i })),
    columns: [
      { head: "contrast", cell: ({ name }) => name },
      {
        className: "draw",
        head: forestAxis({ id: "forest-axis", scale, title: "effect (treated − control)" }),
        cell: ({ name, contrast, shape, colour, i }) =>
          forestRow({ id: `forest-${i}`, name, effect: contrast?.effect, scale, shape, colour }),
      },
      {
        head: "effect",
        kind: "signed",
        inline: true,
        estimate: ({ contrast }) => contrast?.effect,
        cell: () =>
          html`bit-identical in ${formatCount(nulls.exact.identical)} of ${formatCount(nulls.exact.compared)}`,
      },
      { head: "adjusted p", numeric: true, cell: ({ contrast }) => formatP(contrast?.adjustedP) },
      { head: "arms' correlation", numeric: true, cell: ({ contrast }) => formatMaybe(contrast?.correlation, 2) },
    ],
    groupBy: ({ group }) => group,
    notes: html`The correlation of the two arms over seeds is what pairing gains: the variance of a paired difference is 1 − ρ times that of unpaired arms. The exact placebo changes nothing and must be bit-identical: it was in ${formatCount(nulls.exact.identical)} of ${formatCount(nulls.exact.compared)}; this tests the machinery and says nothing of noise.${nulls.active && " The active placebo puts the same dose on a target that should not matter."}${nulls.perturbed && html` The perturbed null re-keys the remaining randomness and changes nothing else; its spread over seeds (sd of the differences) is ${estimateText(nulls.perturbed.noiseSd)}.`}`,
    runs: [...entries.flatMap(({ contrast }) => (contrast ? runsOf(contrast) : [])), ...nulls.exact.runs],
  })}${folded(
    `The seeds behind each contrast (${estimated.length})`,
    html`${estimated.map(({ name, contrast }) => html`<p class="ids sans"><b>${name}</b>: ${contrast.pairs.map(({ treated, control }) => `${formatSigned(treated - control)} (${formatMaybe(treated)} − ${formatMaybe(control)})`).join("; ")}</p>`)}`,
  )}`;
}

function effectScores({ forecastScores, forecastMethods, families }: InterveneResults): Html {
  if (forecastScores.length === 0) return EMPTY;
  const baselines = [...new Set(forecastScores.flatMap(({ skill }) => Object.keys(skill)))];
  return html`<h3>Were the effects foreseen?</h3>${dataTable({
    caption: "Scores of the registered effect forecasts",
    rows: forecastScores,
    columns: [
      {
        head: "forecaster",
        cell: ({ method, role }) =>
          html`${method}<span class="role">${role}: ${forecastMethods.find(({ name }) => name === method)?.description}</span>`,
      },
      { head: "CRPS", estimate: ({ crps }) => crps },
      { head: "coverage of 90%", estimate: ({ coverage }) => coverage },
      ...baselines.map((baseline) => ({
        head: html`skill vs<br>${baseline}`,
        name: "skill",
        estimate: (row: InterveneResults["forecastScores"][number]) =>
          row.method === baseline ? undefined : row.skill[baseline],
      })),
    ],
    notes: html`<i>n</i> counts contrasts; they share their control arms, so they are not fully independent.`,
    runs: families.flatMap(({ contrasts }) => contrasts.flatMap(runsOf)),
  })}`;
}
