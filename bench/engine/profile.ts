/**
 * @file Where a step's time goes, by ONNX Runtime's own profiler: per operator and for the slowest nodes.
 */
import { renderTable, shortNumber } from "../../src/cli/table.ts";
import type { SessionOptions } from "../../src/engine/native.ts";
import { CurvatureRun, curvatureProblem } from "./curvature.ts";
import { MODELS } from "./models/index.ts";
import { OurRun } from "./ours.ts";
import { type NodeTime, profiled } from "./trace.ts";

const WARM_UP = 2;

export const PROFILED: readonly string[] = [...Object.keys(MODELS), "gradient", "product"];

/** Text: a table of operators, then one of the slowest nodes, in milliseconds a step. */
export async function profileText(name: string, options: { readonly steps: number; readonly nodes: number }) {
  const { steps, nodes: shown } = options;
  const trace = await profiled(async (profilePath) => {
    const run = await openRun(name, { profilePath });
    await run.advance(WARM_UP);
    await run.advance(steps);
    await run.close();
  });
  // A training loop takes all its steps in one call; a function takes one a call.
  const calls = trace.calls.slice(trace.calls.length === 2 ? 1 : WARM_UP);
  const begin = calls[0].startUs;
  const inside = trace.nodes.filter(({ operator, startUs }) => operator !== "Loop" && startUs >= begin);
  const msPerStep = (us: number): number => us / 1000 / steps;
  const total = msPerStep(sumUs(calls));
  const operators = [...group(inside, ({ operator }) => operator)].map(([operator, list]) => ({
    operator,
    ms: msPerStep(sumUs(list)),
    count: list.length / steps,
  }));
  operators.push({ operator: "(between kernels)", ms: total - msPerStep(sumUs(inside)), count: 0 });
  const nodes = [...group(inside, ({ name: node }) => node)].map(([node, list]) => ({
    node,
    ms: msPerStep(sumUs(list)),
    operator: list[0].operator,
    shapes: list[0].shapes,
  }));
  const share = (ms: number): string => `${((100 * ms) / total).toFixed(1)}%`;
  const byTime = <T extends { readonly ms: number }>(rows: T[]): T[] => rows.sort((a, b) => b.ms - a.ms);
  return [
    `${name}: ${shortNumber(total)} ms a step under the profiler, ${steps} steps`,
    renderTable(byTime(operators), [
      { title: "OPERATOR", text: ({ operator }) => operator },
      { title: "MS/STEP", text: ({ ms }) => ms.toFixed(3), align: "right" },
      { title: "SHARE", text: ({ ms }) => share(ms), align: "right" },
      { title: "NODES", text: ({ count }) => shortNumber(count), align: "right" },
    ]),
    renderTable(byTime(nodes).slice(0, shown), [
      { title: "SLOWEST NODES", text: ({ node }) => node },
      { title: "OPERATOR", text: ({ operator }) => operator },
      { title: "MS/STEP", text: ({ ms }) => ms.toFixed(3), align: "right" },
      { title: "SHARE", text: ({ ms }) => share(ms), align: "right" },
      { title: "SHAPES", text: ({ shapes }) => shapes },
    ]),
  ].join("\n\n");
}

interface Profilable {
  advance(steps: number): Promise<unknown>;
  close(): Promise<void>;
}

/** A training case's loop, or the transformer's "gradient" or "product" (with the Hessian). */
function openRun(name: string, options: SessionOptions): Promise<Profilable> {
  if (name === "gradient" || name === "product") return CurvatureRun.open(name, curvatureProblem(), options);
  return OurRun.open(MODELS[name].problem(), options);
}

const sumUs = (list: readonly Pick<NodeTime, "durationUs">[]): number =>
  list.reduce((total, { durationUs }) => total + durationUs, 0);

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
