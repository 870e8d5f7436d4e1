/**
 * @file How this was made: cost, numerics, versions, ledger, and an index of all runs.
 */
import type { LineageRow, StudyResults } from "../../results.ts";
import { dataTable, figure, folded } from "../blocks.ts";
import { allRuns } from "../figures/allRuns.ts";
import {
  counted,
  formatBytes,
  formatCount,
  formatDuration,
  formatLevel,
  formatPercent,
  formatSeeds,
  formatValueAndInterval,
  MISSING,
  shortId,
} from "../format.ts";
import { EMPTY, type Html, html } from "../html.ts";
import { section } from "./section.ts";

export function methodsSection({ cost, ledger, lineage, study }: StudyResults): Html {
  const perStep = formatValueAndInterval(cost.msPerStep);
  const measuring = cost.measuringShare;
  const { recovered } = cost;
  return section(
    { id: "made", title: "How this was made", lede: "What it cost, what the bits depend on, and how to check it." },
    html`<dl><dt>Wall time</dt><dd>${formatDuration(cost.wallSecs)} with ${counted(cost.workers, "worker")}</dd><dt>Runs</dt><dd>${formatCount(cost.runs)}</dd><dt>Optimizer steps</dt><dd>${formatCount(cost.stepsTrained)} computed; ${formatCount(cost.stepsShared)} more shared by branches with their parents</dd><dt>Time a step</dt><dd>${perStep.value} ms ${perStep.interval} <span class="role">${formatLevel(cost.msPerStep.level)}, ${cost.msPerStep.method}, n = ${formatCount(cost.msPerStep.n)}</span></dd><dt>Measuring</dt><dd>${formatPercent(measuring.value)} of the training time, added to it [${formatPercent(measuring.low)}, ${formatPercent(measuring.high)}] <span class="role">${formatLevel(measuring.level)}, ${measuring.method}, n = ${formatCount(measuring.n)}</span></dd><dt>Peak memory</dt><dd>${formatBytes(cost.peakMemoryBytes)}</dd><dt>Recovered</dt><dd>${counted(recovered.attempts, "repeated attempt")}, ${counted(recovered.tornLines, "torn line")}, ${counted(recovered.supersededLines, "superseded line")}</dd><dt>Numerics ${cost.numerics.length === 1 ? "key" : "keys"}</dt><dd>${cost.numerics.map((numericsKey) => html`<code>${numericsKey}</code> `)}<span class="role">what the bits depend on besides a run's meaning; arms of one contrast share one</span></dd><dt>Versions</dt><dd>${Object.entries(cost.versions).map(([name, version], i) => html`${i > 0 && ", "}${name} ${version}`)}</dd><dt>Ledger head</dt><dd><code>${ledger.head}</code><span class="role">${formatCount(ledger.entries)} entries; anchor <code>${ledger.anchor}</code></span></dd><dt>Verify</dt><dd><code>npm run -s ontogeny -- ledger verify</code><span class="role">recomputes every hash and names the first bad entry, if there is one</span></dd><dt>Study</dt><dd>${study.name} <code>${study.id}</code></dd></dl><p>The ledger proves order, not honesty: an entry cannot be changed or dropped without breaking the chain from there on, but whoever owns the folder could rewrite all of it. Publish the anchor to bind it to a date.</p>${
      lineage.length > 0 &&
      figure({
        title: "Every run of the study",
        caption:
          "One line a run, from the step at which it starts or forks to its last step. What a branch shares with its parent is not trained again.",
        drawing: allRuns({ id: "all-runs", lineage, lastStep: study.steps }),
      })
    }${failedRuns(lineage)}${folded(
      `All runs (${formatCount(lineage.length)}): short ids, seeds, parents`,
      dataTable({
        caption: "All runs",
        rows: lineage,
        columns: [
          { head: "run", cell: ({ run }) => html`<code>${run}</code>` },
          { head: "role", cell: ({ role, label }) => html`${role}<span class="role">${label}</span>` },
          { head: "seeds", cell: ({ seeds }) => formatSeeds(seeds) },
          {
            head: "parent",
            cell: ({ parent }) => (parent ? html`<code title="${parent}">${shortId(parent)}</code>` : MISSING),
          },
          { head: "fork", numeric: true, cell: ({ forkStep }) => formatCount(forkStep) },
          { head: "last step", numeric: true, cell: ({ step }) => formatCount(step) },
        ],
      }),
    )}`,
  );
}

function failedRuns(lineage: readonly LineageRow[]): Html {
  const failed = lineage.filter(({ failure }) => failure !== undefined);
  if (failed.length === 0) return EMPTY;
  return dataTable({
    caption: `Runs that failed (${formatCount(failed.length)} of ${formatCount(lineage.length)})`,
    rows: failed,
    columns: [
      { head: "run", cell: ({ run }) => html`<code title="${run}">${shortId(run)}</code>` },
      { head: "role", cell: ({ role, label }) => html`${role}<span class="role">${label}</span>` },
      { head: "at step", numeric: true, cell: ({ step }) => formatCount(step) },
      { head: "how", cell: ({ failure }) => failure },
    ],
    notes:
      "A failed run has no outcome after that step: it makes no effect, meets no requirement, and is scored against no forecast. It is not tried again, since it would fail with the same bits.",
  });
}
