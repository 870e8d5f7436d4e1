/**
 * @file Which runs are trained at once: what was begun goes on as it was begun, what is fresh is trained in ensembles where a
 * measurement on this machine says that this saves at least a tenth.
 *
 * All fresh runs of one call and shape are treated alike, whether or not some are done already, so that an interruption
 * changes nothing. Measurements are kept in the workspace's cache; deleting them is harmless. By default only ensembles
 * whose members have the bits of their separate runs are used.
 */
import { existsSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { contentId, type EnsembleMembership, EnsembleSchema } from "../../core/index.ts";
import type { MembersChoice } from "../../engine/index.ts";
import { organism } from "../../lab/index.ts";
import { type Workspace, writeFileAtomic } from "../../store/index.ts";
import { ensembleText } from "../numerics.ts";
import { predecessorsOf } from "../preflight.ts";
import type { ChooseJob, RunSpec } from "../runSpec.ts";
import { buildId } from "../versions.ts";

/** "exact": only where members have their separate runs' bits; "close": also within rounding; "off": never. */
export type EnsembleMode = "exact" | "close" | "off";

/** What is sent to a worker in one piece: one run, or runs of one shape from one step to one step. */
export interface RunJob {
  readonly ensemble?: EnsembleMembership;
  readonly specs: readonly RunSpec[];
}

export interface EnsemblePlansOptions {
  readonly workspace: Workspace;
  readonly workers: number;
  readonly mode: EnsembleMode;
  readonly choose: (asked: Omit<ChooseJob, "kind">) => Promise<MembersChoice>;
  /** Told what was measured. */
  readonly say: (message: string) => void;
}

const MOST_MEMBERS = 16;
/** A measurement takes about a second, as long as this many steps of a model that is small enough to gain from it. */
const LEAST_STEPS = 20_000;
/** Of the separate time, copies that fill up the last ensemble included. */
const WORTHWHILE_RATIO = 0.9;

const MeasuredSchema = z.array(
  z.object({ members: z.int(), ratio: z.number(), rounds: z.int(), exactness: EnsembleSchema.shape.exactness }),
);
type Measured = z.infer<typeof MeasuredSchema>;

export class EnsemblePlans {
  private readonly options: EnsemblePlansOptions;

  constructor(options: EnsemblePlansOptions) {
    this.options = options;
  }

  /** `missing` in pieces, in order; `all`: the runs of the same call, of which these are missing. */
  async jobsOf(all: readonly RunSpec[], missing: readonly RunSpec[]): Promise<RunJob[]> {
    const decisions = new Map<string, EnsembleMembership | undefined>();
    for (const [shape, specs] of byShape(all)) decisions.set(shape, await this.decide(shape, specs));
    const jobs: { key: string; ensemble?: EnsembleMembership; specs: RunSpec[] }[] = [];
    for (const spec of missing) {
      const shape = maybeShape(spec);
      const ensemble = shape === undefined ? undefined : (this.begun(spec) ?? { of: decisions.get(shape) }).of;
      const key = contentId({ shape: shape ?? null, ensemble: ensemble ?? null, ...stretchOf(spec) });
      const open = jobs.findLast((job) => job.key === key);
      if (ensemble !== undefined && open !== undefined && open.specs.length < ensemble.members) open.specs.push(spec);
      else jobs.push({ key, ensemble, specs: [spec] });
    }
    return jobs;
  }

  /** How the run or what it branches from was begun; undefined when nothing was. */
  private begun({ meaning }: RunSpec): { readonly of: EnsembleMembership | undefined } | undefined {
    const [nearest] = predecessorsOf(this.options.workspace, meaning);
    return nearest === undefined ? undefined : { of: nearest.numerics?.ensemble };
  }

  /** For runs that start at step 0. */
  private async decide(shape: string, specs: readonly RunSpec[]): Promise<EnsembleMembership | undefined> {
    const fresh = specs.filter(({ meaning }) => meaning.lineage === undefined);
    for (const spec of fresh) {
      const begun = this.begun(spec);
      if (begun !== undefined) return begun.of;
    }
    const { mode } = this.options;
    if (mode === "off" || fresh.length < 2) return undefined;
    return bestOf(await this.measured(shape, fresh), fresh.length, mode);
  }

  /** By the first call that is worth it, for all later ones; nothing before. */
  private async measured(shape: string, fresh: readonly RunSpec[]): Promise<Measured> {
    const { workspace, workers, mode, choose, say } = this.options;
    const machine = { build: buildId(), cpu: cpus()[0]?.model ?? "", arch: process.arch };
    const file = join(workspace.cacheDir, "ensembles", `${contentId({ shape, mode, ...machine })}.json`);
    const kept = maybeMeasured(file);
    if (kept !== undefined) return kept;
    const candidates = candidatesFor(fresh.length, workers);
    const steps = fresh.reduce((sum, { until }) => sum + until, 0);
    if (candidates.length === 0 || steps < LEAST_STEPS) return [];
    const meanings = fresh.slice(0, Math.max(...candidates)).map(({ meaning }) => meaning);
    const { measured, excluded } = await choose({ meanings, candidates, isExactOnly: mode === "exact" });
    for (const { members, why } of excluded) say(`ensembles: not ${members} at once: ${why}`);
    const rows = measured.map(({ members, ratio, rounds, exactness }) => ({ members, ratio, rounds, exactness }));
    writeFileAtomic(file, `${JSON.stringify(rows)}\n`);
    for (const { members, ratio, rounds, exactness } of rows)
      say(
        `ensembles: ${ensembleText({ members, exactness })}: ${ratio.toFixed(2)} × their separate time (${rounds} rounds)`,
      );
    return rows;
  }
}

/** As many as give every worker one, two or four ensembles. */
export function candidatesFor(runs: number, workers: number): number[] {
  const each = Math.ceil(runs / workers);
  const sizes = [each, Math.ceil(each / 2), Math.ceil(each / 4)].map((size) => Math.min(size, MOST_MEMBERS));
  return [...new Set(sizes)].filter((size) => size >= 2).sort((a, b) => a - b);
}

/** The ensemble that takes the least time for so many runs, if it saves enough. */
export function bestOf(measured: Measured, runs: number, mode: EnsembleMode): EnsembleMembership | undefined {
  const share = ({ members, ratio }: Measured[number]) => (Math.ceil(runs / members) * members * ratio) / runs;
  const [best] = measured
    .filter(({ exactness }) => mode === "close" || exactness === "bit-identical")
    .sort((a, b) => share(a) - share(b));
  if (best === undefined || !(share(best) <= WORTHWHILE_RATIO)) return undefined;
  return { members: best.members, exactness: best.exactness };
}

function byShape(specs: readonly RunSpec[]): Map<string, RunSpec[]> {
  const groups = new Map<string, RunSpec[]>();
  for (const spec of specs) {
    const shape = maybeShape(spec);
    if (shape !== undefined) groups.set(shape, [...(groups.get(shape) ?? []), spec]);
  }
  return groups;
}

function maybeShape({ meaning: { process: trained } }: RunSpec): string | undefined {
  const shape = organism(trained.organism).ensembles?.shapeOf(trained.factors);
  return shape === undefined ? undefined : `${trained.organism} ${shape}`;
}

/** Runs of one job go from one step to another. */
function stretchOf({ meaning, until, complete }: RunSpec) {
  return { from: meaning.lineage?.forkStep ?? 0, until, complete };
}

function maybeMeasured(file: string): Measured | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return MeasuredSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined; // damaged: measured anew
  }
}
