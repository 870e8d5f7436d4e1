/**
 * @file Where a step's time goes, by ONNX Runtime's own profiler: per operator and for the slowest nodes, every node at its
 * median over the steps.
 */
import { renderTable, shortNumber } from "../../src/cli/table.ts";
import type { SessionOptions } from "../../src/engine/native.ts";
import { median } from "../harness.ts";
import { CurvatureRun, curvatureProblem } from "./curvature.ts";
import { MODELS } from "./models/index.ts";
import { OurRun } from "./ours.ts";
import { type NodeTime, profiled } from "./trace.ts";

const WARM_UP = 2;

const PROFILED_CURVATURE = ["gradient", "product"] as const;

export const PROFILED: readonly string[] = [...Object.keys(MODELS), ...PROFILED_CURVATURE];

export interface Profile {
  /** Milliseconds a step, under the profiler, which costs about a microsecond a node. */
  readonly totalMs: number;
  /** By time; what the kernels leave stands as "(between kernels)". */
  readonly operators: readonly { readonly operator: string; readonly ms: number; readonly nodes: number }[];
  readonly slowest: readonly NodeCost[];
}

interface NodeCost {
  readonly name: string;
  readonly operator: string;
  readonly shapes: string;
  readonly ms: number;
}

export async function profileOf(name: string, steps: number): Promise<Profile> {
  const trace = await profiled(async (profilePath) => {
    const run = await openRun(name, { profilePath });
    await run.advance(WARM_UP);
    await run.advance(steps);
    await run.close();
  });
  // A training loop takes all its steps in one call; a function takes one a call.
  const [{ startUs: begin }] = trace.calls.slice(trace.calls.length === 2 ? 1 : WARM_UP);
  const inside = trace.nodes.filter(({ operator, startUs }) => operator !== "Loop" && startUs >= begin);
  const slowest = [...group(inside, (node) => node.name)].map(([node, list]) => ({
    name: node,
    operator: list[0].operator,
    shapes: list[0].shapes,
    ms: medianCost(list.map(({ durationUs }) => durationUs)) / steps,
    nodes: list.length / steps,
  }));
  const operators = [...group(slowest, ({ operator }) => operator)].map(([operator, list]) => ({
    operator,
    ms: list.reduce((total, { ms }) => total + ms, 0),
    nodes: list.reduce((total, { nodes }) => total + nodes, 0),
  }));
  operators.push({ operator: "(between kernels)", ms: gaps(inside) / steps, nodes: 0 });
  const totalMs = operators.reduce((total, { ms }) => total + ms, 0);
  return { totalMs, operators: byTime(operators), slowest: byTime(slowest) };
}

/** Milliseconds of all together, each at the median: what else the machine does in between must not count. */
const medianCost = (durationsUs: readonly number[]): number => (durationsUs.length * median(durationsUs)) / 1000;

/** Milliseconds from each node's end to the next one's start. */
function gaps(nodes: readonly NodeTime[]): number {
  const after = nodes.slice(0, -1).map(({ name, startUs, durationUs }, i) => ({
    name,
    gapUs: Math.max(0, nodes[i + 1].startUs - startUs - durationUs),
  }));
  const costs = [...group(after, ({ name }) => name).values()].map((list) =>
    medianCost(list.map(({ gapUs }) => gapUs)),
  );
  return costs.reduce((total, cost) => total + cost, 0);
}

/** A table of operators, then one of the slowest nodes, in milliseconds a step. */
export async function profileText(name: string, options: { readonly steps: number; readonly nodes: number }) {
  const { totalMs, operators, slowest } = await profileOf(name, options.steps);
  const share = (ms: number): string => `${((100 * ms) / totalMs).toFixed(1)}%`;
  return [
    `${name}: ${shortNumber(totalMs)} ms a step under the profiler, ${options.steps} steps`,
    renderTable(operators, [
      { title: "OPERATOR", text: ({ operator }) => operator },
      { title: "MS/STEP", text: ({ ms }) => ms.toFixed(3), align: "right" },
      { title: "SHARE", text: ({ ms }) => share(ms), align: "right" },
      { title: "NODES", text: ({ nodes }) => shortNumber(nodes), align: "right" },
    ]),
    renderTable(slowest.slice(0, options.nodes), [
      { title: "SLOWEST NODES", text: (node) => node.name },
      { title: "OPERATOR", text: ({ operator }) => operator },
      { title: "MS/STEP", text: ({ ms }) => ms.toFixed(3), align: "right" },
      { title: "SHARE", text: ({ ms }) => share(ms), align: "right" },
      { title: "SHAPES", text: ({ shapes }) => shapes },
    ]),
  ].join("\n\n");
}

const byTime = <T extends { readonly ms: number }>(rows: readonly T[]): T[] => [...rows].sort((a, b) => b.ms - a.ms);

interface Profilable {
  advance(steps: number): Promise<unknown>;
  close(): Promise<void>;
}

/** A training case's loop, or the transformer's "gradient" or "product" (with the Hessian). */
function openRun(name: string, options: SessionOptions): Promise<Profilable> {
  const kind = PROFILED_CURVATURE.find((one) => one === name);
  if (kind !== undefined) return CurvatureRun.open(kind, curvatureProblem(), options);
  return OurRun.open(MODELS[name].problem(), options);
}

function group<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const list = groups.get(key);
    if (list === undefined) groups.set(key, [item]);
    else list.push(item);
  }
  return groups;
}
