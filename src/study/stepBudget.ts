/**
 * @file How many optimizer steps a plan needs at most: for the progress display's time left, and for plan.json.
 */
import type { StudyPlan } from "./plan.ts";

/** Branches count from their fork; stopped candidates count in full, so this is an upper bound. */
export function stepBudget({ study, steps }: StudyPlan): number {
  const { observe, predict, intervene, design } = study;
  const runs = observe.seeds + (observe.variance ? observe.variance.bases * observe.variance.variants * 3 : 0);
  let total = runs * steps + (predict?.seeds ?? 0) * steps;
  if (intervene) {
    const { window, dose, nulls, seeds, pilotSeeds } = intervene;
    const window_ = (window?.starts ?? []).reduce((sum, start) => sum + steps - start, 0);
    const dose_ = (dose?.values.length ?? 0) * (steps - (dose?.from ?? 0));
    total += (seeds + pilotSeeds) * (window_ + dose_);
    const nullArms =
      (nulls.active ? seeds : 0) + (nulls.perturb === undefined ? 0 : seeds) + Math.min(nulls.exactSeeds, seeds);
    total += nullArms * (steps - nulls.from);
  }
  if (design) {
    const { candidates, finalists, replicates } = design.search;
    total += (candidates + finalists * replicates + 29 + 16 * design.confirm.failures) * steps;
  }
  return total;
}
