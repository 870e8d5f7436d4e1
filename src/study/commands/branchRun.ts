/**
 * @file Branches one run: a treated arm with the change, a control arm without it, from the same state, to the same
 * horizon. The control arm is an exact placebo, so it is compared with the parent bit for bit.
 *
 * Refuses a fork beyond the parent's last step, and a change that the organism cannot follow, before anything is run.
 */
import { type Change, changeSteps, type Json, OntogenyError, type RunMeaning, runIdOf } from "../../core/index.ts";
import { organism } from "../../lab/index.ts";
import type { Workspace } from "../../store/index.ts";
import { branchMeaning } from "../plan.ts";
import type { RunSpec } from "../runSpec.ts";
import { ownSteps, Session, type StudyProgress } from "../session.ts";
import { type MeasureEffect, pairEffects } from "./pairEffect.ts";

export interface BranchOptions {
  readonly home: string;
  /** The parent's full id. */
  readonly run: string;
  /** Fork step. */
  readonly at: number;
  /** The change ends before this step; absent: it stays. */
  readonly until?: number;
  /** Both arms are trained to this step; absent: as far as the parent. */
  readonly horizon?: number;
  /** Dotted factor paths and their values; empty: only the control arm, an exact placebo. */
  readonly set: Readonly<Record<string, Json>>;
  /** Shown in the ledger. */
  readonly name?: string;
  readonly signal: AbortSignal;
  readonly progress: (event: StudyProgress) => void;
}

export interface BranchResult {
  readonly parent: string;
  readonly forkStep: number;
  readonly horizon: number;
  readonly changes: readonly Change[];
  readonly control: string;
  /** Absent when nothing was changed. */
  readonly treated?: string;
  /** On the measures that both arms have; none when one failed before the horizon. */
  readonly effects: readonly MeasureEffect[];
  /** Arms whose training broke, and how. */
  readonly failures: readonly { readonly run: string; readonly step: number; readonly text: string }[];
  /** Whether the control arm has the parent's bits; absent when the parent has nothing at the horizon to compare. */
  readonly placebo?: { readonly compared: "state" | "measures"; readonly identical: boolean };
}

export async function branchRun(options: BranchOptions): Promise<BranchResult> {
  await using session = await Session.open({ ...options, workers: 2 });
  const { workspace } = session;
  const { run, at, set, name } = options;
  const parent = workspace.run(run).manifest();
  const horizon = options.horizon ?? parent.step;
  checkSteps({ at, horizon, parentStep: parent.step, run });
  const change: Change = { from: at, until: options.until, set: { ...set } };
  const changes = Object.keys(set).length === 0 ? [] : [change];
  const kind = organism(parent.meaning.process.organism);
  for (const item of changes) kind.validateChange(item, parent.meaning.process.factors);

  const arms = [[], ...(changes.length > 0 ? [changes] : [])].map((armChanges) =>
    branchMeaning(parent.meaning, at, armChanges),
  );
  const measureAt = await measureSteps(workspace, run, { at, horizon, changes });
  const specs = arms.map(
    (meaning, i): RunSpec => ({
      role: i === 0 ? "control" : "dose",
      label: i === 0 ? "control" : (name ?? "treated"),
      meaning,
      until: horizon,
      measureAt,
      fullAt: [horizon],
      checkpointAt: [horizon],
      complete: true,
    }),
  );
  session.stepsTotal = specs.reduce((sum, spec) => sum + ownSteps(spec), 0);
  const [control, treated] = await session.train(`branches at step ${at}`, specs);
  const effects = treated === undefined ? [] : pairEffects([{ treated, control }], horizon);
  const failures = [control, treated].flatMap((arm) =>
    arm?.failure === undefined ? [] : [{ run: arm.run, ...arm.failure }],
  );
  const result: BranchResult = {
    parent: run,
    forkStep: at,
    horizon,
    changes,
    control: control.run,
    treated: treated?.run,
    effects,
    failures,
    placebo: await comparePlacebo(workspace, { run, control: control.run, horizon }),
  };
  session.ledger.append({
    kind: treated === undefined ? "note" : "effect",
    key: `branch:${treated?.run ?? control.run}:${horizon}`,
    body: { ...result, name },
  });
  session.ledger.close();
  return result;
}

function checkSteps({
  at,
  horizon,
  parentStep,
  run,
}: Record<"at" | "horizon" | "parentStep", number> & { run: string }) {
  if (at > parentStep)
    throw new OntogenyError(
      "FORK_BEYOND_RUN",
      `Branch of run ${run}: expected a fork at step ${parentStep} or earlier, got ${at}; the run has not been there`,
    );
  if (horizon <= at)
    throw new OntogenyError(
      "HORIZON_BEFORE_FORK",
      `Branch of run ${run}: expected a horizon after the fork (${at}), got ${horizon}; give a later --to or an earlier --at`,
    );
}

/** The parent's own grid after the fork, the steps at which the change starts and ends, and the horizon. */
async function measureSteps(
  workspace: Workspace,
  run: string,
  { at, horizon, changes }: { at: number; horizon: number; changes: readonly Change[] },
): Promise<number[]> {
  const { points } = await workspace.run(run).points({ upToStep: horizon });
  const steps = new Set([...points.map(({ step }) => step), ...changeSteps(changes), horizon]);
  return [...steps].filter((step) => step > at && step <= horizon).sort((a, b) => a - b);
}

async function comparePlacebo(
  workspace: Workspace,
  { run, control, horizon }: { run: string; control: string; horizon: number },
): Promise<BranchResult["placebo"]> {
  const stateHash = (id: string) =>
    workspace
      .run(id)
      .checkpoints()
      .find(({ step }) => step === horizon)?.meta.stateHash;
  const [ours, theirs] = [stateHash(control), stateHash(run)];
  if (ours !== undefined && theirs !== undefined) return { compared: "state", identical: ours === theirs };
  const values = async (id: string) => {
    const { points } = await workspace.run(id).points({ upToStep: horizon });
    return new Map(points.map(({ step, measure, value }) => [`${step} ${measure}`, value]));
  };
  const [mine, parents] = [await values(control), await values(run)];
  const shared = [...mine.keys()].filter((key) => parents.has(key));
  if (shared.length === 0) return undefined;
  return { compared: "measures", identical: shared.every((key) => Object.is(mine.get(key), parents.get(key))) };
}

/** The run that stands for "nothing was changed" beside a treated branch. */
export function controlMeaningOf(parent: RunMeaning, forkStep: number): { meaning: RunMeaning; run: string } {
  const meaning = branchMeaning(parent, forkStep, []);
  return { meaning, run: runIdOf(meaning) };
}
