/**
 * @file What is looked at before anything is trained: whether the runs that would be continued or branched have the
 * numerics of this machine and build, and whether the workers fit in memory.
 */
import { canonicalJson, type EnsembleMembership, type RunMeaning, runIdOf } from "../core/index.ts";
import type { Workspace } from "../store/index.ts";
import { isOfOtherNumerics, type Keyed, numericsDiffer } from "./numerics.ts";
import type { InspectResult } from "./runSpec.ts";
import { maybeRun } from "./startState.ts";

export interface PreflightOptions {
  readonly workspace: Workspace;
  /** Runs that are about to be trained. */
  readonly meanings: readonly RunMeaning[];
  readonly inspect: (meaning: RunMeaning, ensemble?: EnsembleMembership) => Promise<InspectResult>;
  /** True for runs that these workers have trained already: they need no look. */
  readonly isOwn?: (run: string) => boolean;
}

/** Throws NUMERICS_DIFFER, over all runs that differ, when one of them would be continued or branched. */
export async function requireOwnNumerics(options: PreflightOptions): Promise<void> {
  const { workspace, meanings, inspect, isOwn = () => false } = options;
  const groups = new Map<string, { meaning: RunMeaning; ensemble?: EnsembleMembership; runs: Map<string, Keyed> }>();
  for (const meaning of meanings) {
    const runs = predecessorsOf(workspace, meaning).filter(({ id }) => !isOwn(id));
    if (runs.length === 0) continue;
    // What was begun in an ensemble goes on in one.
    const ensemble = runs[0].numerics?.ensemble;
    const key = processKey(meaning, ensemble);
    const group = groups.get(key) ?? { meaning, ensemble, runs: new Map() };
    for (const run of runs) group.runs.set(run.id, run);
    groups.set(key, group);
  }
  const differing: { readonly runs: Keyed[]; readonly here: InspectResult["numerics"] }[] = [];
  for (const { meaning, ensemble, runs } of groups.values()) {
    const { numerics: here } = await inspect(meaning, ensemble);
    const others = [...runs.values()].filter((run) => isOfOtherNumerics(run, here));
    if (others.length > 0) differing.push({ runs: others, here });
  }
  if (differing.length === 0) return;
  throw numericsDiffer(
    differing.flatMap(({ runs }) => runs),
    differing[0].here,
    {
      what: "Runs of this study that would be continued or branched",
      wayOut:
        "run the study in another workspace (--home), remove these runs' folders to train them again, or go on where they were begun. Nothing was trained",
    },
  );
}

/** Runs whose bits training would build on, nearest first: the run itself where it was begun, and its ancestors. */
export function predecessorsOf(workspace: Workspace, meaning: RunMeaning): Keyed[] {
  const found: Keyed[] = [];
  let id: string | undefined = runIdOf(meaning);
  let lineage = meaning.lineage;
  while (id !== undefined) {
    const manifest = maybeRun(workspace, id)?.manifest();
    if (manifest?.numericsKey !== undefined) found.push(manifest);
    id = lineage?.parent;
    lineage = id === undefined ? undefined : maybeRun(workspace, id)?.manifest().meaning.lineage;
  }
  return found;
}

/** Runs of one process are trained by one program. */
export function processKey({ process: { organism, factors } }: RunMeaning, ensemble?: EnsembleMembership): string {
  return canonicalJson({ organism, factors, ensemble });
}

/** A sentence when so many workers are not expected to fit; undefined when they do, or when it cannot be told. */
export function memoryWarning({
  workers,
  inspected: { openBytes, trainingBytes },
  availableBytes,
}: {
  readonly workers: number;
  readonly inspected: InspectResult;
  /** What may still be taken, the inspecting worker's own memory not counted. */
  readonly availableBytes: number;
}): string | undefined {
  if (trainingBytes === undefined) return undefined;
  const each = openBytes + trainingBytes;
  // The worker that was asked is there already.
  const needed = workers * each - openBytes;
  if (needed <= availableBytes) return undefined;
  const fitting = Math.max(1, Math.floor((availableBytes + openBytes) / each));
  return `memory: ${workers} workers are expected to take up to ${gib(workers * each)} GiB (${gib(each)} GiB each), ${gib(availableBytes + openBytes)} GiB are there; ${fitting < workers ? `run with --workers ${fitting}, or choose` : "choose"} a smaller model or batch`;
}

function gib(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}
