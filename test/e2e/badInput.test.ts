/**
 * @file A study file that cannot be run: one message that names the place, exit code 1, and nothing is run.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cli, editedTiny, temporaryFolder } from "./cli.ts";

test.each([
  ["an unknown key", "  seeds: 8", "  sedes: 8", /line \d+.*observe.*(sedes|seeds)/],
  ["a wrong type", "  steps: 60", "  steps: sixty", /line \d+.*process\.steps.*expected number/],
  ["an impossible value", "data.cueAgreement: 0.9", "data.cueAgreement: 1.9", /line \d+.*cueAgreement.*1\.9/],
  ["an unknown factor", "data.trainSize: 512", "data.trainSizes: 512", /line \d+.*trainSizes/],
  [
    "an unknown measure",
    "changePoints: [conflict.accuracy]",
    "changePoints: [conflict.acuracy]",
    /line \d+.*unknown measure "conflict\.acuracy"/,
  ],
  [
    "a requirement on a measure that is not observed",
    "measure: clean.accuracy",
    "measure: grammar.accuracy",
    /line \d+.*unknown measure "grammar\.accuracy"/,
  ],
  ["a requirement without a bound", "clean.accuracy, min: 0.2 }", "clean.accuracy }", /line \d+.*expected a bound/],
  ["a step after the end", "45, 60]", "45, 61]", /line \d+.*at most 60.*61/],
  ["cutoffs that do not ascend", "[0.25, 0.5]", "[0.5, 0.25]", /line \d+.*ascending/],
  [
    "an unknown organism",
    "organism: shortcut-digits",
    "organism: shortcut-digit",
    /line \d+.*shortcut-digits, grokking/,
  ],
  ["text that is not YAML", "study: tiny", "study: [tiny", /not YAML: line \d+/],
])("%s is refused", async (_what, before, after, message) => {
  const home = join(temporaryFolder(), "home");
  const { code, stdout, stderr } = await cli("run", editedTiny([before, after]), "--home", home);
  expect(stderr).toMatch(/^error STUDY_/);
  expect(stderr).toMatch(message);
  expect(stderr).not.toContain("    at ");
  expect(stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(2); // the message, and the file
  expect(stdout).toBe("");
  expect(code).toBe(1);
  expect(existsSync(join(home, "runs")) ? readdirSync(join(home, "runs")) : []).toEqual([]);
});

test("a file that is not there is named", async () => {
  const { code, stderr } = await cli("run", "nowhere.yaml", "--home", temporaryFolder());
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error STUDY_NOT_FOUND: .*\nFile: nowhere\.yaml\n$/);
});

test.each([
  [["run", "--worker", "2"], "unknown option '--worker'"],
  [["run", "--workers", "none"], 'expected a whole number of at least 1, got "none"'],
  [["frobnicate"], "unknown command 'frobnicate'"],
  [["effect"], "expected --study, the ids of branches, or --treated with --control"],
  [["branch", "r1"], "required option '--at <step>'"],
])("a wrong command line is exit code 2 with one line: %j", async (args, message) => {
  const { code, stderr } = await cli(...args);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^error USAGE: .*\n$/);
  expect(stderr).toContain(message);
});

test("a workspace that is not there is an error for commands that look", async () => {
  const { code, stderr } = await cli("ls", "--home", join(temporaryFolder(), "none"));
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error WORKSPACE_NOT_FOUND: .*run a study first/);
});

const COMMANDS = ["run", "ls", "show", "forecast", "effect", "branch", "verify", "ledger", "sql", "report", "doctor"];

test.each(COMMANDS)("ontogeny %s --help gives an example at once", async (command) => {
  const { code, stdout, wallMs } = await cli(command, "--help");
  expect(code).toBe(0);
  expect(stdout).toMatch(/Examples?:\n {2}ontogeny /);
  if (command !== "ledger") for (const option of ["--home <dir>", "--json"]) expect(stdout).toContain(option);
  expect(wallMs).toBeLessThan(1500);
});
