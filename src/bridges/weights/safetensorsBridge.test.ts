import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Json, Rng } from "../../core/index.ts";
import { importAll, MemorySink, treeOf } from "../memorySink.fixture.ts";
import { safetensorsBridge } from "./safetensorsBridge.ts";
import { spectralNorm } from "./spectralNorm.ts";
import { WeightStats } from "./weightStats.ts";

// Written by safetensors 0.8.0 and measured by numpy (fixtures/make_checkpoints.py).
const { files: FILES, expected: EXPECTED } = JSON.parse(
  readFileSync(join(import.meta.dirname, "fixtures/checkpoints.json"), "utf8"),
) as {
  files: Record<string, string>;
  expected: Record<string, Record<string, number | "NaN">>;
};

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "weights-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, bytes: string | Uint8Array): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), bytes);
}
function putAll(accept: (path: string) => boolean = () => true): void {
  for (const [path, text] of Object.entries(FILES)) if (accept(path)) put(path, Buffer.from(text, "base64"));
}
/** A file of the format, whatever it says. */
function fileOf(header: unknown, data = new Uint8Array()): Uint8Array {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}
const floats = (...values: number[]) => new Uint8Array(new Float32Array(values).buffer);
async function readAll(from?: Json, sink = new MemorySink()) {
  const [unit] = await safetensorsBridge.claim(treeOf(root));
  return { unit, sink, run: sink.run(""), state: await safetensorsBridge.read(unit, { sink, from }) };
}

describe("checkpoints that safetensors wrote", () => {
  test("all measures of the whole and of every group are numpy's", async () => {
    putAll();
    const { unit, run, sink } = await readAll();
    expect(unit).toMatchObject({
      key: "out/model",
      companions: [{ relative: "out/checkpoint-500/model.safetensors.index.json" }],
    });
    const names = new Set(Object.values(EXPECTED).flatMap((measures) => Object.keys(measures)));
    expect([...run.measures.keys()].sort()).toEqual([...names].sort());
    for (const [step, measures] of Object.entries(EXPECTED))
      for (const [name, value] of Object.entries(measures)) {
        const series = run.measures.get(name)!;
        const got = series.values[series.steps.indexOf(Number(step))];
        if (value === "NaN") expect(got, `${name} at ${step}`).toBeNaN();
        else {
          // Spectral norms by power iteration stop within 1e-4 a round, from below; everything else is double precision.
          const tolerance = /spectralNorm|stableRank/.test(name) ? 5e-3 : 1e-12;
          expect(Math.abs(got - value), `${name} at ${step}: ${got}, ${value}`).toBeLessThanOrEqual(
            tolerance * Math.max(1, Math.abs(value)),
          );
        }
      }
    expect([...sink.skipped]).toEqual([]);
  });

  test("integers and masks have groups of their own and no part in the whole", async () => {
    putAll();
    const { run } = await readAll();
    expect(run.measures.get("weights/position_ids/norm")!.values[0]).toBeCloseTo(Math.sqrt(91), 12);
    const floating = EXPECTED["0"]["weights/norm"] as number;
    expect(run.measures.get("weights/norm")!.values[0]).toBeCloseTo(floating, 10);
  });

  test("going on when a checkpoint is added gives what reading whole gives", async () => {
    putAll((path) => !path.includes("checkpoint-1000"));
    const { sink, state } = await readAll();
    putAll();
    const { run: parts } = await readAll(state, sink);
    const { run: whole } = await readAll();
    for (const [name, series] of whole.measures) expect({ ...parts.measures.get(name) }).toEqual({ ...series });
  });

  test("when the first checkpoint has been deleted, distances from it end", async () => {
    putAll((path) => !path.includes("checkpoint-1000"));
    const { sink, state } = await readAll();
    rmSync(join(root, "out/checkpoint-0"), { recursive: true });
    putAll((path) => path.includes("checkpoint-1000"));
    const { run } = await readAll(state, sink);
    expect(run.measures.get("weights/distanceFromFirst")!.steps).toEqual([0, 500]);
    expect(run.measures.get("weights/distanceFromPrevious")!.steps).toEqual([500, 1000]);
    expect(sink.skipped.get("WEIGHTS_FIRST_GONE")?.count).toBe(1);
  });
});

describe("which files are checkpoints", () => {
  const one = (...values: number[]) =>
    fileOf({ w: { dtype: "F32", shape: [values.length], data_offsets: [0, 4 * values.length] } }, floats(...values));

  test("steps come from names of files and folders; other folders and stems are other runs", async () => {
    put("a/step-000000500.safetensors", one(3, 4));
    put("a/step-000001000.safetensors", one(6, 8));
    put("b/step1000/model.safetensors", one(1));
    put("b/step1000/ema.safetensors", one(2));
    const { sink } = await importAll(safetensorsBridge, root);
    expect([...sink.runs.keys()].sort()).toEqual(["a", "b/ema", "b/model"]);
    expect(sink.runs.get("a")!.measures.get("weights/norm")).toMatchObject({ steps: [500, 1000], values: [5, 10] });
    expect(sink.runs.get("a")!.measures.get("weights/distanceFromPrevious")).toMatchObject({
      steps: [1000],
      values: [5],
    });
  });

  test("a file without a step is named and left out", async () => {
    put("final/model.safetensors", one(1));
    const tree = treeOf(root);
    expect(await safetensorsBridge.claim(tree)).toEqual([]);
    expect(tree.skipped.get("WEIGHTS_WITHOUT_STEP")?.example).toMatch(/^final\/model\.safetensors/);
  });

  test("a checkpoint with a missing shard, and a second one of the same step, are left out and named", async () => {
    putAll((path) => !path.includes("00002-of-00002"));
    put("out/step_1000/model.safetensors", one(1));
    const { run, sink } = await readAll();
    expect(run.measures.get("weights/norm")!.steps).toEqual([0, 1000]);
    expect(sink.skipped.get("WEIGHTS_SHARD_MISSING")?.example).toMatch(/checkpoint-500.*1 of 2/);
    expect(sink.skipped.get("WEIGHTS_STEP_REPEATED")?.count).toBe(1);
  });

  test("what was left out is counted once, however often the folder grows", async () => {
    putAll((path) => !path.includes("00002-of-00002"));
    put("out/checkpoint-2000/model.safetensors", "no such file");
    const { sink, state } = await readAll();
    put("out/checkpoint-3000/model.safetensors", one(1));
    await readAll(state, sink);
    expect(sink.skipped.get("WEIGHTS_SHARD_MISSING")?.count).toBe(1);
    expect(sink.skipped.get("SAFETENSORS_INVALID")?.count).toBe(1);
  });

  test("tensors that change their shape have no distance, and then the whole has none", async () => {
    put("step_1.safetensors", one(1, 2));
    put("step_2.safetensors", one(1, 2, 3));
    const { run, sink } = await readAll();
    expect(run.measures.get("weights/distanceFromFirst")!.steps).toEqual([1]);
    expect(run.measures.has("weights/distanceFromPrevious")).toBe(false);
    expect(sink.skipped.get("WEIGHTS_NO_COUNTERPART")?.count).toBe(1);
  });

  test("types that are not read and matrices that are too large are counted with the first of them", async () => {
    const [rows, columns] = [2049, 2048];
    const header = {
      m: { dtype: "F16", shape: [rows, columns], data_offsets: [0, 2 * rows * columns] },
      c: { dtype: "C64", shape: [1], data_offsets: [2 * rows * columns, 2 * rows * columns + 8] },
      u: { dtype: "F128", shape: [9], data_offsets: [2 * rows * columns + 8, 2 * rows * columns + 9] },
    };
    put("step_1.safetensors", fileOf(header, new Uint8Array(2 * rows * columns + 9)));
    const { run, sink } = await readAll();
    expect(sink.skipped.get("WEIGHTS_DTYPE_NOT_READ")).toMatchObject({
      count: 2,
      example: expect.stringContaining('"c" of C64'),
    });
    expect(sink.skipped.get("WEIGHTS_MATRIX_TOO_LARGE")?.example).toMatch(/"m" \[2049, 2048\]/);
    expect(run.measures.get("weights/zeros")!.values).toEqual([1]);
    expect(run.measures.has("weights/spectralNorm")).toBe(false);
  });
});

describe("hostile files", () => {
  const HUGE = new Uint8Array(16).fill(255);
  const cases: [string, Uint8Array, RegExp][] = [
    ["a header that is said to be enormous", HUGE, /at most 100000000 bytes/],
    [
      "a header of more than the 16 MiB that are read",
      fileOf(`{${" ".repeat(17 * 2 ** 20)}}`),
      /at most 16777216 bytes/,
    ],
    ["a header nested deeply", fileOf(`${"[".repeat(200_000)}`), /expected JSON/],
    [
      "a size that is not shape × dtype",
      fileOf({ w: { dtype: "F16", shape: [3], data_offsets: [0, 4] } }, new Uint8Array(4)),
      /expected 6 bytes for F16/,
    ],
    [
      "overlapping tensors",
      fileOf(
        { a: { dtype: "U8", shape: [4], data_offsets: [0, 4] }, b: { dtype: "U8", shape: [4], data_offsets: [2, 6] } },
        new Uint8Array(6),
      ),
      /overlaps/,
    ],
    [
      "offsets beyond the file",
      fileOf({ a: { dtype: "U8", shape: [1e15], data_offsets: [0, 1e15] } }),
      /offsets within 0…0/,
    ],
    ["an empty file", new Uint8Array(), /at least 8 bytes/],
  ];
  test.each(cases)("%s is refused, the other checkpoints are read", async (_, bytes, message) => {
    put("step_1.safetensors", bytes);
    put("step_2.safetensors", fileOf({ w: { dtype: "F32", shape: [1], data_offsets: [0, 4] } }, floats(2)));
    const { run, sink } = await readAll();
    expect(run.measures.get("weights/norm")).toMatchObject({ steps: [2], values: [2] });
    expect(sink.skipped.get("SAFETENSORS_INVALID")).toMatchObject({
      count: 1,
      example: expect.stringMatching(message),
    });
  });

  test("a tensor called __proto__ is a tensor like any other", async () => {
    put("step_1.safetensors", fileOf('{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', floats(2)));
    const { run } = await readAll();
    expect(run.measures.get("weights/__proto__/norm")?.values).toEqual([2]);
    expect(({} as Record<string, unknown>).dtype).toBeUndefined();
  });

  test("more groups than are kept are counted, the whole still has them", async () => {
    const tensors = Object.fromEntries(
      Array.from({ length: 600 }, (_, i) => [`t${i}`, { dtype: "F32", shape: [1], data_offsets: [4 * i, 4 * i + 4] }]),
    );
    put("step_1.safetensors", fileOf(tensors, floats(...new Array(600).fill(1))));
    const { run, sink } = await readAll();
    expect(run.measures.get("weights/norm")!.values[0]).toBeCloseTo(Math.sqrt(600), 12);
    expect(sink.skipped.get("WEIGHTS_TOO_MANY_GROUPS")?.count).toBe(100);
  });

  test("2,000 files with flipped bits are measured or refused, and nothing is written", async () => {
    const rng = Rng.of(9, "safetensors flips");
    const paths = Object.keys(FILES).filter((path) => /-(?:0|1000)\/model\.safetensors$/.test(path));
    putAll((path) => paths.includes(path));
    const [unit] = await safetensorsBridge.claim(treeOf(root));
    const before = readdirSync(root, { recursive: true }).length;
    let [refused, measured] = [0, 0];
    for (let i = 0; i < 2000; i++) {
      const path = paths[i % paths.length];
      const bytes = Buffer.from(FILES[path], "base64");
      const upTo = i % 2 === 0 ? 900 : bytes.length;
      for (let k = 1 + (i % 3); k > 0; k--)
        bytes[Math.floor(rng.uniform() * upTo)] ^= 1 << Math.floor(rng.uniform() * 8);
      put(path, bytes);
      const sink = new MemorySink();
      await safetensorsBridge.read(unit, { sink });
      put(path, Buffer.from(FILES[path], "base64"));
      if (sink.skipped.has("SAFETENSORS_INVALID")) refused++;
      else measured++;
    }
    expect(readdirSync(root, { recursive: true }).length).toBe(before);
    expect(refused).toBeGreaterThan(300);
    expect(measured).toBeGreaterThan(300);
  }, 120_000);
});

describe("numbers", () => {
  test("a spectral norm is the largest singular value: diagonal, rank one, zero", () => {
    expect(spectralNorm(Float64Array.of(3, 0, 0, 0, -5, 0), 2, 3)).toBeCloseTo(5, 2);
    const [u, v] = [
      [1, 2, 2],
      [3, 4],
    ];
    expect(spectralNorm(Float64Array.from(u.flatMap((a) => v.map((b) => a * b))), 3, 2)).toBeCloseTo(15, 9);
    expect(spectralNorm(new Float64Array(6), 2, 3)).toBe(0);
    expect(spectralNorm(Float64Array.of(1, Number.NaN), 1, 2)).toBeNaN();
  });

  test("statistics do not depend on how the values are cut into pieces", () => {
    const rng = Rng.of(2, "weight stats");
    const values = Float64Array.from({ length: 1000 }, (_, i) => (i % 97 === 0 ? Number.NaN : 1e8 + rng.uniform()));
    const whole = new WeightStats();
    whole.add(values, values.length);
    const parts = new WeightStats();
    for (let at = 0; at < 1000; at += 130) {
      const part = new WeightStats();
      part.add(values.subarray(at), Math.min(130, 1000 - at));
      parts.addAll(part);
    }
    expect(parts.nonFinite).toBe(11);
    expect(parts.sd).toBeCloseTo(whole.sd, 6);
    // Uniform on an interval of length 1: 1/√12, although the mean is 1e8.
    expect(whole.sd).toBeCloseTo(Math.sqrt(1 / 12), 1);
    expect(parts.norm / whole.norm).toBeCloseTo(1, 12);
  });
});
