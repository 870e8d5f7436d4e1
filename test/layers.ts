/**
 * @file The architecture as a table, and a reader of import statements that compares src/ with it.
 *
 * Works on source text, so type imports count like any other. A source that it cannot place in a layer is a violation.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

/** What each folder of src/ may import besides itself and packages. `root` stands for src/index.ts. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  science: ["core"],
  formats: ["core"],
  engine: ["core"],
  lab: ["core", "engine"],
  store: ["core", "formats"],
  bridges: ["core", "formats"],
  fleet: ["core"],
  study: ["core", "science", "formats", "engine", "lab", "store", "bridges", "fleet"],
  server: ["core", "science", "formats", "store", "study"],
  cli: ["core", "science", "formats", "engine", "lab", "store", "bridges", "fleet", "study", "server"],
  root: ["core", "science", "formats", "engine", "lab", "store", "bridges", "fleet", "study"],
};

/** Run in browsers and are functions of their arguments. */
const PURE = ["core", "science", "formats"];
/** The engine runs in browsers too, but for its native device. */
const NATIVE_ENGINE = /^engine\/native(\/|\.ts$)/;
const READ_ENVIRONMENT = ["cli", "server"];
const LINES_AT_MOST = 400;
/** Files that are longer, each for a reason that its header states; never over 800 lines. */
const MAY_BE_LONG: readonly string[] = [];

export interface Source {
  /** Relative to src/, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export function readSources(folder: string): Source[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => /\.tsx?$/.test(path))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(folder, path), "utf8") }));
}

/** One line for each thing that the architecture forbids; empty when all is well. */
export function layerViolations(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => [
    ...importViolations(source),
    ...(isTest(source.path) ? [] : purityViolations(source)),
    ...shapeViolations(source),
  ]);
}

/** Every module named in a static import, a re-export, a dynamic import or an `import("…")` type. */
export function importsOf(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const named = /(?:\bfrom\s*|\bimport\s*\(?\s*)(["'])([^"'\n]+)\1/g;
  return [...code.matchAll(named)].map((match) => match[2]);
}

function importViolations({ path, text }: Source): string[] {
  const layer = layerOf(path);
  const allowed = MAY_IMPORT[layer];
  if (allowed === undefined) return [`${path}: expected one of the folders ${Object.keys(MAY_IMPORT).join(", ")}`];
  const violations: string[] = [];
  for (const name of importsOf(text)) {
    if (/^(node:)?worker_threads$/.test(name))
      violations.push(
        `${path}: imports ${name}; ending a worker thread inside a native call aborts the process, use child processes`,
      );
    if (!name.startsWith(".")) {
      if (PURE.includes(layer) && !isTest(path) && name.startsWith("node:"))
        violations.push(`${path}: imports ${name}, but ${layer} runs in browsers`);
      if (layer === "engine" && !isTest(path) && !NATIVE_ENGINE.test(path) && /^(node:|onnxruntime-node$)/.test(name))
        violations.push(`${path}: imports ${name}; only engine/native may, the rest of the engine runs in browsers`);
      continue;
    }
    const target = posix.normalize(posix.join(posix.dirname(path), name));
    if (target.startsWith("..")) {
      if (!isTest(path)) violations.push(`${path}: imports ${name}, which is outside src/`);
      continue;
    }
    const other = layerOf(target);
    if (layer === "engine" && !isTest(path) && !NATIVE_ENGINE.test(path) && NATIVE_ENGINE.test(target))
      violations.push(`${path}: imports ${target}; only engine/native may, the rest of the engine runs in browsers`);
    if (layer === "lab" && !isTest(path) && NATIVE_ENGINE.test(target))
      violations.push(`${path}: imports ${target}; an organism is given its device`);
    if (other !== layer && !allowed.includes(other))
      violations.push(`${path}: imports ${target}; ${layer} may import ${allowed.join(", ") || "nothing"}`);
    if (!isTest(path) && isTest(target)) violations.push(`${path}: imports ${target}, which is a test`);
  }
  return violations;
}

function purityViolations({ path, text }: Source): string[] {
  const layer = layerOf(path);
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
  const violations: string[] = [];
  if (PURE.includes(layer))
    for (const name of ["Date.now", "new Date()", "performance.now", "Math.random", "crypto.getRandomValues"])
      if (code.includes(name))
        violations.push(`${path}: uses ${name}; ${layer} is given clocks and seeds as arguments`);
  if (!READ_ENVIRONMENT.includes(layer) && /\bprocess\.env\b/.test(code))
    violations.push(`${path}: reads process.env; only ${READ_ENVIRONMENT.join(" and ")} do`);
  return violations;
}

function shapeViolations({ path, text }: Source): string[] {
  if (path.includes("/generated/")) return [];
  const violations: string[] = [];
  const lines = text.split("\n").length - 1;
  if (lines > 800) violations.push(`${path}: ${lines} lines, expected at most 800`);
  else if (lines > LINES_AT_MOST && !isTest(path) && !MAY_BE_LONG.includes(path))
    violations.push(`${path}: ${lines} lines, expected at most ${LINES_AT_MOST}; split it, or list it in MAY_BE_LONG`);
  const isBarrel = posix.basename(path) === "index.ts" && !/^\s*(const|let|function|class|interface)\b/m.test(text);
  if (!isBarrel && !isTest(path) && !/^(#!.*\n)?\/\*\*\s*\n? ?\*? ?@file\b/.test(text))
    violations.push(`${path}: expected to start with an @file comment`);
  return violations;
}

function layerOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.indexOf("/")) : "root";
}

function isTest(path: string): boolean {
  return /\.(test|suite|fixture)\.tsx?$/.test(path);
}
