/**
 * @file Finds the furthest state on disk from which a run can go on without missing anything that is asked of it.
 *
 * Its own checkpoints first, then those of its ancestors at or before the fork. A damaged checkpoint is passed over,
 * named in `damaged`, and what it held is computed again.
 */
import { OntogenyError, type RunMeaning, runIdOf, type Snapshot } from "../core/index.ts";
import type { RunReader, Workspace } from "../store/index.ts";
import type { TrainJob } from "./runSpec.ts";

export interface StartState {
  readonly snapshot: Snapshot;
  /** Steps of the snapshot that an ancestor computed. */
  readonly shared: number;
}

export interface StartStateOptions {
  readonly workspace: Workspace;
  readonly spec: TrainJob["spec"];
  readonly numericsKey: string;
  /** Receives one line for each checkpoint that was damaged. */
  readonly damaged: string[];
}

/** Undefined: start from the initial state. */
export async function findStartState(options: StartStateOptions): Promise<StartState | undefined> {
  const { workspace, spec } = options;
  const { meaning, until } = spec;
  const own = maybeRun(workspace, runIdOf(meaning));
  if (own !== undefined) {
    // What is missing at a step can only be had by coming to that step: the start must lie before it.
    const missing = await firstMissing(own, spec);
    const limit = missing === undefined ? until : Math.min(until, missing - 1);
    const snapshot = loadBest(own, limit, options);
    if (snapshot !== undefined) return { snapshot, shared: Math.min(meaning.lineage?.forkStep ?? 0, snapshot.step) };
  }
  const inherited = fromAncestors(meaning, options);
  return inherited === undefined ? undefined : { snapshot: inherited, shared: inherited.step };
}

/** The earliest step at which something that is asked for is not on disk; undefined when nothing is missing. */
export async function firstMissing(run: RunReader, spec: TrainJob["spec"]): Promise<number | undefined> {
  const { points } = await run.points();
  const measured = new Set(points.map(({ step }) => step));
  const saved = new Set(run.checkpoints().map(({ step }) => step));
  const missing = [
    ...spec.measureAt.filter((step) => !measured.has(step)),
    ...spec.checkpointAt.filter((step) => !saved.has(step)),
  ];
  return missing.length === 0 ? undefined : Math.min(...missing);
}

/** An ancestor shares everything up to the fork, so any of its checkpoints at or before the fork will do. */
function fromAncestors(meaning: RunMeaning, options: StartStateOptions): Snapshot | undefined {
  let limit = Number.POSITIVE_INFINITY;
  let lineage = meaning.lineage;
  while (lineage !== undefined) {
    limit = Math.min(limit, lineage.forkStep);
    const parent = maybeRun(options.workspace, lineage.parent);
    if (parent === undefined) return undefined;
    const snapshot = loadBest(parent, limit, options);
    if (snapshot !== undefined) return snapshot;
    lineage = parent.manifest().meaning.lineage;
  }
  return undefined;
}

function loadBest(run: RunReader, limit: number, { numericsKey, damaged }: StartStateOptions): Snapshot | undefined {
  const candidates = run
    .checkpoints()
    .filter(({ step, meta }) => step <= limit && meta.numericsKey === numericsKey)
    .sort((a, b) => b.step - a.step);
  for (const { step } of candidates)
    try {
      return run.loadCheckpoint(step);
    } catch (error) {
      if (!(error instanceof OntogenyError)) throw error;
      damaged.push(error.message.split("\n").join(" "));
    }
  return undefined;
}

export function maybeRun(workspace: Workspace, id: string): RunReader | undefined {
  return workspace.hasRun(id) ? workspace.run(id) : undefined;
}
