/**
 * @file The measured effect of branches that are on disk: each treated run is paired with the control branch of the same
 * fork, or with its parent where that went as far (an exact placebo has its bits). Nothing is trained.
 */
import { OntogenyError } from "../../core/index.ts";
import { Workspace } from "../../store/index.ts";
import { controlMeaningOf } from "./branchRun.ts";
import { type MeasureEffect, pairEffects } from "./pairEffect.ts";
import { trajectoryFromDisk } from "./trajectoryFromDisk.ts";

export interface EffectOptions {
  readonly home: string;
  /** Full ids of branches; one pair each. */
  readonly treated: readonly string[];
  /** Absent: every measure that all arms have. */
  readonly measure?: string;
  /** Absent: the last step that all arms reached. */
  readonly step?: number;
}

export interface EffectResult {
  readonly step: number;
  readonly pairs: readonly { readonly treated: string; readonly control: string }[];
  readonly effects: readonly MeasureEffect[];
}

export async function effectOf({ home, treated, measure, step }: EffectOptions): Promise<EffectResult> {
  const workspace = await Workspace.open(home);
  const pairs = treated.map((run) => ({ treated: run, control: controlOf(workspace, run) }));
  const reached = pairs.flatMap((pair) => [pair.treated, pair.control]).map((id) => workspace.run(id).manifest().step);
  const at = step ?? Math.min(...reached);
  const trajectories = await Promise.all(
    pairs.map(async (pair) => ({
      treated: await trajectoryFromDisk(workspace, pair.treated),
      control: await trajectoryFromDisk(workspace, pair.control),
    })),
  );
  const effects = pairEffects(trajectories, at, measure);
  if (effects.length === 0)
    throw new OntogenyError(
      "NOT_MEASURED",
      `Effect: expected ${measure === undefined ? "a measure" : `"${measure}"`} at step ${at} in every arm, got none; look at the arms with \`ontogeny show\` and choose --measure and --step`,
    );
  return { step: at, pairs, effects };
}

function controlOf(workspace: Workspace, run: string): string {
  const { meaning, step } = workspace.run(run).manifest();
  const { lineage } = meaning;
  if (lineage === undefined)
    throw new OntogenyError(
      "NOT_A_BRANCH",
      `Effect of run ${run}: expected a branch, got a run that starts at step 0; make one with \`ontogeny branch\``,
    );
  const parent = workspace.run(lineage.parent).manifest();
  const control = controlMeaningOf(parent.meaning, lineage.forkStep).run;
  if (workspace.hasRun(control)) return control;
  if (parent.step >= step) return lineage.parent;
  throw new OntogenyError(
    "CONTROL_MISSING",
    `Effect of run ${run}: expected its control arm, or its parent at step ${step}, got a parent at step ${parent.step}; run \`ontogeny branch ${lineage.parent} --at ${lineage.forkStep} --to ${step}\``,
  );
}
