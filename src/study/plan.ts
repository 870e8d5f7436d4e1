/**
 * @file From a study file to a plan: every default written out, every name checked against the organism, and the runs
 * that each part of the study needs as meanings. Nothing is run here.
 */
import {
  type Change,
  contentId,
  type Factors,
  gridSteps,
  type Json,
  OntogenyError,
  type Outcome,
  type RunMeaning,
  runIdOf,
  type Seeds,
  type Study,
} from "../core/index.ts";
import { type Organism, organism } from "../lab/index.ts";
import { type StudyFile, studyError } from "./studyFile.ts";

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
  const kind = attempt(file, ["process", "organism"], () => organism(study.process.organism));
  const factors = attempt(file, ["process", "factors"], () =>
    kind.parseFactors(nested(study.process.factors), "process.factors"),
  );
  checkMeasures(file, study, kind);
  checkSteps(file, study);
  checkSettings(file, study, kind, factors);
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
  { set = {}, changes = [] }: { set?: Readonly<Record<string, Json>>; changes?: readonly Change[] } = {},
): RunMeaning {
  const factors =
    Object.keys(set).length === 0 ? plan.factors : plan.organism.parseFactors(merged(plan.factors, set), "settings");
  return {
    process: { organism: plan.organism.name, factors, changes: [...changes] },
    seeds,
    data: plan.data,
  };
}

/** A branch of a run: the same up to `forkStep`, changed after it. */
export function branchMeaning(parent: RunMeaning, forkStep: number, changes: readonly Change[]): RunMeaning {
  return { ...parent, lineage: { parent: runIdOf(parent), forkStep, changes: [...changes] } };
}

/** Measures that an outcome reads. */
export function measureOf(outcome: Outcome): string {
  return "value" in outcome ? outcome.value : outcome.onset.measure;
}

/** Seeds that nobody could choose: 31-bit integers from a hash. */
export function seedsFromHash(hash: string, n: number): number[] {
  return Array.from({ length: n }, (_, i) => Number.parseInt(contentId({ hash, i }).slice(0, 8), 16) >>> 1);
}

/** { "data.x": 1 } → { data: { x: 1 } }. */
export function nested(settings: Readonly<Record<string, Json>>): Record<string, Record<string, Json>> {
  const out: Record<string, Record<string, Json>> = {};
  for (const [path, value] of Object.entries(settings)) {
    const [factor, key] = path.split(".");
    out[factor] = { ...out[factor], [key]: value };
  }
  return out;
}

function merged(factors: Factors, set: Readonly<Record<string, Json>>): Factors {
  const out = structuredClone(factors);
  for (const [factor, values] of Object.entries(nested(set))) Object.assign(out[factor as keyof Factors], values);
  return out;
}

function quickSizes(study: Study): Study {
  const { quick } = study;
  if (quick === undefined)
    throw new OntogenyError(
      "QUICK_UNDEFINED",
      `Study ${study.study}: --quick expects a "quick" section with the smaller sizes; add one or run without --quick`,
    );
  const { observe, predict, intervene, design } = study;
  const variance =
    observe.variance && quick.varianceBases !== undefined
      ? { ...observe.variance, bases: quick.varianceBases }
      : observe.variance;
  return {
    ...study,
    observe: { ...observe, seeds: quick.observeSeeds ?? observe.seeds, variance },
    predict: predict && { ...predict, seeds: quick.predictSeeds ?? predict.seeds },
    intervene: intervene && {
      ...intervene,
      seeds: quick.interveneSeeds ?? intervene.seeds,
      pilotSeeds: quick.pilotSeeds ?? intervene.pilotSeeds,
    },
    design: design && {
      ...design,
      search: {
        ...design.search,
        candidates: quick.candidates ?? design.search.candidates,
        random: Math.min(design.search.random, quick.candidates ?? design.search.random),
        finalists: quick.finalists ?? design.search.finalists,
        replicates: quick.replicates ?? design.search.replicates,
      },
      confirm: { failures: quick.confirmFailures ?? design.confirm.failures },
    },
  };
}

type File = Pick<StudyFile, "path" | "where">;

/** A failure of a check that knows no place in the file gets one. */
function attempt<T>(file: File, place: readonly PropertyKey[], check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof OntogenyError) throw studyError(file, place, error.message);
    throw error;
  }
}

function checkMeasures(file: File, study: Study, kind: Organism): void {
  const known = kind.measures.map(({ name }) => name);
  const check = (measure: string, ...place: PropertyKey[]) => {
    if (!known.includes(measure))
      throw studyError(file, place, `unknown measure "${measure}"; ${kind.name} is observed by ${known.join(", ")}`);
  };
  study.observe.onsets.forEach(({ measure }, i) => check(measure, "observe", "onsets", i, "measure"));
  study.observe.changePoints.forEach((measure, i) => check(measure, "observe", "changePoints", i));
  if (study.observe.variance) check(study.observe.variance.measure, "observe", "variance", "measure");
  study.predict?.targets.forEach((target, i) => check(measureOf(target), "predict", "targets", i));
  if (study.intervene) check(measureOf(study.intervene.outcome), "intervene", "outcome");
  study.design?.requirements.forEach(({ measure }, i) => check(measure, "design", "requirements", i, "measure"));
}

function checkSteps(file: File, study: Study): void {
  const last = study.process.steps;
  const within = (step: number, ...place: PropertyKey[]) => {
    if (step > last) throw studyError(file, place, `expected a step of at most ${last} (process.steps), got ${step}`);
  };
  if (Array.isArray(study.observe.grid)) study.observe.grid.forEach((step, i) => within(step, "observe", "grid", i));
  const { predict, intervene, design } = study;
  predict?.cutoffs.forEach((share, i) => {
    if (i > 0 && share <= predict.cutoffs[i - 1])
      throw studyError(
        file,
        ["predict", "cutoffs", i],
        `expected cutoffs in ascending order, got ${share} after ${predict.cutoffs[i - 1]}`,
      );
  });
  if (intervene) {
    const need = intervene.seeds + intervene.pilotSeeds;
    if (need > study.observe.seeds)
      throw studyError(
        file,
        ["intervene", "seeds"],
        `expected seeds + pilotSeeds of at most observe.seeds (${study.observe.seeds}), since branches fork from the cohort's runs; got ${need}`,
      );
    intervene.window?.starts.forEach((start, i) =>
      within(start + (intervene.window?.length ?? 0), "intervene", "window", "starts", i),
    );
    if (intervene.dose) within(intervene.dose.from + 1, "intervene", "dose", "from");
    within(intervene.nulls.from + 1, "intervene", "nulls", "from");
  }
  design?.requirements.forEach((requirement, i) => {
    if (requirement.step !== undefined) within(requirement.step, "design", "requirements", i, "step");
    if (requirement.min === undefined && requirement.max === undefined)
      throw studyError(file, ["design", "requirements", i], "expected a bound: min, max, or both");
  });
  if (study.observe.variance && study.observe.variance.bases > study.observe.seeds)
    throw studyError(
      file,
      ["observe", "variance", "bases"],
      `expected at most observe.seeds (${study.observe.seeds}), got ${study.observe.variance.bases}`,
    );
  if (design && design.search.random > design.search.candidates)
    throw studyError(
      file,
      ["design", "search", "random"],
      `expected at most design.search.candidates (${design.search.candidates}), got ${design.search.random}`,
    );
}

function checkSettings(file: File, study: Study, kind: Organism, factors: Factors): void {
  const check = (set: Readonly<Record<string, Json>>, place: readonly PropertyKey[]) =>
    attempt(file, place, () => kind.parseFactors(merged(factors, set), place.map(String).join(".")));
  const { intervene, design } = study;
  if (intervene?.window) check(intervene.window.set, ["intervene", "window", "set"]);
  const { dose } = intervene ?? {};
  if (dose)
    for (const [i, value] of dose.values.entries()) check({ [dose.path]: value }, ["intervene", "dose", "values", i]);
  if (intervene?.nulls.active) check(intervene.nulls.active, ["intervene", "nulls", "active"]);
  const perturbed = intervene?.nulls.perturb;
  if (perturbed !== undefined && !kind.seedNames.includes(perturbed))
    throw studyError(
      file,
      ["intervene", "nulls", "perturb"],
      `expected one of ${kind.seedNames.join(", ")}, got "${perturbed}"`,
    );
  for (const [path, range] of Object.entries(design?.space ?? {})) {
    const place = ["design", "space", path];
    const values = range.kind === "choice" ? range.values : [range.low, range.high];
    if (range.kind !== "choice" && range.low >= range.high)
      throw studyError(file, place, `expected low < high, got ${range.low} and ${range.high}`);
    const [setting, suffix] = path.split("@");
    if (suffix === undefined) for (const value of values) check({ [setting]: value }, place);
    else if (design?.space[setting] === undefined)
      throw studyError(file, place, `expected "${setting}" in the space too, since ${path} says when it starts`);
    else if (values.some((value) => typeof value !== "number" || value < 0 || value >= 1))
      throw studyError(file, place, "expected shares of training, at least 0 and below 1");
  }
}
