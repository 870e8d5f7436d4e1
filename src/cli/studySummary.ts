/**
 * @file All that is shown of one study: question, state, findings, runs by role, requirements, ledger, files.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { StudyResults } from "../study/results.ts";
import type { StudyEntry } from "./studies.ts";
import { renderPairs, renderTable } from "./table.ts";

export interface StudySummary {
  readonly id: string;
  readonly status: "complete" | "unfinished";
  readonly folder: string;
  readonly report?: string;
  readonly study?: StudyResults["study"];
  readonly findings: StudyResults["findings"];
  readonly runsByRole: Readonly<Record<string, number>>;
  readonly lineage: StudyResults["lineage"];
  readonly ledger?: StudyResults["ledger"];
  readonly cost?: StudyResults["cost"];
}

export function studySummary({ id, folder, results }: StudyEntry): StudySummary {
  const report = join(folder, "report.html");
  const runsByRole: Record<string, number> = {};
  for (const { role } of results?.lineage ?? []) runsByRole[role] = (runsByRole[role] ?? 0) + 1;
  return {
    id,
    status: results === undefined ? "unfinished" : "complete",
    folder,
    report: existsSync(report) ? report : undefined,
    study: results?.study,
    findings: results?.findings ?? [],
    runsByRole,
    lineage: results?.lineage ?? [],
    ledger: results?.ledger,
    cost: results?.cost,
  };
}

export function studyText({
  id,
  status,
  folder,
  report,
  study,
  findings,
  runsByRole,
  ledger,
  cost,
}: StudySummary): string {
  const pairs: [string, string][] = [
    ["study", id],
    ["status", `${status}${study?.quick ? " (quick: fewer seeds)" : ""}`],
  ];
  if (study !== undefined)
    pairs.push(
      ["title", study.title],
      ["question", study.question],
      ["process", `${study.organism.name}, ${study.steps} steps`],
    );
  if (cost !== undefined)
    pairs.push([
      "runs",
      `${cost.runs}, ${cost.stepsTrained.toLocaleString("en")} steps trained, ${cost.stepsShared.toLocaleString("en")} shared`,
    ]);
  if (ledger !== undefined) pairs.push(["ledger", `${ledger.entries} entries, head ${ledger.head}`]);
  pairs.push(["report", report ?? "not written yet: `ontogeny run` writes it"], ["folder", folder]);
  const parts = [renderPairs(pairs)];
  if (findings.length > 0)
    parts.push(
      renderTable(findings, [
        { title: "RUNG", text: ({ rung }) => rung },
        { title: "FOUND", text: ({ text }) => text },
      ]),
    );
  const roles = Object.entries(runsByRole);
  if (roles.length > 0)
    parts.push(
      renderTable(roles, [
        { title: "ROLE", text: ([role]) => role },
        { title: "RUNS", text: ([, count]) => String(count), align: "right" },
      ]),
    );
  return parts.join("\n\n");
}
