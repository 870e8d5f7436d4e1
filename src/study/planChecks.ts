/**
 * @file What the schema of a study file cannot know: whether names, steps, sizes and settings fit the organism and each
 * other. The first misfit is an error with its line; nothing is run.
 */
import { type Factors, OntogenyError, type Study } from "../core/index.ts";
import type { Organism } from "../lab/index.ts";
import { measureOf } from "./outcomes.ts";
import { merged, type Settings } from "./settings.ts";
import { type StudyFile, studyError } from "./studyFile.ts";

type File = Pick<StudyFile, "path" | "where">;

export interface StudyChecks {
  readonly file: File;
  readonly study: Study;
  readonly organism: Organism;
  readonly factors: Factors;
}

/** Throws STUDY_INVALID at the first place that cannot be run. */
export function checkStudy(checks: StudyChecks): void {
  checkMeasures(checks);
  checkSteps(checks);
  checkSettings(checks);
}

/** A failure of a check that knows no place in the file gets one. */
export function atPlace<T>(file: File, place: readonly PropertyKey[], check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof OntogenyError) throw studyError(file, place, error.message);
    throw error;
  }
}

function checkMeasures({ file, study, organism }: StudyChecks): void {
  const known = organism.measures.map(({ name }) => name);
  const check = (measure: string, ...place: PropertyKey[]) => {
    if (!known.includes(measure))
      throw studyError(
        file,
        place,
        `unknown measure "${measure}"; ${organism.name} is observed by ${known.join(", ")}`,
      );
  };
  for (const [i, { measure }] of study.observe.onsets.entries()) check(measure, "observe", "onsets", i, "measure");
  for (const [i, measure] of study.observe.changePoints.entries()) check(measure, "observe", "changePoints", i);
  if (study.observe.variance) check(study.observe.variance.measure, "observe", "variance", "measure");
  for (const [i, target] of (study.predict?.targets ?? []).entries()) check(measureOf(target), "predict", "targets", i);
  if (study.intervene) check(measureOf(study.intervene.outcome), "intervene", "outcome");
  for (const [i, { measure }] of (study.design?.requirements ?? []).entries())
    check(measure, "design", "requirements", i, "measure");
}

function checkSteps({ file, study }: StudyChecks): void {
  const last = study.process.steps;
  const within = (step: number, ...place: PropertyKey[]) => {
    if (step > last) throw studyError(file, place, `expected a step of at most ${last} (process.steps), got ${step}`);
  };
  if (Array.isArray(study.observe.grid))
    for (const [i, step] of study.observe.grid.entries()) within(step, "observe", "grid", i);
  const { predict, intervene, design } = study;
  for (const [i, share] of (predict?.cutoffs ?? []).entries()) {
    if (predict && i > 0 && share <= predict.cutoffs[i - 1])
      throw studyError(
        file,
        ["predict", "cutoffs", i],
        `expected cutoffs in ascending order, got ${share} after ${predict.cutoffs[i - 1]}`,
      );
  }
  if (intervene) {
    const need = intervene.seeds + intervene.pilotSeeds;
    if (need > study.observe.seeds)
      throw studyError(
        file,
        ["intervene", "seeds"],
        `expected seeds + pilotSeeds of at most observe.seeds (${study.observe.seeds}), since branches fork from the cohort's runs; got ${need}`,
      );
    for (const [i, start] of (intervene.window?.starts ?? []).entries())
      within(start + (intervene.window?.length ?? 0), "intervene", "window", "starts", i);
    if (intervene.dose) within(intervene.dose.from + 1, "intervene", "dose", "from");
    within(intervene.nulls.from + 1, "intervene", "nulls", "from");
  }
  for (const [i, requirement] of (design?.requirements ?? []).entries()) {
    if (requirement.step !== undefined) within(requirement.step, "design", "requirements", i, "step");
    if (requirement.min === undefined && requirement.max === undefined)
      throw studyError(file, ["design", "requirements", i], "expected a bound: min, max, or both");
  }
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

function checkSettings({ file, study, organism, factors }: StudyChecks): void {
  const check = (set: Settings, place: readonly PropertyKey[]) =>
    atPlace(file, place, () => organism.parseFactors(merged(factors, set), place.map(String).join(".")));
  for (const [i, change] of study.process.changes.entries())
    atPlace(file, ["process", "changes", i], () => organism.validateChange(change, factors));
  const { intervene, design } = study;
  if (intervene?.window) check(intervene.window.set, ["intervene", "window", "set"]);
  const { dose } = intervene ?? {};
  if (dose)
    for (const [i, value] of dose.values.entries()) check({ [dose.path]: value }, ["intervene", "dose", "values", i]);
  if (intervene?.nulls.active) check(intervene.nulls.active, ["intervene", "nulls", "active"]);
  const perturbed = intervene?.nulls.perturb;
  if (perturbed !== undefined && !organism.seedNames.includes(perturbed))
    throw studyError(
      file,
      ["intervene", "nulls", "perturb"],
      `expected one of ${organism.seedNames.join(", ")}, got "${perturbed}"`,
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
