import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Points, pointsOf, readInPieces } from "../cuts.fixture.ts";
import { importAll, type MemorySink } from "../memorySink.fixture.ts";
import { tablesBridge } from "./tablesBridge.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "ontogeny-tables-damage-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const CSV =
  'step,run,loss,"a ""b"""\n1,x,0.125,1\r\n2,x,0.0625,"2"\n1,y,3.5,3\nstep,run,loss,"a ""b"""\n1,y,-1e-7,4\n2,y,nan,\n"3",y,0.1253,5\n';
const JSONL =
  '{"_meta": {"lr": 0.1}}\n{"step": 1, "loss": 0.5, "é": "text"}\n{"step": 2, "loss": NaN, "more": {"acc": 1}}\n\n{"step": 1, "loss": 0.75}\n{"step": 3, "loss": 1}\n';
const JSON_ROWS = '[{"step": 1, "loss": 0.5, "run": "a"}, {"step": 2, "loss": NaN, "run": "b"}]';
const PARQUET = new Uint8Array(
  parquetWriteBuffer({
    columnData: [
      { name: "step", data: [1n, 2n, 3n], type: "INT64" },
      { name: "run", data: ["a", "a", "b"], type: "STRING" },
      { name: "loss", data: [3, null, 4], type: "DOUBLE" },
    ],
  }),
);

/** What a view shows: of values that a step has in one segment, the last. A corrected last line leaves its first reading behind. */
function lastValues(points: Points): Record<string, Record<string, number>> {
  return Object.fromEntries(
    Object.entries(points).map(([name, rows]) => [
      name,
      Object.fromEntries(rows.map(([step, value, segment]) => [`${segment}:${step}`, value])),
    ]),
  );
}

const pointCount = (points: Points) => Object.values(points).flat().length;

describe("a table read in pieces gives what it gives when read at once", () => {
  test.each([
    ["a.csv", CSV, { run: ["run"] }, true],
    ["a.jsonl", JSONL, undefined, false],
    ["plain.jsonl", JSONL.replace('"text"', "3"), undefined, true],
    ["plain.csv", CSV.replaceAll("run", "gain").replaceAll(/,[xy],/g, ",0,"), undefined, true],
  ])("%s", async (name, text, mapping, isReadOn) => {
    const content = Buffer.from(text);
    writeFileSync(join(root, name), content);
    const { states } = await importAll(tablesBridge, root, mapping);
    expect(states.get(name) !== undefined).toBe(isReadOn);
    const whole = await readInPieces(tablesBridge, { name, content, cuts: [], mapping });
    const points = pointsOf(whole);
    expect(Object.keys(points).length).toBeGreaterThan(1);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(content.length), { maxLength: 6 }), async (cuts) => {
        const pieces = await readInPieces(tablesBridge, { name, content, cuts, mapping });
        expect(lastValues(pointsOf(pieces))).toEqual(lastValues(points));
        const corrected = pieces.skipped.get("LAST_LINE_WAS_UNFINISHED")?.count ?? 0;
        expect(pointCount(pointsOf(pieces))).toBeLessThanOrEqual(pointCount(points) + 2 * corrected);
        for (const [key, run] of whole.runs)
          expect(pieces.run(key).facts.configuration).toMatchObject(configurationOf(run));
      }),
      { seed: 13, numRuns: 300 },
    );
  });
});

/** Numbers that have not changed so far are configuration: what a part of a file says of them may change. */
function configurationOf({
  facts: { configuration = {} },
}: {
  facts: MemorySink["runs"] extends Map<string, infer R> ? (R extends { facts: infer F } ? F : never) : never;
}) {
  const { lr, step_column } = configuration;
  return { step_column, ...(lr !== undefined && { lr }) };
}

describe("2,000 flips of bits never throw", () => {
  test.each([
    ["a.csv", Buffer.from(CSV)],
    ["a.jsonl", Buffer.from(JSONL)],
    ["a.json", Buffer.from(JSON_ROWS)],
    ["a.parquet", Buffer.from(PARQUET)],
  ])(
    "%s",
    async (name, bytes) => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(bytes.length * 8 - 1), { minLength: 1, maxLength: 4 }), async (bits) => {
          const flipped = Buffer.from(bytes);
          for (const bit of bits) flipped[bit >> 3] ^= 1 << (bit & 7);
          writeFileSync(join(root, name), flipped);
          const { sink } = await importAll(tablesBridge, root);
          for (const run of sink.runs.values())
            for (const { steps } of run.measures.values()) {
              expect(steps.length).toBeLessThan(20);
              expect(steps.every(Number.isFinite)).toBe(true);
            }
        }),
        { seed: 14, numRuns: 2000 },
      );
    },
    180_000,
  );
});

describe("every cut of a file", () => {
  test.each([
    ["a.csv", Buffer.from(CSV)],
    ["a.jsonl", Buffer.from(JSONL)],
    ["a.json", Buffer.from(JSON_ROWS)],
    ["a.parquet", Buffer.from(PARQUET)],
  ])("%s never throws", async (name, bytes) => {
    for (let length = 0; length < bytes.length; length++) {
      writeFileSync(join(root, name), bytes.subarray(0, length));
      await importAll(tablesBridge, root);
    }
  });
});

describe("hostile tables", () => {
  const read = async (name: string, content: string | Buffer) => {
    writeFileSync(join(root, name), content);
    return importAll(tablesBridge, root);
  };

  test("__proto__ as a column, a measure, a run and a key", async () => {
    await read("a.csv", "step,run,task,__proto__\n1,__proto__,__proto__,1\n2,__proto__,x,2\n1,constructor,x,3\n");
    await read(
      "b.jsonl",
      '{"__proto__": {"polluted": 1}, "step": 1, "loss": 1}\n{"step": 2, "loss": 1, "__proto__": 3}\n',
    );
    const { sink } = await read("c.json", '[{"step": 1, "__proto__": 4}, {"step": 2, "__proto__": {"polluted": 2}}]');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(sink.run("c.json").series("__proto__").values).toEqual([4]);
    expect(sink.run("a.csv » __proto__").measures.size).toBe(2);
  });

  test("names that climb out of folders stay names", async () => {
    const { sink } = await read("a.csv", "step,run,../../etc/passwd\n1,../../x,1\n1,/etc/y,1\n");
    expect([...sink.runs.keys()]).toEqual(["a.csv » ../../x", "a.csv » /etc/y"]);
  });

  test("deep JSON in a line costs the line", async () => {
    const { sink } = await read(
      "a.jsonl",
      `{"step": 1, "loss": 1}\n{"step": 2, "x": ${"[".repeat(100_000)}\n{"step": 3, "loss": 1}\n`,
    );
    expect(sink.run("a.jsonl").series("loss").steps).toEqual([1, 3]);
    expect(sink.skipped.get("LINE_INVALID")).toMatchObject({ count: 1 });
  });

  test("lines without end, quotes that never close, 30,000 columns", async () => {
    const long = await read(
      "long.csv",
      Buffer.concat([Buffer.from("step,loss\n1,1\n"), Buffer.alloc(3 * 2 ** 20, "7"), Buffer.from("\n2,2\n")]),
    );
    expect(long.sink.run("long.csv").series("loss").steps).toEqual([1, 2]);
    const open = await read("open.csv", `step,loss\n1,"1\n${"2,2\n".repeat(500)}`);
    expect(open.sink.run("open.csv").series("loss").steps.length).toBeGreaterThan(490);
    expect(open.sink.skipped.get("QUOTES_OPEN")).toMatchObject({ count: 1 });
    const names = Array.from({ length: 30_000 }, (_, i) => `c${i}`);
    const wide = await read("wide.csv", `step,${names}\n1,${names.map(() => 1)}\n`);
    expect(wide.sink.skipped.get("TOO_MANY_MEASURES")).toMatchObject({ count: 10_000 });
  });

  test("a document of many small lists is refused before it is built", async () => {
    const { tree } = await read("many.json", `[${"[],".repeat(4_100_000)}[]]`);
    expect([...tree.skipped.keys()]).toEqual(["JSON_TOO_LARGE"]);
  });
});
