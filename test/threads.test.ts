/**
 * @file One thread a session, one child process a run: sums that several threads scatter into came out wrong and different
 * every time, and ending a worker thread in mid-call aborts the process. (That nothing imports worker_threads is among the
 * layers' rules.)
 */
import { existsSync, readdirSync } from "node:fs";
import { posix } from "node:path";
import { grad } from "@jax-js/jax";
import * as ort from "onnxruntime-node";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ops } from "../src/engine/index.ts";
import { nativeDevice } from "../src/engine/native.ts";
import { readSources, type Source } from "./layers.ts";

const sources = readSources("src").filter(({ path }) => !/\.(test|suite|fixture)\.tsx?$/.test(path));
const SESSION = "engine/native/session.ts";

afterEach(() => vi.restoreAllMocks());

/** Files whose values (types aside) a source imports, relative to src/. */
function valueImports({ path, text }: Source): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const statements = [...code.matchAll(/\b(?:import|export)\s+(type\s+)?([\w*{},\s]*?)\s*from\s*"(\.[^"]+)"/g)];
  const withValues = statements.filter(([, type, names]) => {
    const braced = /^\{([\s\S]*)\}$/.exec(names.trim())?.[1];
    const onlyTypes = braced?.split(",").every((name) => /^\s*(type\s|$)/.test(name));
    return type === undefined && !onlyTypes;
  });
  const dynamic = [...code.matchAll(/\bimport\(\s*"(\.[^"]+)"/g)].map(([, name]) => name);
  return [...withValues.map(([, , , name]) => name), ...dynamic].map((name) =>
    posix.normalize(posix.join(posix.dirname(path), name)),
  );
}

const importersOf = (target: string): string[] =>
  sources.filter((source) => valueImports(source).includes(target)).map(({ path }) => path);

describe("one thread a session", () => {
  test("only one file opens sessions of the runtime", () => {
    const opening = sources.filter(({ text }) => /InferenceSession\s*\.\s*create\s*\(/.test(text));
    expect(opening.map(({ path }) => path)).toEqual([SESSION]);
  });

  test("and it opens them with one thread, in order, deterministic, not spinning", async () => {
    const create = vi.spyOn(ort.InferenceSession, "create");
    const program = await nativeDevice.compileFunction({
      name: "threads",
      inputs: { x: { dtype: "float32", shape: [4] } },
      fn: ({ x }) => ({ y: ops.exp(x) }),
    });
    await program.dispose();
    expect(create).toHaveBeenCalledTimes(1);
    expect(create.mock.calls[0][1 as 0]).toMatchObject({
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: "sequential",
      extra: {
        session: {
          use_deterministic_compute: "1",
          intra_op: { allow_spinning: "0" },
          inter_op: { allow_spinning: "0" },
        },
      },
    });
  });

  test("says so in every numerics key", () => {
    expect(nativeDevice.numericsOf({ graphHash: "g" })).toMatchObject({
      threads: 1,
      runtime: expect.stringContaining("sequential spinning=0 deterministic=1"),
    });
  });

  test("a large scatter starts no thread and gives the same bits every time", async (context) => {
    if (!existsSync("/proc/self/task")) context.skip("needs /proc to count threads");
    const threads = () => readdirSync("/proc/self/task").length;
    const before = threads();
    const [rows, width, taken] = [50, 64, 20_000];
    const program = await nativeDevice.compileFunction({
      name: "gradient of a gather",
      inputs: { table: { dtype: "float32", shape: [rows, width] }, index: { dtype: "int32", shape: [taken] } },
      fn: ({ table, index }) => {
        const loss = (x: typeof table) => ops.sum(ops.square(ops.exp(ops.take(x, index))));
        return { slope: grad(loss)(table.ref) as typeof table };
      },
    });
    const table = Float32Array.from({ length: rows * width }, (_, i) => Math.sin(i) / 3);
    const index = Int32Array.from({ length: taken }, (_, i) => (i * i * 31) % rows);
    const inputs = {
      table: { dtype: "float32" as const, shape: [rows, width], data: table },
      index: { dtype: "int32" as const, shape: [taken], data: index },
    };
    const { slope } = await program.run(inputs);
    for (let again = 0; again < 5; again++) expect((await program.run(inputs)).slope.data).toEqual(slope.data);
    expect(threads()).toBe(before);
    await program.dispose();
  });
});

describe("one child process a run", () => {
  test("above the lab only one file has the native device, and trainers are opened from there", () => {
    const users = importersOf("engine/native.ts").filter((path) => /^(study|server|cli|fleet)\//.test(path));
    const withDevice = users.filter((path) =>
      /\bnativeDevice(With)?\b/.test(sources.find((one) => one.path === path)!.text),
    );
    expect(withDevice).toEqual(["study/openTrainer.ts"]);
    const opening = sources.filter(
      ({ path, text }) => /^(study|server|cli|fleet)\//.test(path) && /\bdevice:/.test(text),
    );
    expect(opening.map(({ path }) => path)).toEqual(["study/openTrainer.ts"]);
  });

  test("and all that opens a trainer is led to from the worker's entry point alone", () => {
    const led = new Set<string>();
    const waiting = ["study/openTrainer.ts"];
    for (let target = waiting.pop(); target !== undefined; target = waiting.pop())
      for (const importer of importersOf(target))
        if (!led.has(importer)) {
          led.add(importer);
          waiting.push(importer);
        }
    expect([...led].sort()).toEqual([
      "study/ensemble/trainGroup.ts",
      "study/inspectRun.ts",
      "study/replay/replayRun.ts",
      "study/trainRun.ts",
      "study/worker.ts",
    ]);
  });

  test("the reader of imports tells values from types", () => {
    const text = [
      'import type { A } from "./a.ts";',
      'import { type B, type C } from "./b.ts";',
      'import { c, type D } from "./c.ts";',
      'export { e } from "./e.ts";',
      'const f = await import("./f.ts");',
    ].join("\n");
    expect(valueImports({ path: "x/y.ts", text })).toEqual(["x/c.ts", "x/e.ts", "x/f.ts"]);
  });
});
