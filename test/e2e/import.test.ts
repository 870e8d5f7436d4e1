/**
 * @file `ontogeny import` as a user meets it: what it says, that it can be repeated, followed and stopped, and what it does
 * with what is not there or not readable.
 */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { cli, cliJson, startCli, temporaryFolder } from "./cli.ts";

function evaluation(folder: string, step: number, acc: number): void {
  const body = {
    results: { sciq: { acc, acc_stderr: 0.01 } },
    versions: { sciq: 0 },
    config: { model: "hf", model_args: `pretrained=org/m,revision=step${step}`, num_fewshot: 0 },
  };
  writeFileSync(join(folder, `m_step${step}.json`), JSON.stringify(body));
}

test("says what it read and skipped, adds nothing twice, and the run is there by its name", async () => {
  const home = temporaryFolder();
  const runs = temporaryFolder();
  const folder = join(runs, "my-model", "zero-shot");
  mkdirSync(folder, { recursive: true });
  evaluation(folder, 1000, 0.3);
  evaluation(folder, 2000, 0.5);
  writeFileSync(join(folder, "empty_step3000.json"), "");
  const first = await cli("import", runs, "--home", home);
  expect(first.stdout).toMatch(/2 points in 1 runs from 1 sources/);
  expect(first.stdout).toMatch(/my-model\/zero-shot +lm-eval/);
  expect(first.stdout).toMatch(/Not read:\n.*empty_step3000\.json/s);
  const again = await cli("import", runs, "--home", home);
  expect(again.stdout).toMatch(/^Nothing new/);
  const { measures } = await cliJson("show", "my-model", "--home", home);
  expect(measures).toMatchObject([{ measure: "sciq/acc", steps: 2, lastStep: 2000, lastValue: 0.5, se: 0.01 }]);
  const { imported } = await cliJson("ls", "my-model", "--home", home);
  expect(imported).toHaveLength(1);
  const { stdout } = await cli("sql", "SELECT step, value FROM points ORDER BY step", "--home", home, "--json");
  expect(
    stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { step: 1000, value: 0.3 },
    { step: 2000, value: 0.5 },
  ]);
  expect((await cli("doctor", "--home", home)).stdout).not.toMatch(/damage/);
});

test("a dry run writes nothing", async () => {
  const runs = temporaryFolder();
  evaluation(runs, 1000, 0.3);
  const home = join(temporaryFolder(), "home");
  const { stdout, code } = await cli("import", runs, "--home", home, "--dry-run");
  expect(code).toBe(0);
  expect(stdout).toMatch(/1 points in 1 runs.*Dry run: nothing was written/s);
  expect(existsSync(home)).toBe(false);
});

test("follows a log as it grows, and ends at the first Ctrl-C with nothing lost", async () => {
  const home = temporaryFolder();
  const runs = temporaryFolder();
  const log = join(runs, "train.jsonl");
  writeFileSync(log, [1, 2, 3].map((step) => `${JSON.stringify({ step, loss: 1 / step })}\n`).join(""));
  const running = startCli(["import", log, "--home", home, "--follow", "--json"]);
  while (!running.printed().includes("\n")) await sleep(20);
  appendFileSync(log, `${JSON.stringify({ step: 4, loss: 0.25 })}\n{"step":5,"lo`);
  while (running.printed().trim().split("\n").length < 2) await sleep(20);
  running.killGroup("SIGINT");
  const { code, stdout, stderr } = await running.end;
  expect([code, stderr.includes("Stopping")]).toEqual([0, true]);
  const added = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).units[0].runs[0].added);
  expect(added).toEqual([3, 1]);
  appendFileSync(log, `ss":0.2}\n`);
  const { units } = await cliJson("import", log, "--home", home);
  expect(units[0]).toMatchObject({ action: "went on", runs: [{ added: 1, points: 5 }] });
});

test("what cannot be is one line with the way out", async () => {
  const home = temporaryFolder();
  for (const [args, message] of [
    [["/nowhere/at/all"], /^error SOURCE_NOT_FOUND: .*check the path/],
    [[home, "--format", "floppy"], /^error FORMAT_UNKNOWN: .*tfevents/],
    [[home, "--map", "loss"], /^error USAGE: .*meaning=column/],
    [[home, "--map", "height=loss"], /^error USAGE: .*step, value/],
    [[home, "--follow", "--dry-run"], /^error USAGE: /],
  ] as const) {
    const { code, stderr } = await cli("import", ...args, "--home", home);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n").length).toBeLessThanOrEqual(2);
    expect(code).toBe(message.source.includes("USAGE") ? 2 : 1);
  }
});

test("a damaged import is named by ls and doctor, and the others go on working", async () => {
  const home = temporaryFolder();
  const [a, b] = [temporaryFolder(), temporaryFolder()];
  evaluation(a, 1000, 0.3);
  evaluation(b, 1000, 0.4);
  const { units } = await cliJson("import", a, b, "--home", home);
  expect(units).toHaveLength(2);
  const records = listRecords(home);
  writeFileSync(records[0], readFileSync(records[0], "utf8").slice(0, 40));
  const { imported } = await cliJson("ls", "--home", home);
  expect(imported.map(({ status }: { status: string }) => status).sort()).toEqual(["damaged", "unknown"]);
  expect((await cli("doctor", "--home", home)).stdout).toMatch(/Import record.*delete the folder of this import/s);
});

function listRecords(home: string): string[] {
  const folder = join(home, "imported");
  return readdirSync(folder).map((name) => join(folder, name, "import.json"));
}
