/**
 * @file Design: searches the space for a procedure that meets the requirements, chooses among finalists on further seeds,
 * freezes the choice, and confirms it on seeds from its hash.
 */
import { randomSearchCost } from "../../science/index.ts";
import type { StudyPlan } from "../plan.ts";
import { procedureText } from "../procedure.ts";
import type { DesignResults } from "../results.ts";
import type { Session } from "../session.ts";
import type { Section } from "./design/candidate.ts";
import { confirm } from "./design/confirm.ts";
import { chooseFinalist, rankedFinalists, replicate } from "./design/finalists.ts";
import { search } from "./design/search.ts";

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
