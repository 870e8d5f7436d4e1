/**
 * @file Readers of option values: text → value, or a UsageError that says what was expected.
 */
import type { Json } from "../core/index.ts";
import { UsageError } from "./failure.ts";

export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isInteger(value) || value < least)
      throw new UsageError(`expected a whole number of at least ${least}, got "${text}"`);
    return value;
  };
}

/** Collects repeated `path=value`; the value is JSON when it parses as JSON, otherwise text. */
export function assignment(text: string, before: Readonly<Record<string, Json>> = {}): Record<string, Json> {
  const at = text.indexOf("=");
  if (at <= 0) throw new UsageError(`expected path=value, such as objective.conflictWeight=20, got "${text}"`);
  return { ...before, [text.slice(0, at).trim()]: jsonOrText(text.slice(at + 1).trim()) };
}

function jsonOrText(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** A step, or "final". */
export function targetStep(text: string): "final" | number {
  if (text === "final") return text;
  const step = Number(text);
  if (!Number.isInteger(step) || step < 1) throw new UsageError(`expected a step or final, got "${text}"`);
  return step;
}

/** For options that may be given several times: all values, in order. */
export function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}
