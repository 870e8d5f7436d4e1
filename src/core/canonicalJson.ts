/**
 * @file Canonical JSON: one text for one value, so that hashes mean something.
 *
 * Keys are sorted by code unit, no white space, numbers as JavaScript prints them, −0 as 0. NaN, Infinity and −Infinity
 * become the strings "NaN", "Infinity", "-Infinity" (JSON has no numbers for them). Keys whose value is undefined are
 * left out. Refuses functions, symbols, bigints and typed arrays: convert them first.
 */
import { OntogenyError } from "./errors.ts";

export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return Number.isFinite(value) ? JSON.stringify(value) : JSON.stringify(String(value));
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value))
    return `[${value.map((item) => canonicalJson(item === undefined ? null : item)).join(",")}]`;
  if (typeof value === "object" && !ArrayBuffer.isView(value)) {
    const entries = Object.entries(value as Record<string, unknown>)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
  }
  throw new OntogenyError(
    "CANONICAL_JSON_TYPE",
    `canonicalJson: expected JSON data, got ${ArrayBuffer.isView(value) ? "a typed array" : typeof value}; convert it to plain numbers or strings first`,
  );
}

/** A number as stored in JSON files: itself, or "NaN", "Infinity", "-Infinity". */
export type JsonNumber = number | "NaN" | "Infinity" | "-Infinity";

export function jsonNumberFrom(value: number): JsonNumber {
  return Number.isFinite(value) ? value : (String(value) as JsonNumber);
}

/** Reads a stored number back; undefined when the value is not one. */
export function maybeNumberFromJson(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (value === "NaN") return Number.NaN;
  if (value === "Infinity") return Number.POSITIVE_INFINITY;
  if (value === "-Infinity") return Number.NEGATIVE_INFINITY;
  return undefined;
}
