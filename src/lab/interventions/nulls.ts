/**
 * @file Null interventions: changes that should have no effect, each for its own reason.
 *
 * The active placebo is the organism's own (a matched irrelevant target), so it is an ordinary change of a factor.
 */
import {
  type Change,
  FACTORS,
  type FactorName,
  type Factors,
  keyOf,
  OntogenyError,
  type Seeds,
} from "../../core/index.ts";

/** Sets a parameter to the value that it has: the branch must be bit-identical to its parent. Throws CHANGE_INVALID for an unknown path. */
export function exactPlacebo({ factors, path, from }: { factors: Factors; path: string; from: number }): Change {
  const [factor, key] = path.split(".");
  const known = (FACTORS as readonly string[]).includes(factor) ? factors[factor as FactorName] : {};
  if (!(key in known))
    throw new OntogenyError("CHANGE_INVALID", `exactPlacebo: expected the path of a parameter, got "${path}"`);
  return { from, set: { [path]: known[key] } };
}

/** Re-keys one seed component from a step on, e.g. the order: same process, other noise. Throws CHANGE_INVALID for an unknown component. */
export function perturbedNull({ seeds, component, from }: { seeds: Seeds; component: string; from: number }): Change {
  if (!(component in seeds))
    throw new OntogenyError(
      "CHANGE_INVALID",
      `perturbedNull: expected one of ${Object.keys(seeds).join(", ")}, got "${component}"`,
    );
  return { from, set: { [`seeds.${component}`]: keyOf(seeds[component], component, "perturbed").k0 } };
}
