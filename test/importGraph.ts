/**
 * @file The modules that a source pulls in when it runs: its static imports, theirs, and so on.
 *
 * Type-only statements (`import type`, `export type`) are erased by the compiler and do not count; `import { type A }`
 * leaves an import behind and does.
 */
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { importsOf } from "./layers.ts";

export interface ImportGraph {
  /** Sources, as paths from the working directory. */
  readonly sources: readonly string[];
  /** Packages and built-in modules, each with the chain of sources that leads there. */
  readonly packages: ReadonlyMap<string, readonly string[]>;
}

export function importGraph(entry: string): ImportGraph {
  const packages = new Map<string, readonly string[]>();
  const chains = new Map<string, readonly string[]>([[normalize(entry), [normalize(entry)]]]);
  for (const [path, chain] of chains)
    for (const name of runtimeImports(readFileSync(path, "utf8"))) {
      if (!name.startsWith(".")) {
        if (!packages.has(name)) packages.set(name, chain);
        continue;
      }
      const target = normalize(join(dirname(path), name));
      if (!chains.has(target)) chains.set(target, [...chain, target]);
    }
  return { sources: [...chains.keys()], packages };
}

export function runtimeImports(text: string): string[] {
  return importsOf(
    text.replace(/^\s*(?:import|export) type\s+(?:\{[^}]*\}|\*(?: as \w+)?|\w+)\s*from\s*["'][^"'\n]+["'];?/gm, ""),
  );
}
