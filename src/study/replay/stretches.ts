/**
 * @file A run's way from step 0 as stretches: each ancestor up to the step at which the next one leaves it, then the run
 * itself; with what is stored along each.
 *
 * Refuses (RUN_NOT_FOUND) when an ancestor's folder is gone. Points beyond a fork are the ancestor's own affair.
 */
import type { Manifest, Point } from "../../core/index.ts";
import type { CheckpointRef, RunReader, Workspace } from "../../store/index.ts";

export interface Stretch {
  readonly run: RunReader;
  readonly manifest: Manifest;
  /** Exclusive, but for the first stretch, which has step 0. */
  readonly from: number;
  /** Inclusive: the fork of the next, or the run's last step. */
  readonly to: number;
  readonly checkpoints: readonly CheckpointRef[];
  readonly points: readonly Point[];
}

/** Oldest first. */
export async function stretchesOf(workspace: Workspace, id: string): Promise<Stretch[]> {
  const run = workspace.run(id);
  const manifest = run.manifest();
  return withAncestors(workspace, run, manifest, manifest.step);
}

async function withAncestors(workspace: Workspace, run: RunReader, manifest: Manifest, to: number): Promise<Stretch[]> {
  const { lineage } = manifest.meaning;
  const from = lineage?.forkStep ?? -1;
  const before = lineage === undefined ? [] : await stretchesUpTo(workspace, lineage.parent, lineage.forkStep);
  const within = ({ step }: { readonly step: number }) => step > from && step <= to;
  const { points } = await run.points();
  return [
    ...before,
    { run, manifest, from, to, checkpoints: run.checkpoints().filter(within), points: points.filter(within) },
  ];
}

function stretchesUpTo(workspace: Workspace, id: string, step: number): Promise<Stretch[]> {
  const run = workspace.run(id);
  return withAncestors(workspace, run, run.manifest(), step);
}
