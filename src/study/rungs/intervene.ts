/**
 * @file Intervene: tries every arm on pilot seeds, registers what that says of the effects on the other seeds, runs those
 * arms on branches beside their controls, and measures what each intervention caused, with its nulls.
 */
import { contentId, type Distribution, OntogenyError, outcomeLabel, runIdOf, type Study } from "../../core/index.ts";
import {
  type EffectForecastTask,
  effectForecasters,
  jointEffects,
  meanEstimate,
  pairedEffect,
  sdEstimate,
} from "../../science/index.ts";
import { type EffectScoreInput, scoreEffectForecasts } from "../forecasting.ts";
import type { StudyPlan } from "../plan.ts";
import type { ArmPair, Contrast, ContrastFamily, InterveneResults } from "../results.ts";
import type { Session } from "../session.ts";
import { maybeRun } from "../startState.ts";
import { type Arm, type ArmOptions, armOf, pairOf, type Treatment } from "./arms.ts";
import { familySummaries } from "./familySummaries.ts";
import type { Cohort } from "./observe.ts";

type Section = NonNullable<Study["intervene"]>;

interface Family {
  readonly kind: ContrastFamily["kind"];
  readonly title: string;
  readonly xLabel: string;
  readonly scale: "linear" | "log";
  readonly windowSteps?: number;
  readonly controlDose?: number;
  readonly treatments: readonly Treatment[];
}

interface RegisteredForecasts {
  readonly seq: number;
  /** False when arms already existed before anything was registered: shown, but as retrospective. */
  readonly registered: boolean;
  /** treatment name → method → distribution of the mean effect over the main seeds. */
  readonly forecasts: ReadonlyMap<string, ReadonlyMap<string, Distribution>>;
}

export async function interveneRung(
  session: Session,
  plan: StudyPlan,
  section: Section,
  cohort: Cohort,
): Promise<InterveneResults> {
  const families = familiesOf(plan, section);
  const mainSeeds = range(0, section.seeds);
  const pilotSeeds = range(section.seeds, section.seeds + section.pilotSeeds);
  const base = { plan, cohort, outcome: section.outcome };
  const stated = new Map<Family, RegisteredForecasts>();
  for (const family of families)
    stated.set(family, await registerFamily(session, { ...base, role: "pilot" }, family, mainSeeds, pilotSeeds));

  const measured: { family: Family; pairs: ArmPair[][] }[] = [];
  for (const family of families)
    measured.push({
      family,
      pairs: await runArms(
        session,
        `intervene: ${family.kind}`,
        { ...base, role: family.kind },
        family.treatments,
        mainSeeds,
      ),
    });
  const joint = jointEffects(
    measured.flatMap(({ family, pairs }) =>
      pairs.map((arms, i) => ({ name: family.treatments[i].name, differences: arms.map(difference) })),
    ),
  );
  const contrasts = new Map(joint.map((effect) => [effect.name, effect]));
  const results = measured.map(({ family, pairs }): ContrastFamily => {
    const { seq, forecasts } = stated.get(family)!;
    const rows = family.treatments.map((treatment, i): Contrast => {
      const { effect, adjustedP } = contrasts.get(treatment.name)!;
      return {
        name: treatment.name,
        x: treatment.x,
        pairs: pairs[i],
        effect,
        adjustedP,
        correlation: pairedEffect(sides(pairs[i])).correlation,
        forecasts: [...forecasts.get(treatment.name)!].map(([method, distribution]) => ({ method, distribution, seq })),
      };
    });
    return {
      kind: family.kind,
      title: family.title,
      xLabel: family.xLabel,
      windowSteps: family.windowSteps,
      contrasts: rows,
      ...familySummaries(family.kind, rows, family.controlDose),
    };
  });
  const registered = families.filter((family) => stated.get(family)!.registered);
  const scores = registered.flatMap((family): EffectScoreInput[] => {
    const { forecasts } = stated.get(family)!;
    return family.treatments.map(({ name }) => ({
      forecasts: forecasts.get(name)!,
      effect: contrasts.get(name)!.mean,
    }));
  });
  const summary = {
    outcome: section.outcome,
    label: outcomeLabel(section.outcome),
    step: plan.steps,
    seeds: section.seeds,
    pilotSeeds: section.pilotSeeds,
    families: results,
    nulls: await nullsOf(session, base, section, mainSeeds),
    forecastMethods: effectForecasters.map(({ name, role, description }) => ({ name, role, description })),
    forecastScores: scoreEffectForecasts(scores),
  };
  session.ledger.append({
    kind: "effect",
    key: `effects:${contentId(results.map(({ contrasts: rows }) => rows.map(({ pairs }) => pairs.map(({ treatedRun }) => treatedRun))))}:${contentId(summary.label)}`,
    body: results.flatMap(({ kind, contrasts: rows }) =>
      rows.map(({ name, effect, adjustedP }) => ({ kind, name, effect, adjustedP: adjustedP ?? null })),
    ),
  });
  return summary;
}

function familiesOf(plan: StudyPlan, { window, dose }: Section): Family[] {
  const families: Family[] = [];
  if (window !== undefined)
    families.push({
      kind: "window",
      title: window.title,
      xLabel: "step at which the window opens",
      scale: "linear",
      windowSteps: window.length,
      treatments: window.starts.map((start) => ({
        name: `window ${start}–${start + window.length}`,
        x: start,
        forkStep: start,
        changes: [{ from: start, until: start + window.length, set: window.set }],
      })),
    });
  if (dose !== undefined)
    families.push({
      kind: "dose",
      title: dose.title,
      xLabel: `${dose.path}, from step ${dose.from} on`,
      scale: dose.values.every((value) => value > 0) ? "log" : "linear",
      controlDose: maybeSetting(plan, dose.path),
      treatments: dose.values.map((value) => ({
        name: `${shortPath(dose.path)} = ${value}`,
        x: value,
        forkStep: dose.from,
        changes: [{ from: dose.from, set: { [dose.path]: value } }],
      })),
    });
  return families;
}

/** Pilot arms first, then the forecasts of the effects on the main seeds, whose arms do not exist yet. */
async function registerFamily(
  session: Session,
  options: ArmOptions,
  family: Family,
  mainSeeds: readonly number[],
  pilotSeeds: readonly number[],
): Promise<RegisteredForecasts> {
  const pilots = await runArms(session, `intervene: ${family.kind}, pilot`, options, family.treatments, pilotSeeds);
  const task: EffectForecastTask = {
    scale: family.scale,
    mainSeeds: mainSeeds.length,
    arms: family.treatments.map(({ name, x }, i) => ({ name, x, differences: pilots[i].map(difference) })),
  };
  const forecasts = new Map(family.treatments.map(({ name }) => [name, new Map<string, Distribution>()]));
  for (const { name: method, forecast } of effectForecasters)
    for (const { name, distribution } of forecast(task)) forecasts.get(name)!.set(method, distribution);
  const arms = family.treatments.flatMap((treatment) =>
    mainSeeds.map((seed) => runIdOf(armOf(options, treatment, seed).spec.meaning)),
  );
  const body = {
    outcome: outcomeLabel(options.outcome),
    family: family.kind,
    pilot: pilots.map((pairs) => pairs.map(({ treatedRun, controlRun }) => ({ treatedRun, controlRun }))),
    arms,
    forecasts: Object.fromEntries([...forecasts].map(([name, methods]) => [name, Object.fromEntries(methods)])),
  };
  const key = `effect-forecast:${contentId(body)}`;
  const known = session.ledger.find({ key })[0];
  if (known !== undefined) return { seq: known.seq, registered: isRegistration(known.body), forecasts };
  const armsExist = arms.some((run) => (maybeRun(session.workspace, run)?.manifest().step ?? 0) > 0);
  const { seq } = session.ledger.append({ kind: "forecast", key, body: { ...body, outcomeExists: armsExist } });
  return { seq, registered: !armsExist, forecasts };
}

function isRegistration(body: unknown): boolean {
  return (body as { outcomeExists: boolean }).outcomeExists === false;
}

/** Pairs by treatment, then by seed. */
async function runArms(
  session: Session,
  phase: string,
  options: ArmOptions,
  treatments: readonly Treatment[],
  seeds: readonly number[],
): Promise<ArmPair[][]> {
  const arms: Arm[] = treatments.flatMap((treatment) => seeds.map((seed) => armOf(options, treatment, seed)));
  const trained = await session.train(
    phase,
    arms.map(({ spec }) => spec),
  );
  const pairs = arms.map((arm, i) => pairOf(options, arm, trained[i]));
  requireOneNumerics(session, pairs);
  return treatments.map((_, i) => pairs.slice(i * seeds.length, (i + 1) * seeds.length));
}

/** Arms of one contrast share their numerics, or their difference could be the machine's. */
function requireOneNumerics(session: Session, pairs: readonly ArmPair[]): void {
  const keyOf = (run: string) => session.workspace.run(run).manifest().numericsKey;
  for (const { treatedRun, controlRun } of pairs)
    if (keyOf(treatedRun) !== keyOf(controlRun))
      throw new OntogenyError(
        "NUMERICS_DIFFER",
        `Contrast of runs ${treatedRun} and ${controlRun}: expected one numerics key, got ${keyOf(treatedRun)} and ${keyOf(controlRun)}; run the study in a new workspace (--home)`,
      );
}

async function nullsOf(
  session: Session,
  base: Omit<ArmOptions, "role">,
  section: Section,
  mainSeeds: readonly number[],
): Promise<InterveneResults["nulls"]> {
  const { nulls } = section;
  const { plan, cohort } = base;
  const options: ArmOptions = { ...base, role: "null" };
  const exact = await exactPlacebo(session, options, nulls.from, mainSeeds.slice(0, nulls.exactSeeds));
  const active = nulls.active && {
    name: `active placebo: ${Object.entries(nulls.active)
      .map(([path, value]) => `${shortPath(path)} = ${JSON.stringify(value)}`)
      .join(", ")}`,
    x: nulls.from,
    forkStep: nulls.from,
    changes: [{ from: nulls.from, set: nulls.active }],
  };
  const perturbed =
    nulls.perturb === undefined
      ? undefined
      : {
          name: `perturbed null: ${nulls.perturb} re-keyed`,
          x: nulls.from,
          forkStep: nulls.from,
          perturb: nulls.perturb,
        };
  const activePairs = active && (await runArms(session, "intervene: active placebo", options, [active], mainSeeds))[0];
  let perturbedPairs: ArmPair[] | undefined;
  if (perturbed !== undefined) {
    const arms = mainSeeds.map((seed) => {
      const rekeyed = REKEY + cohort.meanings[seed].seeds[perturbed.perturb];
      const changes = [{ from: nulls.from, set: { [`seeds.${perturbed.perturb}`]: rekeyed } }];
      return armOf(options, { ...perturbed, changes }, seed);
    });
    const trained = await session.train(
      "intervene: perturbed null",
      arms.map(({ spec }) => spec),
    );
    perturbedPairs = arms.map((arm, i) => pairOf({ ...options, plan }, arm, trained[i]));
    requireOneNumerics(session, perturbedPairs);
  }
  return {
    exact,
    active: active &&
      activePairs && {
        name: active.name,
        x: active.x,
        pairs: activePairs,
        effect: pairedEffect(sides(activePairs)).effect,
        correlation: pairedEffect(sides(activePairs)).correlation,
        forecasts: [],
      },
    perturbed: perturbedPairs && {
      effect: meanEstimate(perturbedPairs.map(difference)),
      noiseSd: sdEstimate(perturbedPairs.map(difference)),
      pairs: perturbedPairs,
    },
  };
}

const REKEY = 2_000_000;

/** Branches that set a factor to the value that it has: their last state must equal their parent's bit for bit. */
async function exactPlacebo(
  session: Session,
  options: ArmOptions,
  forkStep: number,
  seeds: readonly number[],
): Promise<InterveneResults["nulls"]["exact"]> {
  const { plan, cohort } = options;
  const [path, value] = unchangedSetting(plan);
  const arms = seeds.map((seed) => {
    const arm = armOf(
      options,
      { name: "exact placebo", x: forkStep, forkStep, changes: [{ from: forkStep, set: { [path]: value } }] },
      seed,
    );
    return { ...arm, spec: { ...arm.spec, checkpointAt: [plan.steps] } };
  });
  const trained = await session.train(
    "intervene: exact placebo",
    arms.map(({ spec }) => spec),
  );
  const hashOf = (run: string) =>
    session.workspace
      .run(run)
      .checkpoints()
      .find(({ step }) => step === plan.steps)?.meta.stateHash;
  const identical = trained.filter(({ run }, i) => {
    const placebo = hashOf(run);
    return placebo !== undefined && placebo === hashOf(cohort.trajectories[arms[i].parent].run);
  });
  return { compared: trained.length, identical: identical.length, runs: trained.map(({ run }) => run) };
}

/** "objective.conflictWeight" → "conflictWeight": the factor stands in the axis label. */
function shortPath(path: string): string {
  return path.slice(path.indexOf(".") + 1);
}

function maybeSetting({ factors }: StudyPlan, path: string): number | undefined {
  const [factor, key] = path.split(".");
  const value = factors[factor as keyof StudyPlan["factors"]][key];
  return typeof value === "number" ? value : undefined;
}

function unchangedSetting({ factors }: StudyPlan): [string, number] {
  return ["optimizer.learningRate", factors.optimizer.learningRate as number];
}

function difference({ treated, control }: ArmPair): number {
  return treated - control;
}

function sides(pairs: readonly ArmPair[]): { treated: number[]; control: number[] } {
  return { treated: pairs.map(({ treated }) => treated), control: pairs.map(({ control }) => control) };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
