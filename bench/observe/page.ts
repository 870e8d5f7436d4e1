/**
 * @file The generated part of docs/observe.md: the scores of the detectors and their speed, between two marks; what is
 * written around them is left alone. A page without the marks is an error.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import type { BenchRow } from "../harness.ts";

const BEGIN = "<!-- figures: written by `npm run bench -- observe --page docs/observe.md` -->";
const END = "<!-- end of figures -->";

export function writeObservePage(path: string, rows: readonly BenchRow[], date: string): void {
  const page = readFileSync(path, "utf8");
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${path}: expected the marks "${BEGIN}" and "${END}"`);
  const peer = rows.find(({ peerName }) => peerName !== null)?.peerName ?? "no peer here";
  const head = `${date}, ${cpus()[0].model.trim()}, Node ${process.versions.node}; peer: ${peer}, l2, jump 1, least size 2, penalty ln n · σ². ${rows[0].runs} runs a case.`;
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const table = [
    line(["case", "ours", "ruptures", "interval and others"]),
    line(["---", "---", "---", "---"]),
    ...rows.map((row) =>
      line([row.case, figure(row.ours, row.unit), row.peer === null ? "" : figure(row.peer, row.unit), row.note ?? ""]),
    ),
  ];
  writeFileSync(path, `${page.slice(0, begin)}${BEGIN}\n\n${head}\n\n${table.join("\n")}\n\n${page.slice(end)}`);
}

const figure = (value: number, unit: string): string => `${Number(value.toPrecision(3))}${unit === "s" ? " s" : ""}`;
