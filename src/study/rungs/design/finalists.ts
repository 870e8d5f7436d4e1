/**
 * @file The finalists: the best candidates on further seeds, and the choice among them.
 */
import { fitSurrogate, meetsBounds, pooledSpread, scoreReplicates } from "../../../science/index.ts";
import { finiteMean } from "../../finished.ts";
import type { StudyPlan } from "../../plan.ts";
import type { CandidateRow, DesignResults } from "../../results.ts";
import type { Session } from "../../session.ts";
import { candidateSpec, canModel, endOf, requiredValues, SEARCH_SEED, type Section, type Tried } from "./candidate.ts";

/** Finished candidates by the surrogate's chance of meeting all requirements at their own place: less luck than one run. */
export function rankedFinalists({ search, requirements }: Section, finished: readonly Tried[]): Tried[] {
  const outcomes = finished.map(({ values }) => values!);
  const surrogate =
    canModel(outcomes) &&
    fitSurrogate({ features: finished.map(({ features }) => features), outcomes, bounds: requirements });
  const chance = new Map(finished.map((one) => [one, surrogate ? surrogate.predict(one.features).meetsAll : 0]));
  return [...finished]
    .sort((a, b) => Number(b.row.pass) - Number(a.row.pass) || chance.get(b)! - chance.get(a)!)
    .slice(0, search.finalists);
}

interface Replicated {
  readonly outcomes: number[][];
  readonly rows: CandidateRow[];
}

export async function replicate(
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
        (one, i): CandidateRow => ({
          index: row.index,
          origin: "replicate",
          set: row.set,
          run: one.run,
          seeds: specs[f][i].meaning.seeds,
          values: outcomes[i],
          pass: meetsBounds(outcomes[i], section.requirements),
          reason: "a finalist on a further seed",
          ...endOf(one, plan.steps),
        }),
      ),
    };
  });
}

export function chooseFinalist(
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
  const means = section.requirements.map((_, r) => finiteMean(top.outcomes.map((values) => values[r])).value);
  return {
    best: { set: top.one.row.set, values: means, passes: top.passes, n: top.n },
    meets: top.passes >= section.reliability * top.n,
    why: `of ${scored.length} finalists it met every requirement most often on further seeds (${top.passes} of ${top.n}), then by the lower bound of its smallest margin`,
  };
}
