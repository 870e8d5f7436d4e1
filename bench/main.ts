/**
 * @file `npm run bench -- SUITE [--only CASE,…] [--turns N] [--clock wall|cpu] [--json] [--page FILE]`: runs one
 * suite and prints a table, or one JSON object a line; --page (suites engine, observe) writes the figures into docs/benchmarks.md or docs/observe.md.
 * `npm run bench -- engine --profile CASE [--steps N] [--nodes N]`: where a step's time goes.
 */
import { parseArgs } from "node:util";
import { renderTable, shortNumber } from "../src/cli/table.ts";
import { type BenchRow, goalText, isMet } from "./harness.ts";
import type { Clock } from "./peerProcess.ts";

interface Request {
  readonly root: string;
  readonly only: readonly string[];
  readonly turns: number;
  readonly clock: Clock;
}

const SUITES: Readonly<Record<string, (request: Request) => Promise<BenchRow[]>>> = {
  audit: async ({ root }) => (await import("./audit/suite.ts")).auditSuite(root, reportProgress),
  study: async ({ root }) => (await import("./study.ts")).studySuite(root),
  bridges: async (request) => (await import("./bridges/suite.ts")).bridgesSuite(request),
  forecast: async ({ root }) => (await import("./forecast/suite.ts")).forecastSuite(root, console.error),
  observe: async (request) => (await import("./observe/suite.ts")).observeSuite(request),
  engine: async (request) => (await import("./engine/suite.ts")).engineSuite({ ...request, onRows: reportProgress }),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    turns: { type: "string", default: "9" },
    clock: { type: "string", default: "wall" },
    profile: { type: "string" },
    steps: { type: "string", default: "20" },
    nodes: { type: "string", default: "25" },
    page: { type: "string" },
  },
});
const [name = ""] = positionals;
const suite = SUITES[name];
if (suite === undefined)
  fail(`SUITE_UNKNOWN: expected one of ${Object.keys(SUITES).join(", ")}, got "${name}"; npm run bench -- study`);
if (values.profile !== undefined) {
  const { PROFILED, profileText } = await import("./engine/profile.ts");
  if (name !== "engine" || !PROFILED.includes(values.profile))
    fail(`CASE_UNKNOWN: --profile: expected suite engine and one of ${PROFILED.join(", ")}, got "${values.profile}"`);
  const [steps, nodes] = [wholeNumber("steps", values.steps), wholeNumber("nodes", values.nodes)];
  console.log(await profileText(values.profile, { steps, nodes }));
} else {
  const only = values.only.split(",").filter((word) => word !== "");
  await refuseUnknown(only);
  const measuring = { root: process.cwd(), turns: wholeNumber("turns", values.turns), clock: clock(values.clock) };
  const rows = await suite({ ...measuring, only });
  if (values.json) for (const row of rows) console.log(JSON.stringify(row));
  else print(rows);
  if (values.page !== undefined) {
    const date = new Date().toISOString().slice(0, 10);
    if (name === "observe") (await import("./observe/page.ts")).writeObservePage(values.page, rows, date);
    else await (await import("./engine/page.ts")).writePage(values.page, rows, { ...measuring, date });
  }
}

function print(rows: readonly BenchRow[]): void {
  console.log(
    renderTable(rows, [
      { title: "CASE", text: (row) => row.case },
      { title: "OURS", text: ({ ours }) => shortNumber(ours), align: "right" },
      { title: "PEER", text: ({ peer }) => shortNumber(peer), align: "right" },
      { title: "PEER NAME", text: ({ peerName }) => peerName ?? "—" },
      { title: "OURS/PEER", text: ({ ratio }) => ratio?.toFixed(2) ?? "—", align: "right" },
      { title: "95%", text: ({ ratioInterval: at }) => at?.map((end) => end.toFixed(2)).join("–") ?? "—" },
      { title: "GOAL", text: goalText, align: "right" },
      { title: "MET", text: (row) => ({ true: "yes", false: "NO", null: "—" })[`${isMet(row)}`] },
      { title: "UNIT", text: ({ unit }) => unit },
      { title: "RUNS", text: ({ runs }) => String(runs), align: "right" },
      { title: "NOTE", text: ({ note }) => note ?? "" },
    ]),
  );
  const missed = rows.filter((row) => isMet(row) === false).map((row) => row.case);
  console.log(missed.length === 0 ? "\nEvery goal is met." : `\nGoal missed: ${[...new Set(missed)].join(", ")}`);
}

function reportProgress(rows: readonly BenchRow[]): void {
  for (const { case: title, ours, unit, ratio, peerName } of rows)
    process.stderr.write(
      `${title}: ${shortNumber(ours)} ${unit}${ratio === null ? "" : `, ${shortNumber(ratio)} × ${peerName}`}\n`,
    );
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  return fail(`OPTION_INVALID: --${option}: expected a whole number above 0, got "${text}"`);
}

function clock(text: string): Clock {
  if (text === "wall" || text === "cpu") return text;
  return fail(`OPTION_INVALID: --clock: expected wall or cpu, got "${text}"`);
}

async function refuseUnknown(cases: readonly string[]): Promise<void> {
  if (cases.length === 0) return;
  const known = await casesOf(name);
  const unknown = cases.find((word) => !known.includes(word));
  if (unknown === undefined) return;
  const hint = known.length === 0 ? `suite ${name} has no cases to choose from` : `expected ${known.join(", ")}`;
  fail(`CASE_UNKNOWN: ${hint}, got "${unknown}"`);
}

async function casesOf(suite: string): Promise<readonly string[]> {
  if (suite === "observe") return (await import("./observe/suite.ts")).OBSERVE_CASES;
  if (suite === "engine") return (await import("./engine/suite.ts")).CASE_NAMES;
  if (suite === "bridges") return (await import("./bridges/suite.ts")).BRIDGE_CASES;
  return [];
}

function fail(line: string): never {
  console.error(`error ${line}`);
  process.exit(2);
}
