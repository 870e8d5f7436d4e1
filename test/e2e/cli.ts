/**
 * @file Drives the built command line as a user would: a process of its own, a workspace of its own, no terminal.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { ROOT } from "../../scripts/ensure.mjs";

export const TINY = join(ROOT, "test", "e2e", "tiny.yaml");

export interface CliEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly wallMs: number;
}

export interface RunningCli {
  readonly pid: number;
  readonly end: Promise<CliEnd>;
  /** What it has printed by now. */
  printed(): string;
  /** To the process and all that it started; false when they are gone. */
  killGroup(signal: NodeJS.Signals): boolean;
}

export function startCli(args: readonly string[]): RunningCli {
  const startedMs = Date.now();
  const child: ChildProcess = spawn(process.execPath, [join(ROOT, "dist", "cli", "main.js"), ...args], {
    cwd: ROOT,
    detached: true, // a process group of its own
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout!.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const end = new Promise<CliEnd>((resolve) =>
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr, wallMs: Date.now() - startedMs })),
  );
  return {
    pid: child.pid!,
    end,
    printed: () => stdout,
    killGroup(signal) {
      try {
        return process.kill(-child.pid!, signal);
      } catch {
        return false;
      }
    },
  };
}

export function cli(...args: readonly string[]): Promise<CliEnd> {
  return startCli(args).end;
}

/** Runs and parses what it prints; throws with its messages when it fails. */
// biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of the JSON
export async function cliJson<T = any>(...args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await cli(...args, "--json");
  if (code !== 0) throw new Error(`ontogeny ${args.join(" ")}: exit code ${code}\n${stderr}`);
  return JSON.parse(stdout) as T;
}

/** An empty folder that lives as long as the test file's process; removed by the system. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), "ontogeny-e2e-"));
}

/** A study file made from the tiny one by exact replacements; a replacement that finds nothing is an error. */
export function editedTiny(...edits: readonly (readonly [before: string, after: string])[]): string {
  let text = readFileSync(TINY, "utf8");
  for (const [before, after] of edits) {
    if (!text.includes(before)) throw new Error(`tiny.yaml has no "${before}"`);
    text = text.replace(before, after);
  }
  const path = join(temporaryFolder(), "study.yaml");
  writeFileSync(path, text);
  return path;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Ends what a failing test left running. */
export function endsWithTest(running: RunningCli): RunningCli {
  onTestFinished(() => {
    running.killGroup("SIGKILL");
  });
  return running;
}

/** Process ids of the direct children, on Linux. */
export function childrenOf(pid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === pid;
      } catch {
        return false; // ended meanwhile
      }
    })
    .map(Number);
}
