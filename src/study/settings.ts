/**
 * @file Settings as dotted paths, and factors as nested objects: from one to the other.
 */
import type { Factors, Json } from "../core/index.ts";

export type Settings = Readonly<Record<string, Json>>;

/** { "data.x": 1 } → { data: { x: 1 } }. */
export function nested(settings: Settings): Record<string, Record<string, Json>> {
  const out: Record<string, Record<string, Json>> = {};
  for (const [path, value] of Object.entries(settings)) {
    const [factor, key] = path.split(".");
    out[factor] = { ...out[factor], [key]: value };
  }
  return out;
}

/** Factors with some settings replaced. */
export function merged(factors: Factors, set: Settings): Factors {
  const out = structuredClone(factors);
  for (const [factor, values] of Object.entries(nested(set))) Object.assign(out[factor as keyof Factors], values);
  return out;
}
