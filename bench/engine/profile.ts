/**
 * @file Where a step's time goes, by ONNX Runtime's own profiler: per operator and for the slowest nodes.
 */
import { renderTable, shortNumber } from "../../src/cli/table.ts";
import { MODELS } from "./models/index.ts";
import { OurRun } from "./ours.ts";
import { type NodeTime, profiled } from "./trace.ts";

/** Text: a table of operators, then one of the slowest nodes, in milliseconds a step. */
export async function profileText(name: string, options: { readonly steps: number; readonly nodes: number }) {
  const { steps, nodes: shown } = options;
  const times = await profiled(async (profilePath) => {
    const run = await OurRun.open(MODELS[name].problem(), { profilePath });
    await run.advance(2);
    await run.advance(steps);
    await run.close();
  });
  const loop = times.filter(({ operator }) => operator === "Loop").sort((a, b) => a.startUs - b.startUs)[1];
  const inside = times.filter(
    ({ operator, startUs }) =>
      operator !== "Loop" && startUs >= loop.startUs && startUs < loop.startUs + loop.durationUs,
  );
  const kernelsUs = inside.reduce((total, { durationUs }) => total + durationUs, 0);
  const msPerStep = (us: number): number => us / 1000 / steps;
  const operators = [...group(inside, ({ operator }) => operator)].map(([operator, list]) => ({
    operator,
    ms: msPerStep(sumUs(list)),
    count: list.length / steps,
  }));
  operators.push({ operator: "(between kernels)", ms: msPerStep(loop.durationUs - kernelsUs), count: 0 });
  const total = msPerStep(loop.durationUs);
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

const sumUs = (list: readonly NodeTime[]): number => list.reduce((total, { durationUs }) => total + durationUs, 0);

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
