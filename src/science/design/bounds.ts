/**
 * @file Bounds on outcomes, and the scale on which outcomes are modelled.
 *
 * A value that is not finite comes from a run that broke: it meets no bound, and where a model needs a number it stands at
 * the worst finite value of its requirement that was seen. With no finite value at all there is nothing to model: throws.
 */
import { DomainError, ShapeError } from "../../core/index.ts";

/** What a requirement asks of an outcome: min ≤ value ≤ max, each absent where it does not bind. */
export interface OutcomeBound {
  readonly min?: number;
  readonly max?: number;
}

/** True when every value is finite and inside its bound (bounds included). Throws SHAPE_MISMATCH on unequal lengths. */
export function meetsBounds(values: readonly number[], bounds: readonly OutcomeBound[]): boolean {
  if (values.length !== bounds.length)
    throw new ShapeError("meetsBounds: values", `[${bounds.length}]`, [values.length]);
  return values.every((value, i) => {
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = bounds[i];
    return Number.isFinite(value) && value >= min && value <= max;
  });
}

/** A monotone map from an outcome's own units to the scale on which its spread is about even. */
export interface OutcomeScale {
  readonly kind: "identity" | "logit";
  readonly forward: (value: number) => number;
  readonly inverse: (scaled: number) => number;
  /** Signed distance to the nearest binding end of the bound, on this scale; +∞ without an end. */
  readonly margin: (scaled: number) => number;
  readonly min: number;
  readonly max: number;
}

/** Keeps the logit of 0 and 1 finite: ±5.3. */
const SQUASH = 0.005;

/** Logit (of .005 + .99·value) when all finite values and the bound lie in [0, 1], as proportions do; otherwise identity. */
export function outcomeScale(values: readonly number[], bound: OutcomeBound): OutcomeScale {
  return scaleOfKind(scaleKind(values, bound), bound);
}

function scaleKind(values: readonly number[], bound: OutcomeBound): OutcomeScale["kind"] {
  const finite = [...values, bound.min ?? 0, bound.max ?? 1].filter((value) => Number.isFinite(value));
  return finite.every((value) => value >= 0 && value <= 1) ? "logit" : "identity";
}

export function scaleOfKind(kind: OutcomeScale["kind"], bound: OutcomeBound): OutcomeScale {
  const isShare = kind === "logit";
  const forward = isShare ? (value: number) => logit(SQUASH + (1 - 2 * SQUASH) * value) : (value: number) => value;
  const inverse = isShare
    ? (scaled: number) => Math.min(1, Math.max(0, (1 / (1 + Math.exp(-scaled)) - SQUASH) / (1 - 2 * SQUASH)))
    : (scaled: number) => scaled;
  const min = bound.min === undefined ? Number.NEGATIVE_INFINITY : forward(bound.min);
  const max = bound.max === undefined ? Number.POSITIVE_INFINITY : forward(bound.max);
  const margin = (scaled: number) => Math.min(scaled - min, max - scaled);
  return { kind, forward, inverse, margin, min, max };
}

/** The values on the scale, each that is not finite replaced by the finite one with the smallest margin. */
export function scaledOutcomes(what: string, values: readonly number[], scale: OutcomeScale): number[] {
  const finite = values.filter((value) => Number.isFinite(value)).map(scale.forward);
  if (finite.length === 0) throw new DomainError(what, "a finite outcome of every requirement", "none");
  const worst = finite.reduce((a, b) => (scale.margin(b) < scale.margin(a) ? b : a));
  return values.map((value) => (Number.isFinite(value) ? scale.forward(value) : worst));
}

/** Column j of rows of equal length; throws SHAPE_MISMATCH when a row has not `width` entries. */
export function columnOf(what: string, rows: readonly (readonly number[])[], j: number, width: number): number[] {
  return rows.map((row) => {
    if (row.length !== width) throw new ShapeError(what, `[n, ${width}]`, [rows.length, row.length]);
    return row[j];
  });
}

function logit(p: number): number {
  return Math.log(p / (1 - p));
}
