/**
 * @file Settings from a YAML file as flat dotted names, for the formats that keep one beside their data.
 *
 * Never throws for what is in the file: too large, not YAML, too deep or too many is counted with its reason and left out.
 * Aliases expand at most a hundredfold (the parser's own bound), tags of other languages are read as the plain data that they
 * stand before.
 */
import { readFile, stat } from "node:fs/promises";
import { parse } from "yaml";
import { type Json, jsonNumberFrom } from "../core/index.ts";
import type { SourceFile } from "./bridge.ts";
import type { SkipCounter } from "./skipCounter.ts";

const YAML_BYTES_AT_MOST = 2 ** 21;
const NAMES_AT_MOST = 10_000;
const DEPTH_AT_MOST = 32;

/** undefined: nothing to be had, and counted. */
export async function readYamlConfiguration(
  file: SourceFile,
  skips: SkipCounter,
): Promise<Record<string, Json> | undefined> {
  const document = await readYaml(file, skips);
  return document === undefined ? undefined : flatConfiguration(document);
}

/** The document as plain data; undefined: nothing to be had, and counted. */
export async function readYaml(file: SourceFile, skips: SkipCounter): Promise<unknown> {
  try {
    const { size } = await stat(file.path);
    if (size > YAML_BYTES_AT_MOST) {
      skips.add("YAML_TOO_LARGE", () => `${file.relative}: ${size} bytes, at most ${YAML_BYTES_AT_MOST} are read`);
      return undefined;
    }
    return parse(await readFile(file.path, "utf8"), { logLevel: "error", uniqueKeys: false }) ?? undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0] : String(error);
    skips.add("YAML_INVALID", () => `${file.relative}: ${why}`);
    return undefined;
  }
}

/** Objects become dotted names; lists stay; what is deeper, or more, than stated is left out. */
export function flatConfiguration(value: unknown, prefix = ""): Record<string, Json> {
  const names = new Map<string, Json>();
  addNames(value, prefix, 0, names);
  return Object.fromEntries(names);
}

function addNames(value: unknown, prefix: string, depth: number, names: Map<string, Json>): void {
  if (names.size >= NAMES_AT_MOST || depth > DEPTH_AT_MOST) return;
  if (isPlainObject(value) && Object.keys(value).length > 0)
    for (const [name, inner] of Object.entries(value))
      addNames(inner, prefix === "" ? name : `${prefix}.${name}`, depth + 1, names);
  else if (prefix !== "") names.set(prefix, jsonOf(value, depth));
}

function jsonOf(value: unknown, depth: number): Json {
  if (typeof value === "number") return jsonNumberFrom(value);
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "bigint") return String(value);
  if (value === null || value === undefined || depth > DEPTH_AT_MOST) return null;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((item) => jsonOf(item, depth + 1));
  if (!isPlainObject(value)) return String(value);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, jsonOf(inner, depth + 1)]));
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
