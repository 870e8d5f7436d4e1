import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { OntogenyError, Rng } from "../../core/index.ts";
import { SqliteDatabase } from "./sqliteDatabase.ts";
import type { ByteSource } from "./sqlitePages.ts";
import { maybeColumns } from "./sqliteTables.ts";

// Written by SQLite itself (fixtures/make_sqlite.py), with the rows that SQLite reads.
const { sqlite: _, ...DATABASES } = JSON.parse(
  readFileSync(join(import.meta.dirname, "fixtures/databases.json"), "utf8"),
) as Record<string, { files: Record<string, string>; rows: Record<string, unknown[][]> }>;

function sourceOf(bytes: Uint8Array): ByteSource {
  return { size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) };
}
function bytesOf(name: string, suffix: string): Uint8Array | undefined {
  const text = DATABASES[name].files[suffix];
  return text === undefined ? undefined : new Uint8Array(inflateSync(Buffer.from(text, "base64")));
}
function open(name: string, changed: { main?: Uint8Array; wal?: Uint8Array; journal?: Uint8Array } = {}) {
  const damage: string[] = [];
  const wal = changed.wal ?? bytesOf(name, "-wal");
  const journal = changed.journal ?? bytesOf(name, "-journal");
  const database = new SqliteDatabase(
    {
      main: sourceOf(changed.main ?? bytesOf(name, "")!),
      ...(wal && { wal: sourceOf(wal) }),
      ...(journal && { journal: sourceOf(journal) }),
    },
    (what) => damage.push(what),
  );
  return { database, damage };
}
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return { int: String(value) };
  return value instanceof Uint8Array ? { hex: Buffer.from(value).toString("hex") } : value;
}
const rowsOf = (database: SqliteDatabase, table: string) => {
  const names = database.tables.get(table)!.columns!.map(({ name }) => name.toLowerCase());
  return [...database.rows(table, names)].map((row) => row.map(plain));
};

describe("databases that SQLite wrote", () => {
  for (const [name, { rows }] of Object.entries(DATABASES))
    test(`${name}: every table has the rows that SQLite reads`, () => {
      const { database, damage } = open(name);
      for (const [table, expected] of Object.entries(rows)) {
        // A default that was added later comes as it was written: '0' is text here, a number in SQLite.
        const got = rowsOf(database, table).map((row) => (table === "grown" ? [row[0], Number(row[1]), row[2]] : row));
        expect(got, table).toEqual(expected);
      }
      expect(damage).toEqual([]);
    });

  test("what is committed in the log counts, what is not committed does not", () => {
    const { database } = open("wal");
    expect(database.pages.overlaid).toBeGreaterThan(0);
    expect(rowsOf(database, "points").length).toBe(80);
    expect([...open("wal", { wal: new Uint8Array(0) }).database.rows("points", ["step"])].length).toBe(30);
  });

  test("a log whose checksums stop holding counts as far as they hold", () => {
    const wal = bytesOf("wal", "-wal")!.slice();
    wal[32 + 24 + 100] ^= 1;
    expect([...open("wal", { wal }).database.rows("points", ["step"])].length).toBe(30);
  });

  test("the journal of an unfinished transaction gives back what was there before it", () => {
    const { database } = open("journal");
    expect(rowsOf(database, "points").length).toBe(60);
    const torn = open("journal", { journal: new Uint8Array(0) });
    expect([...torn.database.rows("points", ["value"])].some(([value]) => value === -1)).toBe(true);
  });

  test("a column that is asked for and not there is null; a table that is not there has no rows", () => {
    const { database } = open("plain");
    expect([...database.rows("grown", ["a", "nothing"])]).toEqual([
      ["old", null],
      ["new", null],
    ]);
    expect([...database.rows("nothing", ["a"])]).toEqual([]);
  });

  test("views are not run, and tables without row numbers are not read", () => {
    const { database } = open("plain");
    expect(database.tables.has("endless")).toBe(false);
    expect(database.tables.get("keyed")?.columns).toBeUndefined();
  });

  test("a commit in the meantime is noticed", () => {
    const main = bytesOf("plain", "")!.slice();
    const { database } = open("plain", { main });
    expect(database.pages.isUnchanged()).toBe(true);
    main[27] += 1;
    expect(database.pages.isUnchanged()).toBe(false);
  });
});

describe("statements", () => {
  const names = (sql: string) => maybeColumns(sql)?.map(({ name, isRowid }) => (isRowid ? `${name}!` : name));

  test("columns in their order, whatever the quotes, comments, checks and constraints", () => {
    expect(
      names(`CREATE TABLE "m" (\n"a ""b" TEXT DEFAULT 'x, y', [c d] INT CHECK (x IN (0, 1) AND CAST(y AS INT)), \`e\`, -- f INT,
      /* g, */ h VARCHAR(250) NOT NULL, CONSTRAINT p PRIMARY KEY (h, e), FOREIGN KEY(e) REFERENCES o (i))`),
    ).toEqual(['a "b', "c d", "e", "h"]);
  });
  test("only INTEGER PRIMARY KEY, of the column or of the table, is the row's number", () => {
    expect(names("create table t (id integer primary key autoincrement, b)")).toEqual(["id!", "b"]);
    expect(names("CREATE TABLE t (id INTEGER NOT NULL, b, CONSTRAINT k PRIMARY KEY (ID))")).toEqual(["id!", "b"]);
    expect(names("CREATE TABLE t (id BIGINT PRIMARY KEY, b INTEGER PRIMARY KEY DESC)")).toEqual(["id", "b"]);
    expect(names("CREATE TABLE t (id INTEGER, b, PRIMARY KEY (id, b))")).toEqual(["id", "b"]);
  });
  test("what is stored otherwise, or is no such statement, is not read", () => {
    for (const sql of [
      "CREATE VIRTUAL TABLE t USING fts5(a)",
      "CREATE TABLE t (a PRIMARY KEY) WITHOUT ROWID",
      "CREATE TABLE t (a, b AS (a + 1))",
      "CREATE TABLE t (a",
      "",
      "DROP TABLE t",
      "CREATE TABLE t AS SELECT 1",
    ])
      expect(maybeColumns(sql), sql).toBeUndefined();
  });
});

describe("damage", () => {
  test("3,000 databases with flipped bits are read to an end, in no more rows than the file can hold, or refused", () => {
    const rng = Rng.of(5, "sqlite flips");
    let [refused, damaged] = [0, 0];
    for (let i = 0; i < 3000; i++) {
      const name = ["plain", "wal", "journal"][i % 3];
      const parts = { main: bytesOf(name, "")!, wal: bytesOf(name, "-wal"), journal: bytesOf(name, "-journal") };
      const victim = (i % 2 === 0 ? undefined : (parts.wal ?? parts.journal)) ?? parts.main;
      // Half of the flips into the first pages, where structure stands.
      for (let k = 1 + (i % 4); k > 0; k--)
        victim[Math.floor(rng.uniform() * (i % 5 < 2 ? 1024 : victim.length))] ^= 1 << Math.floor(rng.uniform() * 8);
      try {
        const { database, damage } = open(name, parts);
        let rows = 0;
        for (const table of database.tables.keys())
          for (const _row of database.rows(table, ["name", "value", "step", "text", "any_value"])) rows++;
        expect(rows).toBeLessThan(victim.length);
        if (damage.length > 0) damaged++;
      } catch (error) {
        expect(error).toBeInstanceOf(OntogenyError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(10);
    expect(damaged).toBeGreaterThan(100);
  }, 120_000);

  test("a page that leads back to itself is read once, and said", () => {
    const main = bytesOf("plain", "")!.slice();
    const { database } = open("plain", { main });
    const root = database.tables.get("points")!.rootPage;
    const at = (root - 1) * 512;
    expect(main[at]).toBe(5);
    new DataView(main.buffer).setUint32(at + 8, root);
    const { database: looped, damage } = open("plain", { main });
    const rows = [...looped.rows("points", ["step"])].length;
    expect(rows).toBeGreaterThan(0);
    expect(rows).toBeLessThan(DATABASES.plain.rows.points.length);
    expect(damage).toEqual([`page ${root}: out of range, or reached twice`]);
  });

  test("sizes that are stated and not there reserve nothing", () => {
    const main = bytesOf("plain", "")!.slice();
    new DataView(main.buffer).setUint32(28, 0xffffffff);
    expect(rowsOf(open("plain", { main }).database, "points").length).toBe(DATABASES.plain.rows.points.length);
  });
});
