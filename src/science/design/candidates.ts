/**
 * @file Candidate procedures: how they are drawn from a space, and where they lie in the unit cube.
 *
 * Dimensions are visited in the order of their sorted names, so that a draw does not depend on how a file is written. A
 * space with empty ranges and a candidate that is not of the space throw OUT_OF_DOMAIN.
 */
import { canonicalJson, DomainError, type Json, type Rng, type Space } from "../../core/index.ts";

export type Candidate = Record<string, Json>;
type Dimension = Space[string];

/** Where an exact 0 of a logarithmic dimension lies: set apart from the smallest positive value at 0. */
const ZERO_FEATURE = -0.25;

/**
 * One candidate: uniform on linear dimensions, uniform in the logarithm on log ones (exactly 0 with probability
 * `zeroShare`), uniform over the listed values of a choice (a value listed twice weighs twice). Numbers are rounded to
 * four significant digits, never past a bound, so that a design can be read and typed.
 */
export function sampleCandidate(space: Space, rng: Rng): Candidate {
  const set: Candidate = {};
  for (const key of Object.keys(space).sort()) set[key] = sampleDimension(key, space[key], rng);
  return set;
}

export function sampleDimension(key: string, dimension: Dimension, rng: Rng): Json {
  if (dimension.kind === "choice") return dimension.values[rng.int(dimension.values.length)];
  if (dimension.kind === "log" && dimension.zeroShare !== undefined && rng.uniform() < dimension.zeroShare) return 0;
  return valueAt(key, dimension, rng.uniform());
}

/**
 * A neighbour of `set`: each dimension is redrawn with probability `redraw`, and otherwise, where it is a number other than
 * an exact 0 of a log dimension, moved by a normal step of sd `step` in the unit cube, kept inside.
 */
export function perturbCandidate(
  space: Space,
  set: Readonly<Candidate>,
  { rng, redraw, step }: { readonly rng: Rng; readonly redraw: number; readonly step: number },
): Candidate {
  const neighbour: Candidate = {};
  for (const key of Object.keys(space).sort()) {
    const dimension = space[key];
    const isFixed = dimension.kind === "choice" || (dimension.kind === "log" && set[key] === 0);
    if (rng.uniform() < redraw) neighbour[key] = sampleDimension(key, dimension, rng);
    else if (isFixed) neighbour[key] = set[key];
    else
      neighbour[key] = valueAt(
        key,
        dimension,
        Math.min(1, Math.max(0, position(key, dimension, set[key]) + step * rng.normal())),
      );
  }
  return neighbour;
}

/**
 * The candidate as a point: one number in [0, 1] for a linear or log dimension (an exact 0 of a log dimension is −.25) and for
 * a choice among numbers (its rank among the distinct values); other choices have one 0/1 column for each distinct value,
 * two values share one column. A dimension that offers one value only has no column.
 */
export function candidateFeatures(space: Space, set: Readonly<Record<string, Json>>): number[] {
  const features: number[] = [];
  for (const key of Object.keys(space).sort()) {
    const dimension = space[key];
    if (!(key in set)) throw new DomainError(`candidateFeatures: ${key}`, "a value", "none");
    if (dimension.kind === "choice") features.push(...choiceFeatures(key, dimension.values, set[key]));
    else if (dimension.low < dimension.high || (dimension.kind === "log" && dimension.zeroShare !== undefined))
      features.push(position(key, dimension, set[key]));
  }
  return features;
}

function choiceFeatures(key: string, values: readonly Json[], value: Json): number[] {
  const isNumeric = values.every((v) => typeof v === "number");
  const distinct = [...new Set(values.map((v) => canonicalJson(v)))];
  const order = isNumeric ? distinct.sort((a, b) => Number(a) - Number(b)) : distinct.sort();
  const at = order.indexOf(canonicalJson(value));
  if (at < 0) throw new DomainError(`candidateFeatures: ${key}`, `one of ${order.join(", ")}`, canonicalJson(value));
  if (order.length === 1) return [];
  if (isNumeric || order.length === 2) return [at / (order.length - 1)];
  return order.map((_, i) => (i === at ? 1 : 0));
}

type Range = Exclude<Dimension, { kind: "choice" }>;

function position(key: string, range: Range, value: Json): number {
  requireRange(key, range);
  if (typeof value !== "number" || !Number.isFinite(value))
    throw new DomainError(`candidateFeatures: ${key}`, "a finite number", JSON.stringify(value));
  if (range.kind === "linear") return share(value - range.low, range.high - range.low);
  if (value === 0) return ZERO_FEATURE;
  if (value < 0) throw new DomainError(`candidateFeatures: ${key}`, "a number ≥ 0", value);
  return share(Math.log(value / range.low), Math.log(range.high / range.low));
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function valueAt(key: string, range: Range, at: number): number {
  requireRange(key, range);
  const exact =
    range.kind === "linear" ? range.low + (range.high - range.low) * at : range.low * (range.high / range.low) ** at;
  return Math.min(range.high, Math.max(range.low, Number(exact.toPrecision(4))));
}

function requireRange(key: string, { kind, low, high }: Range): void {
  if (!(low <= high) || (kind === "log" && !(low > 0)))
    throw new DomainError(`space: ${key}`, kind === "log" ? "0 < low ≤ high" : "low ≤ high", `${low} and ${high}`);
}
