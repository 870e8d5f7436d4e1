/**
 * @file Intervene: tries every arm on pilot seeds, registers what that says of the effects on the other seeds, runs those
 * arms on branches beside their controls, and measures what each intervention caused, with its nulls.
 */
import { contentId, type Distribution, outcomeLabel, runIdOf, type Study } from "../../core/index.ts";
import { type EffectForecastTask, effectForecasters } from "../../science/index.ts";
import { type EffectScoreInput, scoreEffectForecasts } from "../forecasting.ts";
import type { StudyPlan } from "../plan.ts";
import type { ArmPair, Contrast, ContrastFamily, InterveneResults } from "../results.ts";
import type { RunSpec } from "../runSpec.ts";
import type { Session } from "../session.ts";
import { maybeRun } from "../startState.ts";
import { type ArmOptions, armOf, difference, isWhole, runArms, type Treatment } from "./arms.ts";
import { jointContrasts } from "./contrasts.ts";
import { type Family, familiesOf } from "./families.ts";
import { familySummaries } from "./familySummaries.ts";
import { nullArms, nullsOf } from "./nulls.ts";
import { type Cohort, cohortSpecs } from "./observe.ts";

type Section = NonNullable<Study["intervene"]>;

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
  const { mainSeeds, pilotSeeds } = seedsOf(section);
  const base = { plan, cohort, outcome: section.outcome };
  const stated = new Map<Family, RegisteredForecasts>();
  for (const family of families)
    stated.set(family, await registerFamily(session, { ...base, role: "pilot" }, family, mainSeeds, pilotSeeds));

  const measured: { family: Family; pairs: ArmPair[][] }[] = [];
  for (const family of families) {
    const phase = `intervene: ${family.kind}`;
    const pairs = await runFamily(session, phase, { ...base, role: family.kind }, family.treatments, mainSeeds);
    measured.push({ family, pairs });
  }
  const contrasts = jointContrasts(
    measured.flatMap(({ family, pairs }) => pairs.map((arms, i) => ({ name: family.treatments[i].name, pairs: arms }))),
  );
  const results = measured.map(({ family, pairs }): ContrastFamily => {
    const { seq, forecasts } = stated.get(family)!;
    const rows = family.treatments.map((treatment, i): Contrast => {
      const { effect, adjustedP, correlation } = contrasts.get(treatment.name)!;
      return {
        name: treatment.name,
        x: treatment.x,
        pairs: pairs[i],
        effect,
        adjustedP,
        correlation,
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
    return family.treatments
      .map(({ name }) => ({ forecasts: forecasts.get(name)!, effect: contrasts.get(name)!.mean }))
      .filter((one) => one.forecasts.size > 0 && Number.isFinite(one.effect));
  });
  const summary = {
    outcome: section.outcome,
    label: outcomeLabel(section.outcome),
    step: plan.steps,
    seeds: section.seeds,
    pilotSeeds: section.pilotSeeds,
    families: results,
    nulls: await nullsOf(session, base, nullArms(base, section, mainSeeds)),
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

/** Every arm that the section will ask for, before any of its parents is trained. */
export function interveneSpecs(plan: StudyPlan, section: Section): RunSpec[] {
  const meanings = cohortSpecs(plan).map(({ meaning }) => meaning);
  const { mainSeeds, pilotSeeds } = seedsOf(section);
  const source = { plan, cohort: { meanings }, outcome: section.outcome };
  const { exact, active, perturbed = [] } = nullArms(source, section, mainSeeds);
  const treatments = familiesOf(plan, section).flatMap((family) => family.treatments);
  const arms = treatments.flatMap((treatment) => [
    ...mainSeeds.map((seed) => armOf({ ...source, role: "dose" }, treatment, seed)),
    ...pilotSeeds.map((seed) => armOf({ ...source, role: "pilot" }, treatment, seed)),
  ]);
  return [...arms, ...exact, ...(active?.arms ?? []), ...perturbed].map(({ spec }) => spec);
}

function seedsOf({ seeds, pilotSeeds }: Section): { mainSeeds: number[]; pilotSeeds: number[] } {
  return { mainSeeds: range(0, seeds), pilotSeeds: range(seeds, seeds + pilotSeeds) };
}

/** Pilot arms first, then the forecasts of the effects on the main seeds, whose arms do not exist yet. */
async function registerFamily(
  session: Session,
  options: ArmOptions,
  family: Family,
  mainSeeds: readonly number[],
  pilotSeeds: readonly number[],
): Promise<RegisteredForecasts> {
  const phase = `intervene: ${family.kind}, pilot`;
  const pilots = await runFamily(session, phase, options, family.treatments, pilotSeeds);
  const forecasts = forecastsOf(family, pilots, mainSeeds.length);
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

/** treatment → method → distribution. A treatment whose pilot has no effect, because a run failed, is not forecast. */
function forecastsOf(
  { scale, treatments }: Family,
  pilots: readonly (readonly ArmPair[])[],
  mainSeeds: number,
): Map<string, Map<string, Distribution>> {
  const forecasts = new Map(treatments.map(({ name }) => [name, new Map<string, Distribution>()]));
  const arms = treatments.flatMap(({ name, x }, i) =>
    isWhole(pilots[i]) ? [{ name, x, differences: pilots[i].map(difference) }] : [],
  );
  if (arms.length < 2) return forecasts; // the noise is pooled over arms
  const task: EffectForecastTask = { scale, mainSeeds, arms };
  for (const { name: method, forecast } of effectForecasters)
    for (const { name, distribution } of forecast(task)) forecasts.get(name)!.set(method, distribution);
  return forecasts;
}

/** Pairs by treatment, then by seed. */
async function runFamily(
  session: Session,
  phase: string,
  options: ArmOptions,
  treatments: readonly Treatment[],
  seeds: readonly number[],
): Promise<ArmPair[][]> {
  const arms = treatments.flatMap((treatment) => seeds.map((seed) => armOf(options, treatment, seed)));
  const pairs = await runArms(session, phase, options, arms);
  return treatments.map((_, i) => pairs.slice(i * seeds.length, (i + 1) * seeds.length));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
