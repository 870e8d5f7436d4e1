/**
 * @file Numerics keys that differ: which component it is, with both values, and what can be done about it. Bits of two
 * keys are never mixed.
 */
import { type Manifest, type Numerics, numericsKeyOf, OntogenyError } from "../core/index.ts";

export interface NumericsDifference {
  readonly component: keyof Numerics;
  readonly there: string;
  readonly here: string;
}

const COMPONENTS = [
  "engine",
  "graph",
  "runtime",
  "threads",
  "cpu",
  "ensemble",
] as const satisfies readonly (keyof Numerics)[];

/** `there`: what a run was made with; `here`: what this machine and build would make it with. */
export function numericsDifferences(there: Numerics, here: Numerics): NumericsDifference[] {
  return COMPONENTS.map((component) => ({
    component,
    there: componentText(there, component),
    here: componentText(here, component),
  })).filter((difference) => difference.there !== difference.here);
}

function componentText(numerics: Numerics, component: keyof Numerics): string {
  return component === "ensemble" ? ensembleText(numerics.ensemble) : String(numerics[component]);
}

/** "16 at once, bit-identical to separate runs", "none". */
export function ensembleText(ensemble: Numerics["ensemble"]): string {
  if (ensemble === undefined) return "none";
  const { members, exactness } = ensemble;
  const how = exactness === "bit-identical" ? "bit-identical to separate runs" : `${exactness} of separate runs`;
  return `${members} at once, ${how}`;
}

export type Keyed = Pick<Manifest, "id" | "numericsKey" | "numerics">;

/** True for a run that was begun under another key than `here`. */
export function isOfOtherNumerics({ numericsKey }: Keyed, here: Numerics): boolean {
  return numericsKey !== undefined && numericsKey !== numericsKeyOf(here);
}

/** NUMERICS_DIFFER over runs that `isOfOtherNumerics` holds for; at least one. `what` begins the sentence. */
export function numericsDiffer(
  runs: readonly Keyed[],
  here: Numerics,
  { what, wayOut }: { readonly what: string; readonly wayOut: string },
): OntogenyError {
  const [first] = runs;
  const keys = new Set(runs.map(({ numericsKey }) => numericsKey));
  const named = runs.slice(0, 3).map(({ id }) => id);
  const which = runs.length > named.length ? `${named.join(", ")}, …` : named.join(", ");
  const others = keys.size > 1 ? ` (of ${keys.size} other keys; this is the first)` : "";
  return new OntogenyError(
    "NUMERICS_DIFFER",
    `${what}: expected the numerics key ${numericsKeyOf(here)} of this machine and build, got ${first.numericsKey} in ${runs.length} run${runs.length === 1 ? "" : "s"} (${which})${others}. ${differencesText(first, here)}. Bits of two keys are not mixed: ${wayOut}`,
  );
}

/** "engine: ontogeny-engine/1 there, ontogeny-engine/2 here; cpu: …" */
function differencesText({ numerics }: Keyed, here: Numerics): string {
  if (numerics === undefined) return "The run does not say what its key is made of";
  const parts = numericsDifferences(numerics, here).map(({ component, there, here: own }) =>
    component === "graph"
      ? `graph: ${there.slice(0, 12)} there, ${own.slice(0, 12)} here (the program is lowered otherwise)`
      : `${component}: ${there} there, ${own} here`,
  );
  return parts.length === 0 ? "No component differs, so the run's description was altered" : parts.join("; ");
}
