/**
 * @file Design: searches the space for a procedure that meets the requirements, stopping hopeless candidates by early
 * forecasts, chooses among finalists on further seeds, freezes the choice, and confirms it on seeds from its hash.
 *
 * The order of candidates does not depend on how many workers there are: they are proposed and stopped in rounds.
 */
import { contentId, type Json, type Requirement, Rng, runIdOf, type Seeds, type Study } from "../../core/index.ts";
import {
  candidateFeatures,
  clopperPearsonLower,
  confirmationPower,
  confirmationSize,
  fitEarlyStop,
  fitSurrogate,
  meanEstimate,
  meetsBounds,
  pooledSpread,
  proposeCandidate,
  randomSearchCost,
  sampleCandidate,
  scoreReplicates,
} from "../../science/index.ts";
import type { RunTrajectory } from "../outcomes.ts";
import { runMeaning, type StudyPlan, seedsFromHash, seedVector } from "../plan.ts";
import { procedure, procedureText } from "../procedure.ts";
import type { CandidateRow, DesignResults } from "../results.ts";
import type { RunSpec } from "../runSpec.ts";
import { ownSteps, type Session } from "../session.ts";

type Section = NonNullable<Study["design"]>;
type Setting = Record<string, Json>;

/** Candidates are proposed this many at a time, from what was known before the round. */
const ROUND = 4;
/** A candidate goes on while the chance that it ends within the requirements is at least this. */
const HOPELESS_BELOW = 0.05;
/** Seeds of the search, apart from those of the cohort and its variants. */
const SEARCH_SEED = 3_000_000;

interface Tried {
  readonly row: CandidateRow;
  readonly features: number[];
  /** Requirement measures at each look; NaN where the candidate did not get there. */
  readonly looks: number[][];
  /** Requirement measures at their own steps; absent when it was stopped before. */
  readonly values?: number[];
  /** Those values, or for a stopped candidate where its early forecast put them: what the surrogate learns from. */
  readonly expected: number[];
}

export async function designRung(session: Session, plan: StudyPlan, section: Section): Promise<DesignResults> {
  const tried = await search(session, plan, section);
  const finished = tried.filter((one) => one.values !== undefined);
  const finalists = rankedFinalists(section, finished);
  const replicated = await replicate(session, plan, section, finalists);
  const winner = chooseFinalist(section, finalists, replicated);
  const rows = [...tried.map(({ row }) => row), ...replicated.flatMap((one) => one.rows)];
  const searchSteps = rows.reduce((sum, { steps }) => sum + steps, 0);
  const random = tried.filter(({ row }) => row.origin === "random");
  const passed = random.filter(({ row }) => row.pass).length;
  const base = {
    goal: section.goal,
    requirements: section.requirements,
    reliability: section.reliability,
    level: section.level,
    space: section.space,
    candidates: rows,
    best: winner.best,
  };
  const cost = {
    searchSteps,
    confirmSteps: 0,
    random: {
      passed,
      n: random.length,
      // Random search would run every candidate to the end.
      stepsToFirst: randomSearchCost({ passed, n: random.length, meanSteps: plan.steps, level: section.level }),
    },
  };
  if (!winner.meets) return { ...base, cost };
  const confirmed = await confirm(session, plan, section, winner.best.set);
  return {
    ...base,
    chosen: {
      set: winner.best.set,
      hash: confirmed.hash,
      why: winner.why,
      procedure: procedureText(plan, winner.best.set),
    },
    plan: confirmed.plan,
    confirmation: confirmed.confirmation,
    cost: { ...cost, confirmSteps: confirmed.steps },
  };
}

async function search(session: Session, plan: StudyPlan, section: Section): Promise<Tried[]> {
  const { random, candidates, finalists, enough = finalists } = section.search;
  const rng = Rng.of("design", plan.study.study, contentId({ ...section, confirm: 0, search: 0 }));
  const tried: Tried[] = [];
  const found = () => tried.filter(({ row }) => row.origin === "surrogate" && row.pass).length;
  while (tried.length < candidates && found() < enough) {
    const size = Math.min(ROUND, (tried.length < random ? random : candidates) - tried.length);
    const round = proposeRound(section, tried, size, rng);
    tried.push(...(await tryRound(session, plan, section, tried, round)));
  }
  return tried;
}

interface Proposal {
  readonly index: number;
  readonly origin: "random" | "surrogate";
  readonly set: Setting;
  readonly expectedPass?: number;
}

function proposeRound(section: Section, tried: readonly Tried[], size: number, rng: Rng): Proposal[] {
  const first = tried.length;
  if (first < section.search.random)
    return Array.from({ length: size }, (_, i) => ({
      index: first + i,
      origin: "random" as const,
      set: sampleCandidate(section.space, rng),
    }));
  const features = tried.map((one) => one.features);
  const outcomes = tried.map(({ expected }) => expected);
  return Array.from({ length: size }, (_, i) => {
    const surrogate = fitSurrogate({ features, outcomes, bounds: section.requirements });
    const { set, meetsAll } = proposeCandidate({ space: section.space, surrogate, rng, taken: features });
    // The rest of the round takes this one as if it had ended where it is expected to ("kriging believer").
    features.push(candidateFeatures(section.space, set));
    outcomes.push(surrogate.predict(features.at(-1)!).mean);
    return { index: first + i, origin: "surrogate" as const, set, expectedPass: meetsAll };
  });
}

async function tryRound(
  session: Session,
  plan: StudyPlan,
  section: Section,
  before: readonly Tried[],
  round: readonly Proposal[],
): Promise<Tried[]> {
  const looks = section.search.looks.map((share) => Math.round(share * plan.steps));
  const specs = round.map(({ index, set }) =>
    candidateSpec(plan, section, {
      role: "candidate",
      label: `candidate ${index + 1}`,
      set,
      seed: SEARCH_SEED + index,
      looks,
    }),
  );
  const features = round.map(({ set }) => candidateFeatures(section.space, set));
  const seen: number[][][] = round.map(() => []);
  const stopped = new Map<number, { step: number; chance: number; expected: number[] }>();
  const going = () => round.map((_, i) => i).filter((i) => !stopped.has(i));
  for (const [k, step] of looks.entries()) {
    const paused = await session.train(
      "design: search",
      going().map((i) => pausedAt(specs[i], step)),
    );
    const rule = earlyStopAt(section, before, k);
    for (const [j, i] of going().entries()) {
      const values = section.requirements.map(({ measure }) => paused[j].value(measure, step));
      seen[i].push(values);
      if (rule === undefined) continue;
      const point = { early: values, features: features[i] };
      const chance = rule.meetsAll(point);
      if (chance < HOPELESS_BELOW) stopped.set(i, { step, chance, expected: rule.predict(point) });
    }
  }
  const left = going();
  const finished = await session.train(
    "design: search",
    left.map((i) => specs[i]),
  );
  return round.map((proposal, i): Tried => {
    const halt = stopped.get(i);
    const values =
      halt === undefined ? requiredValues(plan, section.requirements, finished[left.indexOf(i)]) : undefined;
    return {
      features: features[i],
      looks: seen[i],
      values,
      expected: values ?? halt!.expected,
      row: {
        ...proposal,
        run: runIdOf(specs[i].meaning),
        seeds: specs[i].meaning.seeds,
        steps: halt?.step ?? ownSteps(specs[i]),
        stoppedAt: halt?.step,
        reason:
          halt === undefined
            ? "ran to the end"
            : `stopped: at step ${halt.step} its chance of meeting every requirement was forecast as ${(100 * halt.chance).toFixed(1)}%`,
        values: values ?? section.requirements.map(() => null),
        pass: values !== undefined && meetsBounds(values, section.requirements),
      },
    };
  });
}

/** The rule that says at a look which candidates are hopeless, learnt from those that ran to the end. */
function earlyStopAt(section: Section, before: readonly Tried[], look: number) {
  const finished = before.filter(({ values, looks }) => values !== undefined && looks[look] !== undefined);
  return fitEarlyStop({
    early: finished.map(({ looks }) => looks[look]),
    features: finished.map(({ features }) => features),
    final: finished.map(({ values }) => values!),
    bounds: section.requirements,
  });
}

/** Finished candidates by the surrogate's chance of meeting all requirements at their own place: less luck than one run. */
function rankedFinalists({ search, requirements }: Section, finished: readonly Tried[]): Tried[] {
  const surrogate = fitSurrogate({
    features: finished.map(({ features }) => features),
    outcomes: finished.map(({ values }) => values!),
    bounds: requirements,
  });
  const chance = new Map(finished.map((one) => [one, surrogate.predict(one.features).meetsAll]));
  return [...finished]
    .sort((a, b) => Number(b.row.pass) - Number(a.row.pass) || chance.get(b)! - chance.get(a)!)
    .slice(0, search.finalists);
}

interface Replicated {
  readonly outcomes: number[][];
  readonly rows: CandidateRow[];
}

async function replicate(
  session: Session,
  plan: StudyPlan,
  section: Section,
  finalists: readonly Tried[],
): Promise<Replicated[]> {
  const { replicates } = section.search;
  const specs = finalists.map(({ row }) =>
    Array.from({ length: replicates }, (_, i) =>
      candidateSpec(plan, section, {
        role: "replicate",
        label: `candidate ${row.index + 1}, further seed ${i + 1}`,
        set: row.set,
        seed: SEARCH_SEED + 1000 * (row.index + 1) + i,
        looks: [],
      }),
    ),
  );
  const trained = await session.train("design: finalists", specs.flat());
  return finalists.map(({ row }, f) => {
    const runs = trained.slice(f * replicates, (f + 1) * replicates);
    const outcomes = runs.map((run) => requiredValues(plan, section.requirements, run));
    return {
      outcomes,
      rows: runs.map(
        ({ run }, i): CandidateRow => ({
          index: row.index,
          origin: "replicate",
          set: row.set,
          run,
          seeds: specs[f][i].meaning.seeds,
          steps: plan.steps,
          reason: "a finalist on a further seed",
          values: outcomes[i],
          pass: meetsBounds(outcomes[i], section.requirements),
        }),
      ),
    };
  });
}

function chooseFinalist(
  section: Section,
  finalists: readonly Tried[],
  replicated: readonly Replicated[],
): { best: DesignResults["best"]; meets: boolean; why: string } {
  // The run that made a candidate a finalist is left out: it was picked for being good.
  const spread = pooledSpread(
    replicated.map(({ outcomes }) => outcomes),
    section.requirements,
  );
  const scored = finalists.map((one, i) => ({
    one,
    ...scoreReplicates({ outcomes: replicated[i].outcomes, bounds: section.requirements, spread }),
    outcomes: replicated[i].outcomes,
  }));
  const [top] = scored.sort((a, b) => b.passes - a.passes || b.marginLow - a.marginLow);
  const means = section.requirements.map((_, r) => meanEstimate(top.outcomes.map((values) => values[r])).value);
  return {
    best: { set: top.one.row.set, values: means, passes: top.passes, n: top.n },
    meets: top.passes >= section.reliability * top.n,
    why: `of ${scored.length} finalists it met every requirement most often on further seeds (${top.passes} of ${top.n}), then by the lower bound of its smallest margin`,
  };
}

async function confirm(session: Session, plan: StudyPlan, section: Section, set: Setting) {
  const { reliability, level, requirements } = section;
  const { failures } = section.confirm;
  const frozen = {
    process: runMeaning(plan, {}, procedure(plan, set)).process,
    steps: plan.steps,
    requirements,
    reliability,
    level,
  };
  const hash = contentId(frozen);
  const n = confirmationSize({ reliability, level, failures });
  const design = session.ledger.append({
    kind: "design",
    key: `design:${hash}:${n}:${failures}`,
    body: { frozen, n, failures },
  });
  const seeds = seedsFromHash(hash, n);
  const specs = seeds.map((seed, i) =>
    candidateSpec(plan, section, {
      role: "confirmation",
      label: `confirmation ${i + 1} of ${n}`,
      set,
      seed,
      looks: [],
    }),
  );
  const trained = await session.train("design: confirmation", specs);
  const runs = trained.map((one, i) => {
    const values = requiredValues(plan, requirements, one);
    return { run: one.run, seeds: specs[i].meaning.seeds, values, pass: meetsBounds(values, requirements) };
  });
  const successes = runs.filter(({ pass }) => pass).length;
  const verdict = n - successes <= failures ? ("confirmed" as const) : ("not confirmed" as const);
  const bound = clopperPearsonLower({ successes, n, level });
  const { seq } = session.ledger.append({
    kind: "confirmation",
    key: `confirmation:${hash}:${n}:${failures}`,
    body: {
      design: hash,
      n,
      failures,
      successes,
      lowerBound: bound.low,
      level,
      verdict,
      runs: runs.map(({ run }) => run),
    },
  });
  return {
    hash,
    steps: n * plan.steps,
    plan: {
      n,
      failures,
      powerAt: [0.9, 0.95, 0.97, 0.98, 0.99].map((rate) => ({ rate, power: confirmationPower({ n, failures, rate }) })),
      seq: design.seq,
    },
    confirmation: {
      runs,
      successes,
      reliability: bound,
      verdict,
      requirements: requirements.map(({ min }, r) => {
        const values = runs.map((run) => run.values[r]);
        return { mean: meanEstimate(values), worst: min === undefined ? Math.max(...values) : Math.min(...values) };
      }),
      seq,
    },
  };
}

interface CandidateOptions {
  readonly role: RunSpec["role"];
  readonly label: string;
  readonly set: Setting;
  readonly seed: number;
  readonly looks: readonly number[];
}

function candidateSpec(
  plan: StudyPlan,
  section: Section,
  { role, label, set, seed, looks }: CandidateOptions,
): RunSpec {
  const seeds: Seeds = seedVector(plan, seed);
  const owed = section.requirements.map(({ step = plan.steps }) => step);
  return {
    role,
    label,
    meaning: runMeaning(plan, seeds, procedure(plan, set)),
    until: plan.steps,
    measureAt: [...new Set([...looks, ...owed, plan.steps])].sort((a, b) => a - b),
    fullAt: [...new Set([...owed, plan.steps])],
    checkpointAt: [...looks],
    complete: true,
  };
}

function pausedAt(spec: RunSpec, step: number): RunSpec {
  return {
    ...spec,
    until: step,
    measureAt: spec.measureAt.filter((at) => at <= step),
    checkpointAt: spec.checkpointAt.filter((at) => at <= step),
    complete: false,
  };
}

function requiredValues(plan: StudyPlan, requirements: readonly Requirement[], run: RunTrajectory): number[] {
  return requirements.map(({ measure, step = plan.steps }) => run.value(measure, step));
}
