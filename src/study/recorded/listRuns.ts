/**
 * @file All runs of a workspace, the lab's and imported ones, and choosing among them as people do: by id, by the
 * beginning of one, by name, by a part of the name, or by a pattern.
 */
import { OntogenyError } from "../../core/index.ts";
import type { ImportedRun, ImportRecord, Workspace } from "../../store/index.ts";

export interface ListedRun {
  readonly id: string;
  readonly name: string;
  /** "native" or the bridge. */
  readonly format: string;
  /** Every unit that feeds it, earliest first; none for a run of the lab. */
  readonly imported: readonly ImportedRun[];
}

/** By name. What cannot be read is left out: `ls` and `doctor` list it. `records`: where they were read already. */
export function listRuns(
  workspace: Workspace,
  records: readonly ImportRecord[] = workspace.imports.records().records,
): ListedRun[] {
  const runs = new Map<string, { id: string; name: string; format: string; imported: ImportedRun[] }>();
  for (const id of workspace.runIds()) runs.set(id, { id, name: id, format: "native", imported: [] });
  for (const record of [...records].sort((a, b) => a.firstAtMs - b.firstAtMs))
    for (const run of record.runs) {
      const known = runs.get(run.id);
      if (known === undefined)
        runs.set(run.id, { id: run.id, name: run.name, format: record.bridge, imported: [{ record, run }] });
      else known.imported.push({ record, run });
    }
  return [...runs.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/**
 * Runs that any of the selectors means, by name, each once; all when there are none. A selector is an id, the beginning of
 * one, a name, whole parts of a name ("pythia-70m" means "pythia-v1/pythia-70m/zero-shot" and not "…/pythia-70m-deduped"),
 * or a pattern in which * stands for anything. Errors: RUN_NOT_FOUND for one that means nothing, ID_AMBIGUOUS.
 */
export function selectRuns(runs: readonly ListedRun[], selectors: readonly string[]): ListedRun[] {
  if (selectors.length === 0) return [...runs];
  const chosen = new Set(selectors.flatMap((selector) => meant(runs, selector)));
  return runs.filter((run) => chosen.has(run));
}

/** The one run that a selector means. Errors: RUN_NOT_FOUND, ID_AMBIGUOUS. */
export function selectRun(runs: readonly ListedRun[], selector: string): ListedRun {
  const found = meant(runs, selector);
  if (found.length === 1) return found[0];
  throw new OntogenyError(
    "ID_AMBIGUOUS",
    `"${selector}": expected one run, got ${found.length} (${found
      .slice(0, 4)
      .map(({ name }) => name)
      .join(", ")}${found.length > 4 ? ", …" : ""}); give more of the name, or the id from \`ontogeny ls\``,
  );
}

function meant(runs: readonly ListedRun[], selector: string): ListedRun[] {
  const ways: ((run: ListedRun) => boolean)[] = [
    ({ id }) => id === selector,
    ({ name }) => name === selector,
    ...(selector.includes("*") ? [matches(selector)] : []),
    ({ name }) => `/${name}/`.includes(`/${selector}/`),
  ];
  if (selector !== "")
    for (const way of ways) {
      const found = runs.filter(way);
      if (found.length > 0) return found;
    }
  const begins = runs.filter(({ id }) => selector.length >= 4 && id.startsWith(selector));
  if (begins.length === 1) return begins;
  if (begins.length > 1)
    throw new OntogenyError(
      "ID_AMBIGUOUS",
      `"${selector}": expected the beginning of one run's id, got ${begins.length}; give more letters`,
    );
  const near = runs.filter(({ name }) => name.includes(selector)).slice(0, 4);
  const hint = near.length === 0 ? "list them with `ontogeny ls`" : `near: ${near.map(({ name }) => name).join(", ")}`;
  throw new OntogenyError(
    "RUN_NOT_FOUND",
    `Run: expected an id, a name or a pattern, got "${selector}", which means none of ${runs.length} runs; ${hint}`,
  );
}

/** * stands for anything, also for nothing. */
export function matchesPattern(text: string, pattern: string): boolean {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(text);
}

const matches =
  (pattern: string) =>
  ({ name }: ListedRun): boolean =>
    matchesPattern(name, pattern);
