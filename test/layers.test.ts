import { expect, test } from "vitest";
import { importsOf, layerViolations, MAY_IMPORT, readSources } from "./layers.ts";

test("src/ keeps to the layers", () => expect(layerViolations(readSources("src"))).toEqual([]));

test("the table has no cycle: every layer may import only layers above it in the table", () => {
  const order = Object.keys(MAY_IMPORT);
  for (const [layer, allowed] of Object.entries(MAY_IMPORT))
    for (const other of allowed) expect(order.indexOf(other), `${layer} → ${other}`).toBeLessThan(order.indexOf(layer));
});

test("sees every form of import", () => {
  const text = [
    'import { a } from "../a.ts";',
    'import type { B } from "../b.ts";',
    "import {\n  c,\n} from '../c.ts';",
    'export * from "../d.ts";',
    'import "../e.ts";',
    'const f = await import("../f.ts");',
    'type G = import("../g.ts").G;',
    '// import { h } from "../h.ts";',
  ].join("\n");
  expect(importsOf(text)).toEqual(["../a.ts", "../b.ts", "../c.ts", "../d.ts", "../e.ts", "../f.ts", "../g.ts"]);
});

const header = "/**\n * @file A sample.\n */\n";

test.each([
  ["core/a.ts", 'import type { X } from "../store/x.ts";', "core/a.ts: imports store/x.ts; core may import nothing"],
  ["store/a.ts", 'import { x } from "../engine/x.ts";', "store may import core, formats"],
  ["science/a.ts", 'import { readFileSync } from "node:fs";', "science runs in browsers"],
  ["engine/ir/a.ts", 'import { readFileSync } from "node:fs";', "only engine/native may"],
  ["engine/a.ts", 'import * as ort from "onnxruntime-node";', "only engine/native may"],
  [
    "engine/index.ts",
    'export { a } from "./native.ts";',
    "engine/index.ts: imports engine/native.ts; only engine/native",
  ],
  ["lab/a.ts", 'import { nativeDevice } from "../engine/native.ts";', "an organism is given its device"],
  ["study/a.ts", 'import { Worker } from "node:worker_threads";', "use child processes"],
  ["core/a.ts", "export const now = Date.now();", "uses Date.now"],
  ["science/a.ts", "export const u = Math.random();", "uses Math.random"],
  ["lab/a.ts", "export const home = process.env.HOME;", "lab/a.ts: reads process.env"],
  ["lab/a.ts", 'import { x } from "./x.suite.ts";', "which is a test"],
  ["nowhere/a.ts", "", "expected one of the folders core, science"],
  ["lab/long.ts", "x();\n".repeat(500), "503 lines, expected at most 400"],
])("refuses %s with %.40s", (path, body, message) => {
  expect(layerViolations([{ path, text: header + body }]).join("\n")).toContain(message);
});

test("refuses a file without a header", () => {
  expect(layerViolations([{ path: "lab/a.ts", text: "export const a = 1;\n" }])).toEqual([
    "lab/a.ts: expected to start with an @file comment",
  ]);
});
