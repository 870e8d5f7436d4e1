/**
 * @file One run's trajectory from its files, with its ancestors' part before each fork. An ancestor that is gone leaves
 * its part empty.
 */
import type { Point } from "../../core/index.ts";
import type { Workspace } from "../../store/index.ts";
import { RunTrajectory } from "../outcomes.ts";

export async function trajectoryFromDisk(workspace: Workspace, run: string): Promise<RunTrajectory> {
  return new RunTrajectory(run, await pointsOf(workspace, run));
}

export async function pointsOf(workspace: Workspace, run: string): Promise<readonly Point[]> {
  const reader = workspace.run(run);
  const { points } = await reader.points();
  const { lineage } = reader.manifest().meaning;
  if (lineage === undefined || !workspace.hasRun(lineage.parent)) return points;
  const before = await pointsOf(workspace, lineage.parent);
  return [...before.filter(({ step }) => step <= lineage.forkStep), ...points];
}
