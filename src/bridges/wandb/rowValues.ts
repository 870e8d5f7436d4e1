/**
 * @file The values of a W&B row that are not plain numbers: words, nested objects, histograms, media, lists, text.
 *
 * `true` and `false` are 1 and 0; NaN and ±Infinity are numbers, bare or quoted. Objects are taken apart into dotted names,
 * down to a stated depth. Text, null, lists and media are counted by kind. Nothing is thrown for what stands in a file.
 */
import { OntogenyError } from "../../core/index.ts";
import { type HistogramMoments, momentsFromEdges, parseTolerantJson, textOf } from "../../formats/index.ts";

const JSON_BOUNDS = { maxDepth: 64, maxCharacters: 2 ** 24, maxContainers: 500_000 };
const DEPTH_AT_MOST = 16;
const QUOTE = 0x22;
const WORDS: ReadonlyMap<string, number> = new Map([
  ["true", 1],
  ["false", 0],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ['"NaN"', Number.NaN],
  ['"Infinity"', Number.POSITIVE_INFINITY],
  ['"-Infinity"', Number.NEGATIVE_INFINITY],
]);
const LONGEST_WORD = 11;

/** Codes under which things are counted. */
export type RowSkip = "WANDB_TEXT" | "WANDB_NULL" | "WANDB_LIST" | "WANDB_MEDIA" | "WANDB_HISTOGRAM" | "WANDB_JSON";

export interface RowTaker {
  number(name: string, value: number): void;
  histogram(name: string, moments: HistogramMoments): void;
  skip(code: RowSkip, name: string, what: string): void;
}

/** What stands in `bytes[begin … end)`, which is no plain number. */
export function maybeWord(bytes: Uint8Array, begin: number, end: number): number | undefined {
  return end - begin <= LONGEST_WORD ? WORDS.get(textOf(bytes, begin, end)) : undefined;
}

/** A string is not parsed unless it is short: only its being text counts. undefined: no JSON, and counted. */
export function parseValue(
  bytes: Uint8Array,
  begin: number,
  end: number,
  name: string,
  taker: RowTaker,
): { readonly value: unknown } | undefined {
  if (bytes[begin] === QUOTE && end - begin > 256) return { value: "…" };
  try {
    return { value: parseTolerantJson(textOf(bytes, begin, end), JSON_BOUNDS) };
  } catch (error) {
    if (!(error instanceof OntogenyError)) throw error;
    taker.skip("WANDB_JSON", name, error.message.split("\n")[0]);
    return undefined;
  }
}

/** Takes apart what a name has for a value. */
export function takeValue(value: unknown, name: string, taker: RowTaker, depth = 0): void {
  if (typeof value === "number") taker.number(name, value);
  else if (typeof value === "boolean") taker.number(name, value ? 1 : 0);
  else if (typeof value === "string") {
    const word = WORDS.get(`"${value}"`);
    if (word === undefined) taker.skip("WANDB_TEXT", name, "text");
    else taker.number(name, word);
  } else if (value === null || value === undefined) taker.skip("WANDB_NULL", name, "null");
  else if (Array.isArray(value)) taker.skip("WANDB_LIST", name, "a list");
  else takeObject(value as Record<string, unknown>, name, taker, depth);
}

function takeObject(value: Record<string, unknown>, name: string, taker: RowTaker, depth: number): void {
  const type = Object.hasOwn(value, "_type") ? value._type : undefined;
  if (type === "histogram") {
    const moments = histogramOf(value);
    if (moments === undefined) taker.skip("WANDB_HISTOGRAM", name, "a histogram that cannot be read");
    else taker.histogram(name, moments);
  } else if (typeof type === "string") taker.skip("WANDB_MEDIA", name, type);
  else if (depth >= DEPTH_AT_MOST) taker.skip("WANDB_JSON", name, `an object nested more than ${DEPTH_AT_MOST} deep`);
  else for (const [key, inner] of Object.entries(value)) takeValue(inner, `${name}.${key}`, taker, depth + 1);
}

/** {values, bins} or {values, packedBins: {min, size, count}}. */
function histogramOf({ values, bins, packedBins }: Record<string, unknown>): HistogramMoments | undefined {
  if (!isNumbers(values)) return undefined;
  if (isNumbers(bins)) return momentsFromEdges(bins, values);
  const { min, size, count } = (packedBins ?? {}) as Record<string, unknown>;
  if (typeof min !== "number" || typeof size !== "number" || count !== values.length) return undefined;
  return momentsFromEdges(
    Array.from({ length: values.length + 1 }, (_, at) => min + at * size),
    values,
  );
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === "number");
}
