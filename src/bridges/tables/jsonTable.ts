/**
 * @file A whole JSON document as a table: a list of objects, lists by column, or what pandas writes (columns of objects;
 * `{"columns": […], "data": [[…]]}`); also one such table inside an object, beside its settings.
 *
 * Anything else is no table: undefined. Rows of lists need as many cells as there are columns.
 */
import type { SourceFile } from "../bridge.ts";
import { isJsonObject } from "../jsonFile.ts";
import { FlatRows } from "./flatRows.ts";
import type { Cell, ReportSkip } from "./rowSource.ts";

export interface JsonTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

type Fields = Readonly<Record<string, unknown>>;

export function maybeJsonTable(document: unknown, file: SourceFile, report: ReportSkip): JsonTable | undefined {
  const objects = maybeObjects(document);
  if (objects === undefined) return undefined;
  const flat = new FlatRows(file, report);
  const rows = objects.map((object) => flat.row(object));
  return { header: flat.header, rows };
}

function maybeObjects(document: unknown): readonly Fields[] | undefined {
  if (Array.isArray(document)) return isListOfObjects(document) ? document : undefined;
  if (!isJsonObject(document)) return undefined;
  const { columns, data } = document;
  if (isListOfText(columns) && Array.isArray(data))
    return data.flatMap((row) =>
      Array.isArray(row) && row.length === columns.length
        ? [Object.fromEntries(columns.map((name, i) => [name, row[i]]))]
        : [],
    );
  const lists = Object.entries(document).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]));
  const rows = lists.filter(([, list]) => isListOfObjects(list));
  if (rows.length === 1) return [settingsOf(document), ...(rows[0][1] as Fields[])];
  const byColumn = fromLists(lists) ?? fromIndexed(document);
  return byColumn === undefined ? undefined : [settingsOf(document), ...byColumn];
}

/** What stands beside the table: a row without a step. */
function settingsOf(document: Fields): Fields {
  return Object.fromEntries(Object.entries(document).filter(([, value]) => typeof value !== "object"));
}

/** Columns are the lists of the commonest length over 1, if there are two at least. */
function fromLists(lists: readonly [string, unknown[]][]): Fields[] | undefined {
  const counts = new Map<number, number>();
  for (const [, list] of lists) counts.set(list.length, (counts.get(list.length) ?? 0) + 1);
  const [length = 0, columns = 0] = [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0] ?? [];
  if (length < 2 || columns < 2) return undefined;
  const used = lists.filter(
    ([, list]) => list.length === length && !list.some((cell) => typeof cell === "object" && cell !== null),
  );
  return Array.from({ length }, (_, i) => Object.fromEntries(used.map(([name, list]) => [name, list[i]])));
}

/** `{"loss": {"0": 2.3, "1": 2.1}, …}`: pandas' to_json. */
function fromIndexed(document: Fields): Fields[] | undefined {
  const columns = Object.entries(document).filter((entry): entry is [string, Fields] => isJsonObject(entry[1]));
  const rows = new Map<string, [string, unknown][]>();
  if (columns.length < 2 || columns.length < Object.keys(document).length) return undefined;
  for (const [name, cells] of columns)
    for (const [index, cell] of Object.entries(cells)) {
      if (!/^\d+$/.test(index)) return undefined;
      rows.set(index, [...(rows.get(index) ?? []), [name, cell]]);
    }
  return rows.size < 2 ? undefined : [...rows.values()].map((entries) => Object.fromEntries(entries));
}

function isListOfObjects(list: readonly unknown[]): list is Fields[] {
  return list.length > 0 && list.every(isJsonObject);
}

function isListOfText(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string");
}
