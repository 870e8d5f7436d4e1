/**
 * @file The organisms that the lab has, by name.
 */
import { OntogenyError } from "../../core/index.ts";
import type { Organism } from "../organism.ts";
import { grokking } from "./grokking/organism.ts";
import { shortcutDigits } from "./shortcutDigits/organism.ts";

export const ORGANISMS: readonly Organism[] = [shortcutDigits, grokking];

/** Throws ORGANISM_UNKNOWN listing the known ones. */
export function organism(name: string): Organism {
  const found = ORGANISMS.find((candidate) => candidate.name === name);
  if (found !== undefined) return found;
  const known = ORGANISMS.map((candidate) => candidate.name).join(", ");
  throw new OntogenyError("ORGANISM_UNKNOWN", `Organism: expected one of ${known}, got "${name}"`);
}
