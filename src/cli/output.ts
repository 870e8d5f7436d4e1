/**
 * @file The two ways in which a command answers: text for people, JSON for programs, both on stdout. NaN and ±∞ are
 * written as strings in JSON, as everywhere in the workspace.
 */
import { jsonNumberFrom } from "../core/index.ts";

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(jsonText(value));
}

/** Indented JSON; numbers that JSON has no form for become strings, bigints numbers when they are safe. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, item) => jsonValue(item), 2);
}

/** One line of JSON. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value, (_key, item) => jsonValue(item));
}

function jsonValue(item: unknown): unknown {
  if (typeof item === "number") return jsonNumberFrom(item);
  if (typeof item === "bigint") return Number.isSafeInteger(Number(item)) ? Number(item) : String(item);
  return item;
}
