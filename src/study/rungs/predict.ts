/**
 * @file Predict: freezes the methods on the finished cohort, pauses fresh runs at each cutoff, registers what every
 * method says of their outcomes, and only then lets them go on; scores what was said.
 *
 * The fresh seeds come from the hash of the frozen methods. Should runs of those seeds have gone past a cutoff without a
 * registration (a ledger that was removed, say), they are left alone and the next seeds of the hash are taken: nothing is
 * registered after the fact.
 */
import {
  contentId,
  type Json,
  type Outcome,
  outcomeLabel,
  RefusedError,
  runIdOf,
  type Study,
  sha256Hex,
} from "../../core/index.ts";
import type { FittedForecaster, Trajectory } from "../../science/index.ts";
import { unbroken } from "../finished.ts";
import {
  forecastersOf,
  isAtRisk,
  outcomeValue,
  scoreTarget,
  type TargetForecaster,
  trajectoryOf,
} from "../forecasting.ts";
import { runMeaning, type StudyPlan, seedsFromHash, seedVector } from "../plan.ts";
import type { PredictResults, PredictTarget } from "../results.ts";
import type { RunSpec } from "../runSpec.ts";
import type { Session } from "../session.ts";
import { maybeRun } from "../startState.ts";
import { unlessRefused } from "../unlessRefused.ts";
import { type Cohort, observedSteps } from "./observe.ts";

type Section = NonNullable<Study["predict"]>;
type Stated = PredictTarget["forecasts"][number];

interface Frozen {
  readonly target: Outcome;
  readonly cutoff: number;
  readonly forecaster: TargetForecaster;
  readonly fitted: FittedForecaster;
}

type Refusal = Record<"target" | "method" | "reason", string> & { readonly cutoff: number };

export async function predictRung(
  session: Session,
  plan: StudyPlan,
  section: Section,
  cohort: Cohort,
): Promise<PredictResults> {
  const cutoffs = section.cutoffs.map((share) => Math.round(share * plan.steps));
  const refusals: Refusal[] = [];
  const frozen = freeze(plan, section, cutoffs, cohort, refusals);
  const body = { ...(await frozenBody(session, plan, section, cutoffs, cohort, frozen)), refusals };
  const hash = contentId(body);
  const registration = session.ledger.append({ kind: "registration", key: `methods:${hash}`, body });
  const fresh = freshRuns(session, plan, section, cutoffs, hash);

  const stated: (Stated & { readonly target: Outcome })[] = [];
  for (const cutoff of cutoffs) {
    const paused = await session.train(
      `predict: to step ${cutoff}`,
      fresh.map((spec) => pausedAt(plan, spec, cutoff)),
    );
    // A run that failed before the cutoff is not there to be forecast.
    for (const one of paused.filter((run) => !run.failedBy(cutoff))) {
      const seen = one.upTo(cutoff);
      const prefix = trajectoryOf(seen);
      const forecasts = frozen
        .filter((method) => method.cutoff === cutoff && isAtRisk(seen, method.target))
        .flatMap(({ target, forecaster, fitted }) => {
          const distribution = unlessRefused(() => fitted.predict(prefix));
          return distribution === undefined ? [] : [{ target, method: forecaster.name, distribution }];
        });
      const { seq } = session.ledger.append({
        kind: "forecast",
        key: forecastKey(hash, one.run, cutoff),
        body: {
          methods: hash,
          run: one.run,
          cutoff,
          targetStep: plan.steps,
          dataHash: await session.workspace.run(one.run).dataHash(cutoff),
          runStep: cutoff,
          outcomeExists: false,
          forecasts: forecasts.map(({ target, ...rest }) => ({ target: outcomeLabel(target), ...rest })),
        },
      });
      stated.push(...forecasts.map((forecast) => ({ ...forecast, run: one.run, cutoff, seq })));
    }
  }
  const finished = await session.train("predict: to the end", fresh);
  session.ledger.append({
    kind: "outcome",
    key: `outcomes:${hash}:${contentId(finished.map(({ run }) => run))}`,
    body: {
      methods: hash,
      outcomes: finished.map((one) => ({
        run: one.run,
        values: Object.fromEntries(
          section.targets.map((target) => [outcomeLabel(target), outcomeValue(one, target, plan.steps)]),
        ),
      })),
    },
  });
  const seqs = stated.length === 0 ? [registration.seq] : stated.map(({ seq }) => seq);
  return {
    runs: finished.map(({ run }, i) => ({ run, seeds: fresh[i].meaning.seeds })),
    cutoffs,
    registered: {
      frozenSeq: registration.seq,
      firstSeq: Math.min(...seqs),
      lastSeq: Math.max(...seqs),
      count: stated.length,
    },
    targets: section.targets.map((target) =>
      scoreTarget({
        plan,
        target,
        cutoffs,
        finished,
        cohort: unbroken(cohort.trajectories),
        forecasts: stated.filter((one) => one.target === target).map(({ target: _, ...rest }) => rest),
      }),
    ),
  };
}

/**
 * Fitted on the cohort's runs that did not fail. Methods that refuse the cohort are left out, and `refusals` says so: it
 * is registered with the rest.
 */
function freeze(
  plan: StudyPlan,
  section: Section,
  cutoffs: readonly number[],
  cohort: Cohort,
  refusals: Refusal[],
): Frozen[] {
  const whole = unbroken(cohort.trajectories).map(trajectoryOf);
  return section.targets.flatMap((target) =>
    cutoffs.flatMap((cutoff) =>
      forecastersOf(plan, target).flatMap((forecaster): Frozen[] => {
        const refused = (reason: string) =>
          refusals.push({ target: outcomeLabel(target), cutoff, method: forecaster.name, reason });
        const fitted = unlessRefused(() => {
          requireCohort(whole);
          return forecaster.fit(whole, cutoff);
        }, refused);
        return fitted === undefined ? [] : [{ target, cutoff, forecaster, fitted }];
      }),
    ),
  );
}

/** Too many may have failed. */
function requireCohort(whole: readonly Trajectory[]): void {
  if (whole.length < 3) throw new RefusedError("Forecast", `${whole.length} cohort runs did not fail; 3 are needed`);
}

async function frozenBody(
  session: Session,
  plan: StudyPlan,
  section: Section,
  cutoffs: readonly number[],
  cohort: Cohort,
  frozen: readonly Frozen[],
): Promise<Record<string, Json>> {
  const runs = await Promise.all(
    unbroken(cohort.trajectories).map(async ({ run }) => ({
      run,
      dataHash: await session.workspace.run(run).dataHash(plan.steps),
    })),
  );
  const failed = cohort.trajectories.filter(({ failure }) => failure !== undefined).map(({ run }) => run);
  return {
    targets: section.targets.map(outcomeLabel),
    cutoffs: [...cutoffs],
    targetStep: plan.steps,
    cohort: runs,
    ...(failed.length === 0 ? {} : { failedInCohort: failed }),
    methods: frozen.map(({ target, cutoff, forecaster, fitted }) => ({
      target: outcomeLabel(target),
      cutoff,
      method: forecaster.name,
      fittedHash: sha256Hex(JSON.stringify(fitted.frozen)),
    })),
  };
}

function freshRuns(
  session: Session,
  plan: StudyPlan,
  section: Section,
  cutoffs: readonly number[],
  hash: string,
): RunSpec[] {
  for (let generation = 0; ; generation++) {
    const seeds = seedsFromHash(generation === 0 ? hash : `${hash}/${generation}`, section.seeds);
    const specs = seeds.map(
      (seed, i): RunSpec => ({
        role: "forecast",
        label: `fresh run ${i + 1} of ${seeds.length}`,
        meaning: runMeaning(plan, seedVector(plan, seed)),
        until: plan.steps,
        measureAt: observedSteps(plan),
        fullAt: [plan.steps],
        checkpointAt: [...cutoffs],
        complete: true,
      }),
    );
    if (specs.every((spec) => isUnspoilt(session, spec, cutoffs, hash))) return specs;
  }
}

/** False when the run has gone past a cutoff at which nothing was registered. */
function isUnspoilt(session: Session, { meaning }: RunSpec, cutoffs: readonly number[], hash: string): boolean {
  const run = runIdOf(meaning);
  const step = maybeRun(session.workspace, run)?.manifest().step ?? 0;
  return cutoffs.every(
    (cutoff) => step <= cutoff || session.ledger.bodyOf(forecastKey(hash, run, cutoff)) !== undefined,
  );
}

function forecastKey(hash: string, run: string, cutoff: number): string {
  return `forecast:${hash}:${run}:${cutoff}`;
}

function pausedAt(plan: StudyPlan, spec: RunSpec, cutoff: number): RunSpec {
  return {
    ...spec,
    until: cutoff,
    measureAt: observedSteps(plan).filter((step) => step <= cutoff),
    fullAt: [],
    checkpointAt: spec.checkpointAt.filter((step) => step <= cutoff),
    complete: false,
  };
}
