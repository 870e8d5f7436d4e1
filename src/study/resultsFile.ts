/**
 * @file results.json: what a study found, with the key of the study and build that found it.
 *
 * NaN and ±∞ are written as strings, as everywhere in the workspace, and read back as numbers, so that a report drawn from the
 * file is the report. A file that is missing, cut off or of another format counts as absent: the study writes it anew.
 */
import { readFileSync } from "node:fs";
import { jsonNumberFrom, maybeNumberFromJson } from "../core/index.ts";
import type { StudyResults } from "./results.ts";

export interface StoredResults {
  readonly key: string;
  readonly results: StudyResults;
}

export function resultsText(stored: StoredResults): string {
  return `${JSON.stringify(stored, (_key, item) => (typeof item === "number" ? jsonNumberFrom(item) : item))}\n`;
}

export function maybeReadResults(path: string): StoredResults | undefined {
  try {
    const stored = JSON.parse(readFileSync(path, "utf8"), (_key, item) =>
      typeof item === "string" ? (maybeNumberFromJson(item) ?? item) : item,
    ) as Partial<StoredResults> | null;
    if (typeof stored?.key !== "string" || stored.results?.format !== "ontogeny.results/1") return undefined;
    return stored as StoredResults;
  } catch {
    return undefined;
  }
}
