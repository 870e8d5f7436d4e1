/**
 * @file From a study file to a plan: every default written out, every name checked against the organism, and the runs
 * that each part of the study needs as meanings. Nothing is run here.
 */
import {
  type Change,
  contentId,
  type Factors,
  gridSteps,
  type RunMeaning,
  runIdOf,
  type Seeds,
  type Study,
} from "../core/index.ts";
import { type Organism, organism } from "../lab/index.ts";
import { atPlace, checkStudy } from "./planChecks.ts";
import { quickSizes } from "./quickSizes.ts";
import { merged, nested, type Settings } from "./settings.ts";
import type { StudyFile } from "./studyFile.ts";

export interface StudyPlan {
  readonly id: string;
  /** With the sizes of `--quick` applied. */
  readonly study: Study;
  readonly quick: boolean;
  readonly path: string;
  readonly organism: Organism;
  readonly factors: Factors;
  readonly data: Readonly<Record<string, string>>;
  readonly steps: number;
  /** Steps at which measures are taken; the last is `steps`. */
  readonly grid: readonly number[];
}

export async function planStudy(file: StudyFile, { quick = false }: { quick?: boolean } = {}): Promise<StudyPlan> {
  const study = quick ? quickSizes(file.study) : file.study;
  const kind = atPlace(file, ["process", "organism"], () => organism(study.process.organism));
  const factors = atPlace(file, ["process", "factors"], () =>
    kind.parseFactors(nested(study.process.factors), "process.factors"),
  );
  checkStudy({ file, study, organism: kind, factors });
  const data = await kind.dataHashes();
  const { quick: _sizes, ...meaning } = study;
  return {
    id: `${study.study}-${contentId({ meaning, factors, data }).slice(0, 8)}`,
    study,
    quick,
    path: file.path,
    organism: kind,
    factors,
    data,
    steps: study.process.steps,
    grid: gridSteps(study.observe.grid, study.process.steps),
  };
}

/** One integer for every component of the seed vector. */
export function seedVector(plan: StudyPlan, seed: number): Seeds {
  return Object.fromEntries(plan.organism.seedNames.map((name) => [name, seed]));
}

/** A run of the study's process, with settings changed from the start and changes that belong to the procedure. */
export function runMeaning(
  plan: StudyPlan,
  seeds: Seeds,
  { set = {}, changes = [] }: { set?: Settings; changes?: readonly Change[] } = {},
): RunMeaning {
  const factors =
    Object.keys(set).length === 0 ? plan.factors : plan.organism.parseFactors(merged(plan.factors, set), "settings");
  return {
    process: { organism: plan.organism.name, factors, changes: [...plan.study.process.changes, ...changes] },
    seeds,
    data: plan.data,
  };
}

/** A branch of a run: the same up to `forkStep`, changed after it. What is in force in the parent stays in force. */
export function branchMeaning(parent: RunMeaning, forkStep: number, changes: readonly Change[]): RunMeaning {
  const inherited = parent.lineage?.changes ?? [];
  return { ...parent, lineage: { parent: runIdOf(parent), forkStep, changes: [...inherited, ...changes] } };
}

/** Seeds that nobody could choose: 31-bit integers from a hash. */
export function seedsFromHash(hash: string, n: number): number[] {
  return Array.from({ length: n }, (_, i) => Number.parseInt(contentId({ hash, i }).slice(0, 8), 16) >>> 1);
}
