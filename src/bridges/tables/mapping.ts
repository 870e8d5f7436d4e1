/**
 * @file `--map`: which columns mean what. `MEANING=COLUMN[,COLUMN…]`, each meaning once:
 *
 * - `step=iter`: the step; `step=#` counts the rows of each run from 0;
 * - `value=loss,acc`: only these are measures (without it: every column of numbers that has no other meaning);
 * - `run=model,seed`: rows with the same values in these are one run; `run=` with nothing: the file is one run;
 * - `measure=task`: the measure's name stands in this column (a long table);
 * - `se=acc_se`: the standard error of the value whose name it begins with, else of the value at its place in `value`;
 * - `n=items`: items behind every value; `time=ts`: seconds, milliseconds or a date; `ignore=a,b`: leave out.
 *
 * What is not mapped is guessed as without a mapping.
 */
import { OntogenyError } from "../../core/index.ts";
import type { ColumnMapping } from "../bridge.ts";

const MEANINGS = ["step", "value", "run", "measure", "se", "n", "time", "ignore"] as const;
export type Meaning = (typeof MEANINGS)[number];
export type TableMapping = Partial<Record<Meaning, readonly string[]>>;

/** Stands for the number of the row within its run. */
export const ROW_NUMBER_STEP = "#";

/** Errors: MAP_INVALID. */
export function parseMapping(mapping: ColumnMapping | undefined): TableMapping {
  const unknown = Object.keys(mapping ?? {}).find((key) => !MEANINGS.includes(key as Meaning));
  if (unknown !== undefined)
    throw new OntogenyError(
      "MAP_INVALID",
      `--map: expected ${MEANINGS.join(", ")}, got "${unknown}"; e.g. --map step=iter --map value=loss,acc`,
    );
  for (const meaning of ["step", "time", "n"] as const)
    if ((mapping?.[meaning]?.length ?? 1) !== 1)
      throw new OntogenyError(
        "MAP_INVALID",
        `--map ${meaning}: expected one column, got ${mapping?.[meaning]?.length}; e.g. --map ${meaning}=${meaning}`,
      );
  return mapping ?? {};
}

/** Columns that a mapping names and the table lacks. */
export function missingColumns(mapping: TableMapping, header: readonly string[]): string[] {
  const known = new Set(header);
  return MEANINGS.filter((meaning) => meaning !== "ignore")
    .flatMap((meaning) => mapping[meaning] ?? [])
    .filter((name) => name !== "" && name !== ROW_NUMBER_STEP && !known.has(name));
}
