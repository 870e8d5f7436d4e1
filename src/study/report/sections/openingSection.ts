/**
 * @file The head of the report: title, question, set-up, what was found.
 */
import { FACTORS } from "../../../core/index.ts";
import type { Finding, StudyResults } from "../../results.ts";
import { dataTable, folded } from "../blocks.ts";
import { counted, formatCount, formatJson, formatShort } from "../format.ts";
import { type Html, html } from "../html.ts";

const RUNGS: Readonly<Record<Finding["rung"], string>> = {
  observe: "1 Observe",
  predict: "2 Predict",
  intervene: "3 Intervene",
  design: "4 Design",
};

export function openingSection(results: StudyResults): Html {
  const { study, findings } = results;
  return html`<header><p class="kicker">Ontogeny · study report · ${study.name}</p><h1>${study.title}</h1>${
    study.quick && html`<p class="quick">Quick run: fewer seeds; not the full study</p>`
  }<p class="question">${study.question}</p></header>${setup(results)}<section id="found"><header><h2>What was found</h2></header><ol class="findings">${findings.map(
    ({ rung, text }) => html`<li><a class="where" href="#${rung}">${RUNGS[rung]}</a><span>${text}</span></li>`,
  )}</ol></section>${contents(results)}`;
}

function setup({ study, observe, predict, intervene, design }: StudyResults): Html {
  const parts = [
    `${counted(observe.runs.length, "cohort run")} observed`,
    predict && `${counted(predict.runs.length, "fresh run")} forecast`,
    intervene && `${counted(intervene.seeds, "seed")} branched`,
    design && `${counted(design.candidates.length, "candidate")} tried`,
  ].filter(Boolean);
  return html`<p><b>${study.organism.title}.</b> ${study.organism.description} Each run is trained for ${counted(study.steps, "step")}: ${parts.join(", ")}. Unless a table says otherwise, <i>n</i> counts runs or seeds, never images or steps.</p>${folded(
    "What is trained: all factors",
    dataTable({
      caption: "Factors",
      rows: FACTORS.flatMap((factor) =>
        Object.entries(study.factors[factor]).map(([name, value], i) => ({ factor, name, value, first: i === 0 })),
      ),
      columns: [
        { head: "factor", cell: ({ factor }) => factor },
        { head: "setting", cell: ({ name }) => name },
        { head: "value", cell: ({ value }) => formatJson(value) },
      ],
      rowClass: ({ first }) => (first ? "group" : ""),
    }),
  )}${folded(
    `What is measured: ${counted(study.measures.length, "measure")}`,
    dataTable({
      caption: "Measures",
      rows: study.measures,
      columns: [
        { head: "measure", cell: ({ name }) => name },
        { head: "unit", cell: ({ unit }) => unit },
        { head: "better", cell: ({ direction }) => direction },
        { head: "chance", numeric: true, cell: ({ chance }) => formatShort(chance) },
        { head: "family", cell: ({ family }) => family },
        { head: "what it is", cell: ({ description }) => description },
      ],
    }),
  )}`;
}

function contents({ predict, intervene, design, ledger }: StudyResults): Html {
  const links: [string, string, string][] = [["observe", "1", "Observe"]];
  if (predict) links.push(["predict", "2", "Predict"]);
  if (intervene) links.push(["intervene", "3", "Intervene"]);
  if (design) links.push(["design", "4", "Design"]);
  links.push(["made", "", `How this was made (ledger: ${formatCount(ledger.entries)} entries)`]);
  return html`<nav aria-label="Sections">${links.map(([id, number, name]) => html`<a href="#${id}"><b>${number}</b>${name}</a>`)}</nav>`;
}
