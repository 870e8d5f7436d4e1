/**
 * @file The commands over a finished study, and what they say when something in the workspace was tampered with or
 * damaged.
 */
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { launchChromium } from "./chromium.ts";
import { cli, cliJson, TINY, temporaryFolder } from "./cli.ts";

const finished = temporaryFolder();
/** A cohort run with a checkpoint at step 30. */
let parent: string;

beforeAll(async () => {
  const { code, stderr } = await cli("run", TINY, "--home", finished);
  if (code !== 0) throw new Error(stderr);
  const { lineage } = await cliJson("show", "tiny", "--home", finished);
  parent = lineage.find(({ role }: { role: string }) => role === "cohort").run;
});

function copyOfHome(): string {
  const home = temporaryFolder();
  cpSync(finished, home, { recursive: true });
  return home;
}

test("a branch that changes nothing has the bits of its parent", async () => {
  const home = copyOfHome();
  for (const step of [30, 17]) {
    const { placebo, control, treated } = await cliJson("branch", parent, "--at", String(step), "--home", home);
    expect(placebo).toEqual({ compared: "state", identical: true });
    expect(treated).toBeUndefined();
    const { ancestors } = await cliJson("show", control, "--home", home);
    expect(ancestors).toEqual([{ run: parent, forkStep: step, changes: [] }]);
  }
});

test("a branch with a change is paired with its control, stands in the lineage and in the ledger", async () => {
  const home = copyOfHome();
  const args = ["branch", parent, "--at", "30", "--set", "objective.conflictWeight=50", "--home", home];
  const { treated, control, effects, horizon } = await cliJson(...args);
  expect(horizon).toBe(60);
  const { effect, ...arms } = effects.find(({ measure }: { measure: string }) => measure === "conflict.accuracy");
  expect(effect.value).toBeCloseTo(arms.treated[0] - arms.control[0], 12);
  expect(effect.low).toBeLessThan(effect.value);
  expect(effect).toMatchObject({ n: 1, level: 0.95 });
  const { branches } = await cliJson("show", parent, "--home", home);
  const forked = branches.filter((branch: { forkStep: number }) => branch.forkStep === 30);
  expect(forked.map(({ run }: { run: string }) => run)).toEqual(expect.arrayContaining([treated, control]));
  const entries = await cliJson("ledger", "show", "--kind", "effect", "--key", treated, "--home", home);
  expect(entries).toHaveLength(1);
  const again = await cliJson(...args);
  expect(again.effects).toEqual(effects);
  const measured = await cliJson("effect", treated, "--measure", "conflict.accuracy", "--home", home);
  expect(measured.effects[0].effect).toEqual(effect);
});

test("a branch that the organism cannot follow, or from beyond the run, is refused before anything is trained", async () => {
  const home = copyOfHome();
  const runs = readdirSync(join(home, "runs")).length;
  for (const [args, message] of [
    [["--at", "30", "--set", "data.trainSize=100"], /^error CHANGE_INVALID: .*trainSize/],
    [["--at", "30", "--set", "data.nothing=1"], /^error CHANGE_INVALID: .*nothing/],
    [["--at", "61"], /^error FORK_BEYOND_RUN: .*step 60 or earlier, got 61/],
    [["--at", "60"], /^error HORIZON_BEFORE_FORK/],
  ] as const) {
    const { code, stderr } = await cli("branch", parent, ...args, "--home", home);
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
  }
  expect(readdirSync(join(home, "runs"))).toHaveLength(runs);
});

test("the effects of a study carry intervals, joint p-values and their nulls", async () => {
  const { families, nulls } = await cliJson("effect", "--study", "tiny", "--home", finished);
  expect(families.map(({ kind }: { kind: string }) => kind)).toEqual(["window", "dose"]);
  expect(nulls.exact.compared).toBeGreaterThan(0);
  expect(nulls.exact.identical).toBe(nulls.exact.compared);
  const { stdout } = await cli("effect", "--study", "tiny", "--home", finished);
  expect(stdout).toContain("branches have their parent's bits");
});

test("a forecast of a finished run is called retrospective", async () => {
  const args = ["forecast", parent, "--study", "tiny", "--at", "30", "--home", finished];
  const { registered, cutoff, forecasts } = await cliJson(...args);
  expect({ registered, cutoff }).toEqual({ registered: false, cutoff: 30 });
  for (const { distribution } of forecasts) {
    const { quantiles } = distribution;
    expect([...quantiles].sort((a: number, b: number) => a - b)).toEqual(quantiles);
  }
  expect((await cli(...args)).stdout).toContain("retrospective");
});

test("SQL answers from the files and can change nothing", async () => {
  const query = "SELECT count(DISTINCT run) AS runs FROM points WHERE measure = 'clean.accuracy'";
  const { stdout } = await cli("sql", query, "--json", "--home", finished);
  expect(JSON.parse(stdout).runs).toBeGreaterThan(30);
  expect((await cli("sql", "SELECT 1 AS one, 'a,b' AS two", "--csv", "--home", finished)).stdout).toBe(
    'one,two\n1,"a,b"\n',
  );
  for (const forbidden of ["DROP TABLE runs", `SELECT * FROM read_text('${join(finished, "ledger", "head.json")}')`]) {
    const { code, stderr } = await cli("sql", forbidden, "--home", finished);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error SQL_/);
  }
});

test("the report is drawn again the same", async () => {
  const home = copyOfHome();
  const { report } = await cliJson("report", "tiny", "--home", home);
  const [study] = readdirSync(join(finished, "studies"));
  const before = readFileSync(join(finished, "studies", study, "report.html"), "utf8");
  expect(readFileSync(report, "utf8") === before).toBe(true);
});

test("the report reads in a browser: no request, no error, nothing wider than a phone's page", async (context) => {
  const browser = await launchChromium();
  if ("missing" in browser) return context.skip(browser.missing);
  const { report } = await cliJson("report", "tiny", "--home", finished);
  try {
    const page = await browser.newPage({ viewport: { width: 390, height: 800 } });
    const troubles: string[] = [];
    page.on("pageerror", (error) => troubles.push(error.message));
    page.on("console", (message) => message.type() === "error" && troubles.push(message.text()));
    page.on("request", (request) => request.url() !== pathToFileURL(report).href && troubles.push(request.url()));
    await page.goto(pathToFileURL(report).href);
    expect(troubles).toEqual([]);
    expect(await page.locator("h1").textContent()).toBe("A study that is over in seconds");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    const unnamed = "svg:not([aria-hidden=true]):not([aria-label]):not([aria-labelledby])";
    expect(await page.locator(unnamed).count()).toBe(0);
  } finally {
    await browser.close();
  }
});

test("a sound ledger verifies, and an anchor holds until an entry is rewritten", async () => {
  const home = copyOfHome();
  expect((await cliJson("ledger", "verify", "--home", home)).ok).toBe(true);
  const { stdout: anchor } = await cli("ledger", "anchor", "--home", home);
  expect((await cli("ledger", "check", anchor.trim(), "--home", home)).code).toBe(0);
  const path = join(home, "ledger", "study.jsonl");
  const lines = readFileSync(path, "utf8").split("\n");
  const entry = JSON.parse(lines[4]);
  entry.body = { ...entry.body, forged: true };
  lines[4] = JSON.stringify(entry);
  writeFileSync(path, lines.join("\n"));
  const { code, stderr } = await cli("ledger", "verify", "--home", home);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error LEDGER_BROKEN: Ledger, line 5 \(entry 4\): hash mismatch/);
  expect((await cli("ledger", "check", anchor.trim(), "--home", home)).code).toBe(1);
});

test("a dropped ledger entry is found", async () => {
  const home = copyOfHome();
  const path = join(home, "ledger", "study.jsonl");
  const lines = readFileSync(path, "utf8").split("\n");
  writeFileSync(path, [...lines.slice(0, 3), ...lines.slice(4)].join("\n"));
  const { code, stderr } = await cli("ledger", "verify", "--home", home);
  expect(code).toBe(1);
  expect(stderr).toMatch(/Ledger, line 4 \(entry 3\): missing: expected entry 3, got entry 4/);
});

test("a damaged checkpoint is reported, passed over, and what it held is computed again with the same bits", async () => {
  const home = copyOfHome();
  expect((await cli("doctor", "--home", home)).code).toBe(0);
  const state = join(home, "runs", parent, "checkpoints", "step-000000030.safetensors");
  const bytes = readFileSync(state);
  bytes[bytes.length - 5] ^= 1;
  writeFileSync(state, bytes);
  const { code, stdout } = await cli("doctor", "--home", home);
  expect(code).toBe(1);
  expect(stdout).toContain("checkpoint whose bytes do not match their hash");
  expect(stdout).toContain(state);
  const { placebo } = await cliJson("branch", parent, "--at", "30", "--to", "60", "--home", home);
  expect(placebo).toEqual({ compared: "state", identical: true });
});
