import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { traceLoop } from "../lowerLoop.ts";
import { mlpLoop } from "../mlp.fixture.ts";
import { initEngine } from "../program.ts";
import { contentHashOf } from "../trace/contentHash.ts";
import { compileLoop } from "./compileLoop.ts";
import { cachedModel } from "./modelCache.ts";

const folder = mkdtempSync(join(tmpdir(), "ontogeny-models-"));
beforeAll(() => initEngine());
afterAll(() => rmSync(folder, { recursive: true }));

const sizes = { inputs: 12, hidden: 5, classes: 3, batch: 4, rows: 20 };
const lowered = { model: Uint8Array.of(1, 10, 3), layout: {} as never, memory: {} as never };
const refuse = (): never => {
  throw new TypeError("lowered again");
};

test("equal programs have one content hash, and a number, a shape or a name tells programs apart", () => {
  const hash = contentHashOf(traceLoop(mlpLoop(sizes)));
  expect(contentHashOf(traceLoop(mlpLoop(sizes)))).toBe(hash);
  expect(contentHashOf(traceLoop(mlpLoop({ ...sizes, hidden: 6 })))).not.toBe(hash);
  expect(contentHashOf(traceLoop({ ...mlpLoop(sizes), name: "other" }))).not.toBe(hash);
  const spec = mlpLoop(sizes);
  const scaled = {
    ...spec,
    step: (args: Parameters<typeof spec.step>[0]) => spec.step({ ...args, b1: args.b1.mul(2) }),
  };
  expect(contentHashOf(traceLoop(scaled))).not.toBe(hash);
});

test("a program is lowered once, and is the same from memory and from the folder", async () => {
  const fresh = await compileLoop(mlpLoop(sizes), { cacheFolder: folder });
  const [file] = readdirSync(folder);
  expect(file).toMatch(/^[0-9a-f]{64}$/);
  const again = await compileLoop(mlpLoop(sizes), { cacheFolder: folder });
  expect(again.graphHash).toBe(fresh.graphHash);
  const layout = JSON.parse(readFileSync(join(folder, file), "utf8").split("\n", 1)[0]).layout;
  expect(layout.outputs).toEqual([{ name: "loss", type: "float32", shape: [] }]);
  await Promise.all([fresh.dispose(), again.dispose()]);
});

test("a file with other bytes than it says is lowered anew, and a folder that cannot be written is no error", () => {
  expect(cachedModel("a", folder, () => lowered).model).toEqual(lowered.model);
  expect(cachedModel("a", undefined, refuse).model).toEqual(lowered.model); // memory
  writeFileSync(join(folder, "b"), readFileSync(join(folder, "a")));
  expect(cachedModel("b", folder, refuse).model).toEqual(lowered.model); // the folder
  const bytes = readFileSync(join(folder, "a"));
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(join(folder, "c"), bytes);
  expect(() => cachedModel("c", folder, refuse)).toThrow("lowered again");
  expect(cachedModel("d", join(folder, "a", "under a file"), () => lowered).model).toEqual(lowered.model);
});
