/**
 * @file The generated part of docs/benchmarks.md: machine, versions, the table, and for every goal that is missed where
 * the step's time goes. It stands between two marks; what is written around them is left alone. A page without the marks
 * is an error.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, loadavg } from "node:os";
import { type BenchRow, goalText, isMet } from "../harness.ts";
import { canPin } from "../peerProcess.ts";
import { matmulRate } from "./matmulRate.ts";
import { MODELS } from "./models/index.ts";
import { loopSpec } from "./ours.ts";
import { profileOf } from "./profile.ts";
import type { Measuring } from "./trainingRows.ts";

const BEGIN = "<!-- figures: written by `npm run bench -- engine --page docs/benchmarks.md` -->";
const END = "<!-- end of figures -->";
const PROFILE_STEPS = 10;
const LEAST_SHARE = 0.03;

export async function writePage(
  path: string,
  rows: readonly BenchRow[],
  { turns, clock, date }: Measuring & { date: string },
) {
  const page = readFileSync(path, "utf8");
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${path}: expected the marks "${BEGIN}" and "${END}"`);
  const parts = [
    `${date}. ${machineText()} ${versionsText(rows)}`,
    `${clock === "cpu" ? "Times are processor time" : "Times are wall-clock time"} (load average at the end ${loadavg()[0].toFixed(1)}, of which this is 1); ${turns} turns each, medians, 95% intervals of the ratio by bootstrap over turns; ${canPin() ? "every contestant was held on core 0" : "contestants were not pinned: there is no taskset here"}.`,
    tableText(rows),
    ...(await profiles(rows)),
  ];
  writeFileSync(path, `${page.slice(0, begin)}${BEGIN}\n\n${parts.join("\n\n")}\n\n${page.slice(end)}`);
}

function machineText(): string {
  const [{ model }] = cpus();
  return `${model.trim()}, ${cpus().length} cores, ${process.platform} ${process.arch}.`;
}

function versionsText(rows: readonly BenchRow[]): string {
  const require = createRequire(import.meta.url);
  const ofPackage = (name: string): string =>
    (JSON.parse(readFileSync(require.resolve(`${name}/package.json`), "utf8")) as { version: string }).version;
  const peers = new Set(rows.flatMap(({ peerName }) => (/\d+\.\d+/.test(peerName ?? "") ? [peerName] : [])));
  return `Node ${process.versions.node}, onnxruntime-node ${ofPackage("onnxruntime-node")}; peers: ${[...peers].join(", ") || "none found"}.`;
}

function tableText(rows: readonly BenchRow[]): string {
  const lines = rows.map((row) => {
    const { ours, peer, peerName, ratio, ratioInterval, unit, note = "" } = row;
    const interval = ratioInterval?.map((value) => value.toFixed(2)).join("–");
    const figure = (value: number): string => `${Number(value.toPrecision(3))} ${unit}`;
    return [
      row.case,
      figure(ours),
      peer === null ? "" : `${figure(peer)}, ${peerName}`,
      ratio === null ? "" : `${ratio.toFixed(2)}${interval === undefined ? "" : ` (${interval})`}`,
      goalText(row),
      metText(row),
      note,
    ];
  });
  const header = ["case", "ours", "next to", "ratio (95%)", "goal", "met", "note"];
  return [header, header.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** "no, by 12%": how far the figure is from its bound. */
function metText(row: BenchRow): string {
  const met = isMet(row);
  if (met === null) return "—";
  if (met) return "yes";
  const { held, ratio, ours, goal } = row;
  const value = held?.what === "ratio" ? ratio! : ours;
  return Number.isFinite(value) ? `no, by ${(100 * Math.abs(value / goal! - 1)).toFixed(0)}%` : "no";
}

/** One table of operators for every profile that a missed row names. */
async function profiles(rows: readonly BenchRow[]): Promise<string[]> {
  const missed = new Map<string, string>();
  for (const row of rows) if (isMet(row) === false && row.profile !== undefined) missed.set(row.profile, row.case);
  const parts: string[] = [];
  for (const [name, title] of missed) {
    const { totalMs, operators } = await profileOf(name, PROFILE_STEPS);
    const shown = operators.filter(({ ms }) => ms >= LEAST_SHARE * totalMs);
    const lines = shown.map(
      ({ operator, ms, nodes }) =>
        `| ${operator} | ${ms.toFixed(2)} | ${((100 * ms) / totalMs).toFixed(0)}% | ${nodes === 0 ? "" : Number(nodes.toFixed(1))} |`,
    );
    const alone = MODELS[name] === undefined ? undefined : await matmulRate(loopSpec(MODELS[name].problem()));
    const floor = alone === undefined ? "" : `, its matrix products alone ${alone.aloneMs.toFixed(2)} ms`;
    parts.push(
      `Where the time goes, ${title} (\`--profile ${name}\`; ${totalMs.toFixed(2)} ms a step with the profiler on${floor}):`,
      ["| operator | ms | share | nodes |", "| --- | --- | --- | --- |", ...lines].join("\n"),
    );
  }
  return parts;
}
