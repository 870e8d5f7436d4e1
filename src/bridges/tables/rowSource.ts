/**
 * @file Rows of a table, whatever file they stand in: batches of cells under a header that may grow.
 */
import type { Json } from "../../core/index.ts";

/** null: no value there. NaN and ±∞ are values. */
export type Cell = number | string | boolean | null;

export interface RowBatch {
  /** Names of the columns; rows may be shorter, never longer. */
  readonly header: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** The header was written again before these rows: a program was started anew. */
  readonly isRestart: boolean;
  /** Of the file, since the batch before. */
  readonly bytesRead: number;
}

export interface RowSource {
  batches(): AsyncGenerator<RowBatch>;
  /** Once all batches were taken: where to go on. undefined: this kind of file is read whole each time. */
  resume(): Json | undefined;
}

/** What is in the file and was not taken. */
export type ReportSkip = (code: string, example: string, count?: number) => void;

const WORDS = new Map<string, Cell>([
  ["", null],
  ["na", null],
  ["n/a", null],
  ["#n/a", null],
  ["none", null],
  ["null", null],
  ["-", null],
  ["nan", Number.NaN],
  ["-nan", Number.NaN],
  ["inf", Number.POSITIVE_INFINITY],
  ["+inf", Number.POSITIVE_INFINITY],
  ["infinity", Number.POSITIVE_INFINITY],
  ["-inf", Number.NEGATIVE_INFINITY],
  ["-infinity", Number.NEGATIVE_INFINITY],
]);

/** A number where the text is one; NaN and infinities in any case; nothing for "", NA, N/A, None, null, "-"; else the text. */
export function cellOf(text: string): Cell {
  const first = text.charCodeAt(0);
  // A digit, a sign or a point may begin a number; 0x, 0b and 0o are hashes more often than numbers.
  if ((first >= 43 && first <= 57 && first !== 44 && first !== 47) || first === 32) {
    const value = +text;
    if (!Number.isNaN(value) && text.trim() !== "" && !/^\s*[+-]?0[xXbBoO]/.test(text)) return value;
  }
  const trimmed = text.trim();
  if (trimmed.length > 9) return trimmed;
  const word = WORDS.get(trimmed.toLowerCase());
  return word === undefined ? trimmed : word;
}
