/**
 * @file All that is known of one run: its meaning, where it comes from and what came of it, what differs from the
 * defaults, its last measures, checkpoints, events, and what was left out of its files.
 */
import type { Change, Event, Manifest, Point } from "../core/index.ts";
import type { PointsReport, Workspace } from "../store/index.ts";
import { ensembleText } from "../study/numerics.ts";
import { renderPairs, renderTable, shortNumber } from "./table.ts";

export interface RunSummary {
  readonly manifest: Manifest;
  /** Dotted path → value, where it is not the organism's default. */
  readonly changedFactors: Readonly<Record<string, unknown>>;
  /** Ancestors, nearest first. */
  readonly ancestors: readonly {
    readonly run: string;
    readonly forkStep: number;
    readonly changes: readonly Change[];
  }[];
  readonly branches: readonly {
    readonly run: string;
    readonly forkStep: number;
    readonly changes: readonly Change[];
  }[];
  /** The latest point of every measure. */
  readonly last: readonly Point[];
  readonly points: number;
  readonly checkpoints: readonly { readonly step: number; readonly stateHash: string }[];
  readonly events: readonly Event[];
  readonly leftOut: Pick<PointsReport, "superseded" | "uncommitted"> & { readonly torn: number; readonly bad: number };
}

export async function runSummary(workspace: Workspace, id: string): Promise<RunSummary> {
  const reader = workspace.run(id);
  const manifest = reader.manifest();
  const { points, report } = await reader.points();
  return {
    manifest,
    changedFactors: await changedFactors(manifest),
    ancestors: ancestorsOf(workspace, manifest),
    branches: branchesOf(workspace, id),
    last: lastPoints(points),
    points: points.length,
    checkpoints: reader.checkpoints().map(({ step, meta }) => ({ step, stateHash: meta.stateHash })),
    events: reader.events(),
    leftOut: {
      torn: report.torn.length,
      superseded: report.superseded,
      uncommitted: report.uncommitted,
      bad: report.bad.length,
    },
  };
}

export function runText(summary: RunSummary): string {
  const { manifest, changedFactors, ancestors, branches, last, points, checkpoints, events, leftOut } = summary;
  const { id, meaning, status, step, attempts, numericsKey, failure } = manifest;
  const pairs: [string, string][] = [
    ["run", id],
    ["status", `${status} at step ${step}${failure === undefined ? "" : `: ${failure}`}`],
    ["organism", meaning.process.organism],
    [
      "seeds",
      Object.entries(meaning.seeds)
        .map(([name, seed]) => `${name} ${seed}`)
        .join(", "),
    ],
    ["not default", assignments(changedFactors) || "nothing"],
    ...meaning.process.changes.map((change): [string, string] => ["procedure", changeText(change)]),
    ...ancestors.map(({ run, forkStep, changes }): [string, string] => [
      "branch of",
      `${run} @ ${forkStep}: ${changes.map(changeText).join("; ") || "no change"}`,
    ]),
    ["attempts", String(attempts)],
    ["numerics", numericsKey ?? "not yet set"],
    ...(manifest.numerics?.ensemble === undefined
      ? []
      : [["ensemble", ensembleText(manifest.numerics.ensemble)] as [string, string]]),
    ["checkpoints", checkpoints.map((checkpoint) => checkpoint.step).join(", ") || "none"],
    ["points", `${points}${leftOutText(leftOut)}`],
  ];
  const parts = [renderPairs(pairs)];
  if (last.length > 0)
    parts.push(
      renderTable(last, [
        { title: "MEASURE", text: ({ measure }) => measure },
        { title: "STEP", text: (point) => String(point.step), align: "right" },
        { title: "VALUE", text: ({ value }) => shortNumber(value), align: "right" },
        { title: "SE", text: ({ se }) => shortNumber(se), align: "right" },
        { title: "N", text: ({ n }) => shortNumber(n), align: "right" },
      ]),
    );
  if (events.length > 0)
    parts.push(
      renderTable(events, [
        { title: "EVENT", text: ({ kind }) => kind },
        { title: "MEASURE", text: ({ measure }) => measure },
        { title: "STEP", text: (event) => shortNumber(event.step), align: "right" },
        { title: "INTERVAL", text: ({ low, high }) => (high === null ? `after ${low}` : `${low}–${high}`) },
      ]),
    );
  if (branches.length > 0)
    parts.push(
      renderTable(branches, [
        { title: "BRANCH", text: ({ run }) => run },
        { title: "FORK", text: ({ forkStep }) => String(forkStep), align: "right" },
        { title: "CHANGES", text: ({ changes }) => changes.map(changeText).join("; ") || "no change" },
      ]),
    );
  return parts.join("\n\n");
}

export function changeText({ from, until, set }: Change): string {
  return `${assignments(set)} from step ${from}${until === undefined ? "" : ` to ${until}`}`;
}

function assignments(set: Readonly<Record<string, unknown>>): string {
  return Object.entries(set)
    .map(([path, value]) => `${path}=${JSON.stringify(value)}`)
    .join(" ");
}

/** Without the organism (an older one, another version), every factor counts as changed. */
async function changedFactors({ meaning }: Manifest): Promise<Record<string, unknown>> {
  const { organism } = await import("../lab/index.ts");
  let defaults: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {};
  try {
    defaults = organism(meaning.process.organism).parseFactors({}, "defaults");
  } catch {
    // Not known here: all is shown.
  }
  const changed: Record<string, unknown> = {};
  for (const [factor, values] of Object.entries(meaning.process.factors))
    for (const [key, value] of Object.entries(values))
      if (JSON.stringify(defaults[factor]?.[key]) !== JSON.stringify(value)) changed[`${factor}.${key}`] = value;
  return changed;
}

function ancestorsOf(workspace: Workspace, manifest: Manifest): RunSummary["ancestors"] {
  const chain: RunSummary["ancestors"][number][] = [];
  let lineage = manifest.meaning.lineage;
  while (lineage !== undefined) {
    chain.push({ run: lineage.parent, forkStep: lineage.forkStep, changes: lineage.changes });
    lineage = workspace.hasRun(lineage.parent) ? workspace.run(lineage.parent).manifest().meaning.lineage : undefined;
  }
  return chain;
}

function branchesOf(workspace: Workspace, id: string): RunSummary["branches"] {
  return workspace
    .runIds()
    .map((run) => ({ run, lineage: workspace.run(run).manifest().meaning.lineage }))
    .flatMap(({ run, lineage }) =>
      lineage?.parent === id ? [{ run, forkStep: lineage.forkStep, changes: lineage.changes }] : [],
    )
    .sort((a, b) => a.forkStep - b.forkStep);
}

function lastPoints(points: readonly Point[]): Point[] {
  const last = new Map<string, Point>();
  for (const point of points) if (point.step >= (last.get(point.measure)?.step ?? 0)) last.set(point.measure, point);
  return [...last.values()].sort((a, b) => (a.measure < b.measure ? -1 : 1));
}

function leftOutText({ torn, superseded, uncommitted, bad }: RunSummary["leftOut"]): string {
  const parts = [
    torn > 0 ? `${torn} torn` : "",
    superseded > 0 ? `${superseded} superseded by a later attempt` : "",
    uncommitted > 0 ? `${uncommitted} not committed` : "",
    bad > 0 ? `${bad} damaged` : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? "" : ` (left out: ${parts.join(", ")})`;
}
