/**
 * @file The confirmation: the choice frozen, its size planned beforehand, fresh seeds from its hash, and the verdict.
 */
import { contentId } from "../../../core/index.ts";
import { clopperPearsonLower, confirmationPower, confirmationSize, meetsBounds } from "../../../science/index.ts";
import { finiteMean } from "../../finished.ts";
import { runMeaning, type StudyPlan, seedsFromHash } from "../../plan.ts";
import { procedure } from "../../procedure.ts";
import type { Session } from "../../session.ts";
import { candidateSpec, requiredValues, type Section, type Setting } from "./candidate.ts";

export async function confirm(session: Session, plan: StudyPlan, section: Section, set: Setting) {
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
        return { mean: finiteMean(values), worst: min === undefined ? Math.max(...values) : Math.min(...values) };
      }),
      seq,
    },
  };
}
