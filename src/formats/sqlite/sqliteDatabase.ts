/**
 * @file Rows of the tables of a SQLite database, in the order of their numbers, a page at a time.
 *
 * For databases that other programs write. A page is visited once however damaged pointers are, so that reading ends and does
 * no more work than the file is long. Damage is handed to `onDamage` and reading goes on with the next page or row; rows of more
 * than `ROW_BYTES_AT_MOST` are left out the same way. Views and virtual tables are not read, nothing is executed.
 * Source: sqlite.org/fileformat2.html, sections 1.5, 1.6 and 2.6.
 */
import { type SqliteFiles, SqlitePages, u16, u32 } from "./sqlitePages.ts";
import { recordValues, type SqliteValue, VarintReader } from "./sqliteRecord.ts";
import { maybeColumns, type TableColumn } from "./sqliteTables.ts";

export const ROW_BYTES_AT_MOST = 2 ** 20;
const SCHEMA_COLUMNS = [0, 1, 3, 4];
const INTERIOR = 5;
const LEAF = 13;
const DEPTH_AT_MOST = 40;

export interface SqliteTable {
  readonly name: string;
  readonly rootPage: number;
  /** undefined: stores its rows in a way that is not read. */
  readonly columns: readonly TableColumn[] | undefined;
}

export type OnDamage = (what: string) => void;

export class SqliteDatabase {
  /** By name in lower case. */
  readonly tables: ReadonlyMap<string, SqliteTable>;
  readonly pages: SqlitePages;
  private readonly onDamage: OnDamage;

  /** Errors: SQLITE_INVALID. */
  constructor(files: SqliteFiles, onDamage: OnDamage) {
    this.pages = new SqlitePages(files);
    this.onDamage = onDamage;
    const tables = new Map<string, SqliteTable>();
    for (const { values } of this.scan(1, SCHEMA_COLUMNS)) {
      const [type, name, rootPage, sql] = values;
      if (type !== "table" || typeof name !== "string" || typeof rootPage !== "number" || typeof sql !== "string")
        continue;
      tables.set(name.toLowerCase(), { name, rootPage, columns: rootPage > 0 ? maybeColumns(sql) : undefined });
    }
    this.tables = tables;
  }

  /** The named columns of every row; null also where the table has no such column. Nothing where there is no such table. */
  *rows(table: string, names: readonly string[]): Generator<SqliteValue[]> {
    const { columns, rootPage } = this.tables.get(table.toLowerCase()) ?? {};
    if (columns === undefined || rootPage === undefined) return;
    const indices = names.map((name) => columns.findIndex((column) => column.name.toLowerCase() === name));
    for (const { rowid, values } of this.scan(rootPage, indices))
      yield values.map((value, i) => {
        const column = columns[indices[i]];
        if (column === undefined) return null;
        return column.isRowid ? rowid : value === undefined ? column.missing : value;
      });
  }

  private *scan(
    root: number,
    wanted: readonly number[],
  ): Generator<{ rowid: number; values: (SqliteValue | undefined)[] }> {
    const { pages, onDamage } = this;
    const visited = new PageSet(pages.pageCount);
    const stack = [root];
    while (stack.length > 0) {
      const number = stack.pop()!;
      if (!visited.add(number)) {
        onDamage(`page ${number}: out of range, or reached twice`);
        continue;
      }
      const page = pages.page(number);
      const start = number === 1 ? 100 : 0;
      const type = page?.[start];
      if (page === undefined || (type !== INTERIOR && type !== LEAF)) {
        onDamage(`page ${number}: ${page === undefined ? "not there" : `no page of a table (${type})`}`);
        continue;
      }
      const cells = this.cellsOf(page, start, number);
      if (type === LEAF) {
        for (const at of cells) {
          const row = this.rowAt(page, at, wanted, visited);
          if (row === undefined) onDamage(`page ${number}: a row at byte ${at} that does not fit`);
          else yield row;
        }
      } else if (stack.length > DEPTH_AT_MOST * pages.pageSize) onDamage(`page ${number}: too deep`);
      else {
        stack.push(u32(page, start + 8));
        for (const at of cells.reverse()) stack.push(u32(page, at));
      }
    }
  }

  private cellsOf(page: Uint8Array, start: number, number: number): number[] {
    const first = start + (page[start] === LEAF ? 8 : 12);
    const stated = u16(page, start + 3);
    const count = Math.min(stated, Math.floor((this.pages.usableSize - first) / 2));
    if (count < stated) this.onDamage(`page ${number}: ${stated} cells`);
    const cells: number[] = [];
    for (let i = 0; i < count; i++) {
      const at = u16(page, first + 2 * i);
      if (at >= first && at + 4 <= this.pages.usableSize) cells.push(at);
      else this.onDamage(`page ${number}: a cell at byte ${at}`);
    }
    return cells;
  }

  private rowAt(page: Uint8Array, at: number, wanted: readonly number[], visited: PageSet) {
    const { usableSize, encoding } = this.pages;
    const reader = new VarintReader(page, at);
    const length = reader.next();
    const rowid = reader.next();
    if (reader.isPast || length < 0 || length > ROW_BYTES_AT_MOST) return undefined;
    const local = localBytes(length, usableSize);
    const end = reader.at + local;
    if (end + (local < length ? 4 : 0) > usableSize) return undefined;
    const payload =
      local === length
        ? page.subarray(reader.at, end)
        : this.withOverflow(page.subarray(reader.at, end), length, u32(page, end), visited);
    const values = payload && recordValues(payload, wanted, encoding);
    return values && { rowid, values };
  }

  private withOverflow(local: Uint8Array, length: number, first: number, visited: PageSet): Uint8Array | undefined {
    const payload = new Uint8Array(length);
    payload.set(local);
    let filled = local.length;
    for (let number = first; filled < length; ) {
      const page = visited.add(number) ? this.pages.page(number) : undefined;
      if (page === undefined) return undefined;
      const take = Math.min(length - filled, this.pages.usableSize - 4);
      payload.set(page.subarray(4, 4 + take), filled);
      filled += take;
      number = u32(page, 0);
    }
    return payload;
  }
}

/** How much of a row stands in its own page. */
function localBytes(length: number, usable: number): number {
  const most = usable - 35;
  if (length <= most) return length;
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const local = least + ((length - least) % (usable - 4));
  return local <= most ? local : least;
}

class PageSet {
  private readonly bits: Uint8Array;
  private readonly count: number;

  constructor(count: number) {
    this.count = count;
    this.bits = new Uint8Array(Math.floor(count / 8) + 1);
  }

  /** False: no such page, or it was there. */
  add(number: number): boolean {
    if (number < 1 || number > this.count) return false;
    const [index, bit] = [Math.floor(number / 8), 1 << (number % 8)];
    if ((this.bits[index] & bit) !== 0) return false;
    this.bits[index] |= bit;
    return true;
  }
}
