/**
 * @file The search: candidates in rounds, random ones first and then those that a surrogate proposes, each stopped at a look
 * when its early forecast leaves no hope.
 *
 * A round is proposed from what was known before it, so its order does not depend on how many workers there are.
 */
import { contentId, Rng, runIdOf } from "../../../core/index.ts";
import {
  candidateFeatures,
  fitEarlyStop,
  fitSurrogate,
  meetsBounds,
  proposeCandidate,
  sampleCandidate,
} from "../../../science/index.ts";
import type { StudyPlan } from "../../plan.ts";
import { ownSteps, type Session } from "../../session.ts";
import {
  candidateSpec,
  canModel,
  endOf,
  pausedAt,
  requiredValues,
  SEARCH_SEED,
  type Section,
  type Setting,
  type Tried,
} from "./candidate.ts";

/** Candidates are proposed this many at a time, from what was known before the round. */
const ROUND = 4;
/** A candidate goes on while the chance that it ends within the requirements is at least this. */
const HOPELESS_BELOW = 0.05;

export async function search(session: Session, plan: StudyPlan, section: Section): Promise<Tried[]> {
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
  const outcomes = tried.map(({ expected }) => expected);
  if (first < section.search.random || !canModel(outcomes))
    return Array.from({ length: size }, (_, i) => ({
      index: first + i,
      origin: "random" as const,
      set: sampleCandidate(section.space, rng),
    }));
  const features = tried.map((one) => one.features);
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
    const run = halt === undefined ? finished[left.indexOf(i)] : undefined;
    const values = run && requiredValues(plan, section.requirements, run);
    const end = run && endOf(run, ownSteps(specs[i]));
    return {
      features: features[i],
      looks: seen[i],
      values,
      expected: values ?? halt!.expected,
      row: {
        ...proposal,
        run: runIdOf(specs[i].meaning),
        seeds: specs[i].meaning.seeds,
        steps: halt?.step ?? end!.steps,
        stoppedAt: halt?.step,
        reason:
          halt === undefined
            ? (end!.reason ?? "ran to the end")
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
  const early = finished.map(({ looks }) => looks[look]);
  const final = finished.map(({ values }) => values!);
  if (!canModel(early) || !canModel(final)) return undefined;
  return fitEarlyStop({
    early,
    features: finished.map(({ features }) => features),
    final,
    bounds: section.requirements,
  });
}
