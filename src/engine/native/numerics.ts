/**
 * @file What the bits depend on (DESIGN §4, numerics key): engine, graphs, runtime build and options, threads, processor.
 */
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import type { Numerics } from "../../core/index.ts";
import type { HashedProgram } from "../device.ts";
import { combinedHash, ENGINE_VERSION } from "../version.ts";
import { describeRuntime } from "./session.ts";

/** Features by which the runtime and its kernels choose code. */
const RELEVANT_FLAGS = /^(avx|avx2|fma|f16c|avx512\w*|avx_vnni|amx\w*|asimd\w*|sve\w*|i8mm|bf16|fphp|neon)$/;

/** One key for everything that a run computes with. The order of programs does not matter. */
export function numericsOf(...programs: readonly HashedProgram[]): Numerics {
  const { engine, ...machine } = machineNumerics();
  return { engine, graph: combinedHash(programs), ...machine };
}

/** What all programs of this build on this machine have in common. */
export function machineNumerics(): Omit<Numerics, "graph"> {
  return {
    engine: `ontogeny-engine/${ENGINE_VERSION}`,
    runtime: `${describeRuntime()}, v8@${describeScript()}`,
    threads: 1,
    cpu: describeProcessor(),
  };
}

/** Initial draws and schedules are computed by the script engine, whose sines and logarithms change with its version. */
function describeScript(): string {
  return process.versions.v8.split(".").slice(0, 2).join(".");
}

let processor: string | undefined;

function describeProcessor(): string {
  processor ??= `${process.arch} ${cpus()[0]?.model.trim() ?? "unknown"} ${flagsOf().join(" ")}`.trim();
  return processor;
}

/** Empty where the system does not list them: then the model's name alone stands for them. */
function flagsOf(): string[] {
  let text: string;
  try {
    text = readFileSync("/proc/cpuinfo", "utf8");
  } catch {
    return [];
  }
  const flags = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(text)?.[1] ?? "";
  return flags
    .split(/\s+/)
    .filter((flag) => RELEVANT_FLAGS.test(flag))
    .sort();
}
