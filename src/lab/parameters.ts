/**
 * @file The parameters of an organism as one table: defaults, bounds, documentation, and the checks of what users write.
 *
 * Strict: an unknown key, a wrong type or an impossible value is an OntogenyError that names the dotted place and says
 * what was expected. All defaults are filled in, so that two processes that mean the same have the same identity.
 */
import { type Change, FACTORS, type FactorName, type Factors, type Json, OntogenyError } from "../core/index.ts";

interface Documented {
  readonly description: string;
  /** Cannot be changed in the course of a run: the state or the data of the run depend on it. */
  readonly fixed?: true;
}
export interface NumberParameter extends Documented {
  readonly kind: "number" | "integer";
  readonly default: number;
  /** Both bounds are allowed values. */
  readonly low: number;
  readonly high: number;
}
export interface ChoiceParameter extends Documented {
  readonly kind: "choice";
  readonly default: string;
  readonly values: readonly string[];
}
export type ParameterSpec = NumberParameter | ChoiceParameter;

/** Keyed by dotted path, e.g. "data.cueAgreement". */
export type Parameters = Readonly<Record<string, ParameterSpec>>;

/**
 * Loose → strict. `partial` is nested (`{ data: { cueAgreement: .9 } }`), dotted (`{ "data.cueAgreement": .9 }`) or a
 * mixture; `where` is the place it stands in, for messages. Throws FACTORS_INVALID.
 */
export function parseFactorsWith(parameters: Parameters, partial: unknown, where: string): Factors {
  const values = new Map<string, Json>(Object.entries(parameters).map(([path, spec]) => [path, spec.default]));
  const given = new Set<string>();
  for (const [path, value] of dottedEntries(partial, where)) {
    const place = `${where}.${path}`;
    const spec = parameters[path];
    if (spec === undefined) throw invalid(place, unknownKey(parameters, path));
    if (given.has(path)) throw invalid(place, "expected to be set once, got two values");
    const problem = maybeProblem(spec, value);
    if (problem !== undefined) throw invalid(place, problem);
    given.add(path);
    values.set(path, value as Json);
  }
  const factors: Factors = { data: {}, objective: {}, architecture: {}, optimizer: {} };
  for (const [path, value] of values) {
    const [factor, key] = path.split(".");
    factors[factor as FactorName][key] = value;
  }
  return factors;
}

/**
 * Checks what a change sets: known paths, possible values, nothing that a running state cannot follow. Setting a fixed
 * parameter to the value that it has is allowed. `seedNames` are the seed components that may be re-keyed in mid-run.
 * Throws CHANGE_INVALID.
 */
export function validateChangeWith(
  parameters: Parameters,
  seedNames: readonly string[],
  change: Change,
  factors: Factors,
): void {
  if (change.until !== undefined && change.until <= change.from)
    throw changeInvalid("until", `expected a step after ${change.from}, got ${change.until}`);
  for (const [path, value] of Object.entries(change.set)) {
    const [root, key] = path.split(".");
    if (root === "seeds") {
      if (!seedNames.includes(key))
        throw changeInvalid(
          path,
          seedNames.length === 0
            ? "expected no seed: this organism draws nothing after its start"
            : `expected one of ${seedNames.map((name) => `seeds.${name}`).join(", ")}: the others act only at the start`,
        );
      if (!Number.isSafeInteger(value) || (value as number) < 0)
        throw changeInvalid(path, `expected an integer ≥ 0, got ${JSON.stringify(value)}`);
      continue;
    }
    const spec = parameters[path];
    if (spec === undefined) throw changeInvalid(path, unknownKey(parameters, path));
    const problem = maybeProblem(spec, value);
    if (problem !== undefined) throw changeInvalid(path, problem);
    if (spec.fixed && factors[root as FactorName][key] !== value)
      throw changeInvalid(
        path,
        `expected its value to stay ${JSON.stringify(factors[root as FactorName][key])} for the whole run (the state depends on it), got ${JSON.stringify(value)}; make it part of the process instead`,
      );
  }
}

/** What is wrong with a value, as "expected …, got …"; undefined when nothing is. */
function maybeProblem(spec: ParameterSpec, value: unknown): string | undefined {
  switch (spec.kind) {
    case "choice":
      if (typeof value === "string" && spec.values.includes(value)) return undefined;
      return `expected one of ${spec.values.map((item) => JSON.stringify(item)).join(", ")}, got ${shown(value)}`;
    case "number":
    case "integer": {
      const inside = typeof value === "number" && value >= spec.low && value <= spec.high;
      if (inside && (spec.kind === "number" || Number.isInteger(value))) return undefined;
      const noun = spec.kind === "integer" ? "an integer" : "a number";
      return `expected ${noun} from ${spec.low} to ${spec.high}, got ${shown(value)}`;
    }
    default:
      return spec satisfies never;
  }
}

function* dottedEntries(partial: unknown, where: string): Generator<[string, unknown]> {
  if (partial === undefined || partial === null) return;
  if (!isRecord(partial)) throw invalid(where, `expected factors by name, got ${shown(partial)}`);
  for (const [key, value] of Object.entries(partial)) {
    if (key.includes(".")) yield [key, value];
    else if (!(FACTORS as readonly string[]).includes(key))
      throw invalid(`${where}.${key}`, `expected one of ${FACTORS.join(", ")}, got an unknown factor`);
    else if (!isRecord(value)) throw invalid(`${where}.${key}`, `expected settings by name, got ${shown(value)}`);
    else for (const [name, item] of Object.entries(value)) yield [`${key}.${name}`, item];
  }
}

function unknownKey(parameters: Parameters, path: string): string {
  const factor = path.split(".")[0];
  const siblings = Object.keys(parameters).filter((known) => known.startsWith(`${factor}.`));
  return `expected one of ${(siblings.length > 0 ? siblings : Object.keys(parameters)).join(", ")}, got an unknown key`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

function shown(value: unknown): string {
  return typeof value === "number" ? String(value) : (JSON.stringify(value) ?? typeof value);
}

function invalid(place: string, problem: string): OntogenyError {
  return new OntogenyError("FACTORS_INVALID", `${place}: ${problem}`);
}

function changeInvalid(place: string, problem: string): OntogenyError {
  return new OntogenyError("CHANGE_INVALID", `Change of ${place}: ${problem}`);
}
