/**
 * @file `npm run bench -- SUITE [--json]`: runs one suite and prints a table, or one JSON object a line.
 */
import { renderTable, shortNumber } from "../src/cli/table.ts";
import type { BenchRow } from "./harness.ts";

const SUITES: Readonly<Record<string, (root: string) => Promise<BenchRow[]>>> = {
  study: async (root) => (await import("./study.ts")).studySuite(root),
};

const words = process.argv.slice(2);
const json = words.includes("--json");
const [name] = words.filter((word) => !word.startsWith("--"));
const suite = SUITES[name ?? ""];
if (suite === undefined) {
  console.error(
    `error SUITE_UNKNOWN: expected one of ${Object.keys(SUITES).join(", ")}, got "${name ?? ""}"; npm run bench -- study`,
  );
  process.exit(2);
}
const rows = await suite(process.cwd());
if (json) for (const row of rows) console.log(JSON.stringify(row));
else {
  console.log(
    renderTable(rows, [
      { title: "CASE", text: (row) => row.case },
      { title: "OURS", text: ({ ours }) => shortNumber(ours), align: "right" },
      { title: "PEER", text: ({ peer }) => shortNumber(peer), align: "right" },
      { title: "PEER NAME", text: ({ peerName }) => peerName ?? "—" },
      { title: "OURS/PEER", text: ({ ratio }) => shortNumber(ratio), align: "right" },
      { title: "GOAL", text: ({ goal }) => (goal === null ? "—" : `≤ ${goal}`), align: "right" },
      { title: "UNIT", text: ({ unit }) => unit },
      { title: "RUNS", text: ({ runs }) => String(runs), align: "right" },
      { title: "NOTE", text: ({ note }) => note ?? "" },
    ]),
  );
  const missed = rows.filter(({ ours, goal }) => goal !== null && !(ours <= goal)).map((row) => row.case);
  console.log(missed.length === 0 ? "\nEvery goal is met." : `\nGoal missed: ${[...new Set(missed)].join(", ")}`);
}
