/**
 * @file Metric lines: one point of one measure as one line of JSON, and back.
 *
 * Pure and browser-safe. NaN and ±Infinity are stored as the strings "NaN", "Infinity", "-Infinity" and read back as
 * numbers; −0 becomes 0. A line that is JSON but not a point (unknown key, wrong type, step not a whole number ≥ 0)
 * is left out and listed in `bad`; a cut-off last line is `torn`. Writing refuses what reading would: METRIC_INVALID.
 */
import { canonicalJson, jsonNumberFrom, maybeNumberFromJson, OntogenyError, type Point } from "../core/index.ts";
import { type BadLine, type JsonlResult, parseJsonl } from "./jsonl.ts";

export interface ParsedPoints {
  readonly points: readonly Point[];
  readonly torn?: JsonlResult["torn"];
  readonly bad: readonly BadLine[];
}

/** One line, without the line feed. */
export function encodePoint(point: Point): string {
  const { step, wallMs, measure, value, se, n } = point;
  const problem = problemOf({ step, wallMs, measure, value, se, n });
  if (problem !== undefined)
    throw new OntogenyError(
      "METRIC_INVALID",
      `Point of ${JSON.stringify(measure)} at step ${String(step)}: ${problem}; correct what measures it`,
    );
  return JSON.stringify({
    step,
    wallMs,
    measure,
    value: jsonNumberFrom(value),
    ...(se === undefined ? {} : { se: jsonNumberFrom(se) }),
    ...(n === undefined ? {} : { n }),
  });
}

/** All points as lines, each ended by a line feed. */
export function encodePoints(points: readonly Point[]): string {
  return points.map((point) => `${encodePoint(point)}\n`).join("");
}

export function parsePoints(input: string | Uint8Array): ParsedPoints {
  const { rows, lines, torn, bad } = parseJsonl(input);
  const points: Point[] = [];
  const wrong: BadLine[] = [...bad];
  rows.forEach((row, index) => {
    const point = maybePoint(row);
    if (typeof point !== "string") points.push(point);
    else wrong.push({ line: lines[index], text: JSON.stringify(row), what: point });
  });
  wrong.sort((a, b) => a.line - b.line);
  return torn === undefined ? { points, bad: wrong } : { points, torn, bad: wrong };
}

/**
 * The text whose hash stands for "these data": the points in the order of (step, measure) as canonical JSON, without
 * the time of day, so that the same training gives the same text whenever it runs.
 */
export function pointsHashText(points: readonly Point[]): string {
  return canonicalJson([...points].sort(comparePoints).map(({ wallMs: _, ...rest }) => rest));
}

/** By step, then by measure in code-unit order. */
export function comparePoints(a: Point, b: Point): number {
  return a.step - b.step || (a.measure < b.measure ? -1 : a.measure > b.measure ? 1 : 0);
}

const KEYS = new Set(["step", "wallMs", "measure", "value", "se", "n"]);

/** The point, or what is wrong with the row. */
function maybePoint(row: unknown): Point | string {
  if (typeof row !== "object" || row === null || Array.isArray(row)) return "expected an object";
  const { step, wallMs, measure, value, se, n, ...rest } = row as Record<string, unknown>;
  const unknown = Object.keys(rest).find((key) => !KEYS.has(key));
  if (unknown !== undefined) return `unknown key ${JSON.stringify(unknown)}`;
  const candidate = {
    step,
    wallMs,
    measure,
    value: maybeNumberFromJson(value),
    se: se === undefined ? undefined : (maybeNumberFromJson(se) ?? null),
    n,
  };
  const problem = problemOf(candidate);
  if (problem !== undefined) return problem;
  const point: Record<string, unknown> = { step, wallMs, measure, value: candidate.value };
  if (se !== undefined) point.se = candidate.se;
  if (n !== undefined) point.n = n;
  return point as unknown as Point;
}

function problemOf(point: Record<keyof Point, unknown>): string | undefined {
  const { step, wallMs, measure, value, se, n } = point;
  if (!isCount(step)) return `step: expected a whole number from 0, got ${JSON.stringify(step)}`;
  if (typeof wallMs !== "number" || !Number.isFinite(wallMs))
    return `wallMs: expected milliseconds, got ${JSON.stringify(wallMs)}`;
  if (typeof measure !== "string" || measure === "") return `measure: expected a name, got ${JSON.stringify(measure)}`;
  if (typeof value !== "number") return 'value: expected a number, "NaN", "Infinity" or "-Infinity"';
  if (se !== undefined && typeof se !== "number") return "se: expected a number";
  if (n !== undefined && !isCount(n)) return `n: expected a whole number from 0, got ${JSON.stringify(n)}`;
  return undefined;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
