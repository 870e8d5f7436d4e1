/**
 * @file Rung 4, Design: requirements, the search, the chosen procedure, its confirmation on fresh seeds, the cost.
 */
import type { CandidateRow, DesignResults, StudyResults } from "../../results.ts";
import { dataTable, figure, folded, sourceRuns } from "../blocks.ts";
import { confirmationStrip, requirementText } from "../figures/confirmationStrip.ts";
import { key, lineSample } from "../figures/key.ts";
import { FATE_LINES, parallelCoordinates } from "../figures/parallelCoordinates.ts";
import { powerCurve } from "../figures/powerCurve.ts";
import { type CandidateFate, FATE_MARKS, fateOf, searchPlane, tellingFactors } from "../figures/searchPlane.ts";
import {
  counted,
  formatCount,
  formatJson,
  formatLevel,
  formatPercent,
  formatSeeds,
  formatShort,
  formatValueAndInterval,
  shortId,
} from "../format.ts";
import { EMPTY, type Html, html } from "../html.ts";
import { mark } from "../svg/marks.ts";
import { section } from "./section.ts";

export function designSection({ design, study }: StudyResults): Html {
  if (!design) return EMPTY;
  return section(
    {
      id: "design",
      rung: "Rung 4",
      title: "Design",
      lede: "Write down the properties wanted, and find a training procedure that yields them reliably.",
    },
    html`<p>Goal: ${design.goal.replace(/\.\s*$/, "")}. Wanted over seeds: reliability ${formatShort(design.reliability)}, to be shown at one-sided ${formatLevel(design.level)}.</p>${requirements(design, study.steps)}${search(design)}${candidateTable(design)}${chosen(design)}${confirmation(design)}${cost(design)}`,
  );
}

function requirements(design: DesignResults, steps: number): Html {
  const { best, confirmation: done } = design;
  return dataTable({
    caption: "Requirements",
    rows: design.requirements.map((requirement, i) => ({ requirement, i })),
    columns: [
      { head: "requirement", cell: ({ requirement }) => requirementText(requirement) },
      { head: "step", numeric: true, cell: ({ requirement }) => formatCount(requirement.step ?? steps) },
      { head: "best of the search", numeric: true, cell: ({ i }) => formatShort(best.values[i]) },
      ...(done
        ? [
            {
              head: "mean in confirmation",
              inline: true,
              estimate: ({ i }: { i: number }) => done.requirements[i]?.mean,
            },
            {
              head: "worst seed",
              numeric: true,
              cell: ({ i }: { i: number }) => formatShort(done.requirements[i]?.worst),
            },
          ]
        : []),
    ],
    notes: html`Best of the search: ${design.chosen ? "the candidate that was chosen" : "the candidate that came nearest"}; it met all requirements in ${formatCount(best.passes)} of ${counted(best.n, "run")}. Being the best of many, its values are flattered by selection${done && "; those of the confirmation are not"}.`,
    ...(done ? { runs: done.runs.map(({ run }) => run) } : {}),
  });
}

const FATES: readonly CandidateFate[] = ["pass", "fail", "stopped"];

function search(design: DesignResults): Html {
  const { space, chosen: picked } = design;
  const candidates = design.candidates.filter(({ origin }) => origin !== "replicate");
  const repeated = design.candidates.filter(({ origin }) => origin === "replicate");
  const telling = tellingFactors(space, candidates);
  const runs = candidates.map(({ run }) => run);
  const count = (fate: CandidateFate): number => candidates.filter((candidate) => fateOf(candidate) === fate).length;
  return html`<h3>The search</h3><p>${counted(candidates.length, "candidate")}: ${formatCount(count("pass"))} met every requirement, ${formatCount(count("fail"))} were trained to the end and did not, ${formatCount(count("stopped"))} were stopped early because their forecast left no hope. Origins: ${originText(candidates)}.${repeated.length > 0 && html` The best were run again on further seeds: ${counted(repeated.length, "run")}, of which ${formatCount(repeated.filter(({ pass }) => pass).length)} met every requirement.`}</p>${
    telling &&
    figure({
      title: "Candidates in the plane of two factors",
      caption: html`${telling.factors[0]} and ${telling.factors[1]}: ${telling.why}. The other factors vary too. One run a candidate.`,
      key: key(
        FATES.map((fate) => ({
          label: html`${FATE_MARKS[fate].label} (${formatCount(count(fate))})`,
          sample: mark(FATE_MARKS[fate].shape, 13, 7, 4.4, FATE_MARKS[fate].classes),
        })),
      ),
      drawing: searchPlane({
        id: "search-plane",
        space,
        factors: telling.factors,
        candidates,
        ringed: picked ? { set: picked.set, label: "chosen" } : { set: design.best.set, label: "best" },
      }),
      runs,
    })
  }${
    Object.keys(space).length > 1 &&
    figure({
      title: "Candidates over all factors",
      caption: "Each line is one candidate through its value of every searched factor.",
      key: key(FATES.map((fate) => ({ label: FATE_MARKS[fate].label, sample: lineSample(FATE_LINES[fate]) }))),
      drawing: parallelCoordinates({ id: "search-parallel", space, candidates }),
      runs,
    })
  }`;
}

function originText(candidates: readonly CandidateRow[]): string {
  return (["random", "surrogate", "replicate"] as const)
    .map((origin) => ({ origin, count: candidates.filter((candidate) => candidate.origin === origin).length }))
    .filter(({ count }) => count > 0)
    .map(({ origin, count }) => `${formatCount(count)} ${origin}`)
    .join(", ");
}

function candidateTable({ candidates, requirements: wanted, space }: DesignResults): Html {
  const factors = Object.keys(space);
  return folded(
    `All candidates (${candidates.length}), with what stopped them`,
    dataTable({
      caption: "Candidates",
      rows: candidates,
      columns: [
        { head: "#", numeric: true, cell: ({ index }) => formatCount(index) },
        { head: "origin", cell: ({ origin }) => origin },
        ...factors.map((name) => ({
          head: html`${name.split(".")[0]}<br>${name.split(".").slice(1).join(".")}`,
          numeric: true,
          cell: ({ set }: CandidateRow) => formatJson(set[name]),
        })),
        { head: "steps", numeric: true, cell: ({ steps }) => formatCount(steps) },
        ...wanted.map((requirement, i) => ({
          head: requirementText(requirement),
          numeric: true,
          cell: ({ values }: CandidateRow) => formatShort(values[i]),
        })),
        { head: "chance to pass, foreseen", numeric: true, cell: ({ expectedPass }) => formatPercent(expectedPass) },
        { head: "outcome", cell: (candidate) => html`<b>${fateOf(candidate)}</b>: ${candidate.reason}` },
        {
          head: "run",
          cell: ({ run, seeds }) => html`<code title="${run}; seeds ${formatSeeds(seeds)}">${shortId(run)}</code>`,
        },
      ],
      rowClass: ({ pass }) => (pass ? "pass" : ""),
    }),
  );
}

function chosen({ chosen: picked, best, requirements: wanted }: DesignResults): Html {
  if (!picked)
    return html`<h3>No procedure met the requirements</h3><p>Nothing within the budget met every requirement. The best candidate met all of them in ${formatCount(best.passes)} of ${counted(best.n, "run")}: ${wanted.map((requirement, i) => `${requirementText(requirement)} (reached ${formatShort(best.values[i])})`).join("; ")}.</p><pre><code>${Object.entries(best.set).map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`)}</code></pre>`;
  return html`<h3>The chosen procedure</h3><p>Chosen because: ${picked.why}. Frozen before the confirmation with hash <code title="${picked.hash}">${picked.hash.slice(0, 16)}</code>, from which the fresh seeds are derived.</p><pre><code>${picked.procedure}</code></pre>`;
}

function confirmation(design: DesignResults): Html {
  const { confirmation: done, plan } = design;
  if (!done && !plan) return EMPTY;
  const power =
    plan &&
    plan.powerAt.length > 1 &&
    figure({
      title: "Power of the plan",
      caption: html`The chance that the confirmation passes, by the rate at which the procedure truly succeeds (exact binomial: ${formatCount(plan.n)} seeds, ${formatCount(plan.failures)} failures allowed). Hollow: rates that do not exceed the wanted reliability, where passing would be wrong.`,
      drawing: powerCurve({ id: "power", points: plan.powerAt, reliability: design.reliability }),
    });
  const planText =
    plan &&
    html`<p>Planned beforehand (ledger entry ${formatCount(plan.seq)}): ${counted(plan.n, "fresh seed")}, at most ${counted(plan.failures, "failure")}.</p>${power}`;
  if (!done) return html`<h3>Confirmation</h3>${planText}`;
  const n = done.runs.length;
  const failures = done.runs.filter(({ pass }) => !pass);
  return html`<h3>Confirmation on fresh seeds</h3><div class="tiles"><div><span class="big">${done.verdict}</span><span class="sub">ledger entry ${formatCount(done.seq)}</span></div><div><span class="big">${formatCount(done.successes)} of ${formatCount(n)}</span><span class="sub">fresh seeds met every requirement</span></div><div><span class="big">≥ ${formatShort(Math.floor(done.reliability.low * 1000) / 1000)}</span><span class="sub">reliability: ${formatLevel(done.reliability.level)}, ${done.reliability.method}, n = ${formatCount(done.reliability.n)}; wanted ${formatShort(design.reliability)}</span></div></div>${figure(
    {
      title: "Every fresh seed against each requirement",
      layout: "full",
      caption: html`One dot a seed (n = ${formatCount(n)}), stacked where they would overlap; dashed line: the bound; crosses: seeds that miss it.${failures.length > 0 && html` Seeds that failed: ${failures.map(({ run, seeds }, i) => html`${i > 0 && ", "}<code title="${run}">${shortId(run)}</code> (${formatSeeds(seeds)})`)}.`}`,
      drawing: html`<div class="grid">${design.requirements.map((requirement, i) => confirmationStrip({ id: `confirm-${i}`, requirement, values: done.runs.map(({ values }) => values[i]) }))}</div>`,
      runs: done.runs.map(({ run }) => run),
    },
  )}${planText}`;
}

function cost({ cost: spent, candidates }: DesignResults): Html {
  const { random } = spent;
  return html`<h3>What it cost</h3><div class="tiles"><div><span class="big">${formatCount(spent.searchSteps)}</span><span class="sub">optimizer steps of search (${counted(candidates.length, "candidate")})</span></div><div><span class="big">${formatCount(spent.confirmSteps)}</span><span class="sub">optimizer steps of confirmation</span></div><div><span class="big">${random.stepsToFirst ? formatCount(random.stepsToFirst.value) : "–"}</span><span class="sub">steps that random search needs for a first success${random.stepsToFirst && html`: ${formatValueAndInterval(random.stepsToFirst, "step").interval}, ${formatLevel(random.stepsToFirst.level)}, ${random.stepsToFirst.method}, n = ${formatCount(random.stepsToFirst.n)}`}. ${formatCount(random.passed)} of ${formatCount(random.n)} random candidates passed.</span></div></div>${sourceRuns(candidates.map(({ run }) => run))}`;
}
