/**
 * @file JSON lines, as files are that grow while somebody writes them and dies.
 *
 * Pure and browser-safe. A last line that is cut off (no line feed, and not a whole JSON object or array) is normal
 * and comes back as `torn`. A bad line elsewhere (not JSON, not UTF-8) is left out and listed in `bad` with its
 * number. Empty lines are skipped. Nothing is thrown.
 */

export interface BadLine {
  /** 1-based. */
  readonly line: number;
  readonly text: string;
  readonly what: string;
}

export interface JsonlResult {
  readonly rows: readonly unknown[];
  /** 1-based line number of each row. */
  readonly lines: readonly number[];
  readonly torn?: { readonly line: number; readonly text: string };
  readonly bad: readonly BadLine[];
}

export function parseJsonl(input: string | Uint8Array): JsonlResult {
  const rows: unknown[] = [];
  const lines: number[] = [];
  const bad: BadLine[] = [];
  const texts = linesOf(input);
  let torn: JsonlResult["torn"];
  texts.forEach(({ text, valid }, index) => {
    if (text.trim() === "") return;
    const line = index + 1;
    // Whatever stands after the last line feed was not finished, unless it closes as a whole object or array.
    const unfinished = index === texts.length - 1;
    const parsed = valid ? maybeJson(text) : undefined;
    if (parsed === undefined || (unfinished && !isWhole(parsed.value))) {
      if (unfinished) torn = { line, text };
      else bad.push({ line, text, what: valid ? "not JSON" : "not UTF-8" });
      return;
    }
    rows.push(parsed.value);
    lines.push(line);
  });
  return torn === undefined ? { rows, lines, bad } : { rows, lines, torn, bad };
}

interface Line {
  readonly text: string;
  readonly valid: boolean;
}

function linesOf(input: string | Uint8Array): Line[] {
  if (typeof input === "string") return input.split("\n").map((text) => ({ text, valid: true }));
  try {
    return linesOf(new TextDecoder("utf-8", { fatal: true }).decode(input));
  } catch {
    return splitBytes(input).map(lineFromBytes);
  }
}

function splitBytes(bytes: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let start = 0;
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
    parts.push(bytes.subarray(start, end));
    start = end + 1;
  }
  parts.push(bytes.subarray(start));
  return parts;
}

function lineFromBytes(bytes: Uint8Array): Line {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), valid: true };
  } catch {
    return { text: new TextDecoder().decode(bytes), valid: false };
  }
}

function maybeJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function isWhole(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
