/**
 * @file Objects as rows of cells under a header that grows with their keys.
 *
 * Objects within are flattened with dots. Lists, and keys beyond 20,000 columns or 8 levels, are named once and left out.
 */
import type { SourceFile } from "../bridge.ts";
import { isJsonObject } from "../jsonFile.ts";
import { type Cell, cellOf, type ReportSkip } from "./rowSource.ts";

const COLUMNS_AT_MOST = 20_000;
const LEVELS_AT_MOST = 8;

export class FlatRows {
  readonly header: string[];
  private readonly places: Map<string, number>;
  private readonly named = new Set<string>();
  private readonly file: SourceFile;
  private readonly report: ReportSkip;

  constructor(file: SourceFile, report: ReportSkip, header: readonly string[] = []) {
    this.file = file;
    this.report = report;
    this.header = [...header];
    this.places = new Map(header.map((name, place) => [name, place]));
  }

  row(object: Readonly<Record<string, unknown>>): Cell[] {
    const cells: Cell[] = [];
    this.fill(object, "", cells, 0);
    for (let i = 0; i < cells.length; i++) if (cells[i] === undefined) cells[i] = null;
    return cells;
  }

  private fill(object: Readonly<Record<string, unknown>>, prefix: string, cells: Cell[], level: number): void {
    for (const [key, value] of Object.entries(object)) {
      const name = prefix === "" ? key : `${prefix}.${key}`;
      if (isJsonObject(value) && level < LEVELS_AT_MOST) this.fill(value, name, cells, level + 1);
      else if (typeof value === "object" && value !== null) this.name("LIST_LEFT_OUT", name);
      else {
        const place = this.placeOf(name);
        if (place === undefined) this.name("COLUMN_LEFT_OUT", name);
        else cells[place] = scalarOf(value);
      }
    }
  }

  private placeOf(name: string): number | undefined {
    const known = this.places.get(name);
    if (known !== undefined) return known;
    if (this.header.length >= COLUMNS_AT_MOST) return undefined;
    this.places.set(name, this.header.length);
    return this.header.push(name) - 1;
  }

  private name(code: string, name: string): void {
    if (this.named.has(name) || this.named.size >= COLUMNS_AT_MOST) return;
    this.named.add(name);
    this.report(code, `${this.file.relative}: ${name}`);
  }
}

function scalarOf(value: unknown): Cell {
  if (typeof value === "string") return cellOf(value);
  return typeof value === "number" || typeof value === "boolean" ? value : null;
}
