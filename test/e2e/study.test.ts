/**
 * @file A study from the command line: to its end, again, changed by one line, and killed in every way.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { Rng } from "../../src/core/index.ts";
import {
  type CliEnd,
  childrenOf,
  cli,
  cliJson,
  editedTiny,
  endsWithTest,
  sleep,
  startCli,
  TINY,
  temporaryFolder,
} from "./cli.ts";
import { type ScienceOf, scienceOf } from "./science.ts";

const KILLS = 10;
const undisturbed = temporaryFolder();
let first: CliEnd;
let expected: ScienceOf;

beforeAll(async () => {
  first = await cli("run", TINY, "--home", undisturbed);
  if (first.code === 0) expected = scienceOf(undisturbed);
});

test("a study runs to its end, says what it found and where the report is", () => {
  expect(first.stderr).not.toContain("error");
  expect(first.code).toBe(0);
  expect(first.stdout).toContain("A study that is over in seconds");
  for (const rung of ["Observe", "Predict", "Intervene", "Design"])
    expect(first.stdout).toMatch(new RegExp(`^${rung}`, "m"));
  const report = /^Report: (.*)$/m.exec(first.stdout)![1];
  const html = readFileSync(report, "utf8");
  expect(html).toContain("<svg");
  expect(html).not.toMatch(/(src|href)="https?:/);
  expect(first.wallMs).toBeLessThan(60_000);
});

test("in a pipe the progress is a line a phase at most", () => {
  expect(first.stderr).not.toContain("\u001b");
  expect(first.stderr.split("\n").length).toBeLessThan(20);
});

test("a second call finds everything done in under 3 seconds and changes no file", async () => {
  const before = filesOf(undisturbed);
  const again = await cli("run", TINY, "--home", undisturbed);
  expect(again.code).toBe(0);
  expect(again.wallMs).toBeLessThan(3000);
  expect(again.stdout).toContain("Everything was there already");
  expect(filesOf(undisturbed)).toEqual(before);
});

test("one more dose trains only the arms of that dose", async () => {
  const runsBefore = readdirSync(join(undisturbed, "runs"));
  const changed = editedTiny(["values: [5, 50]", "values: [5, 20, 50]"]);
  const { code, stderr } = await cli("run", changed, "--home", undisturbed);
  expect(stderr).not.toContain("error");
  expect(code).toBe(0);
  const added = readdirSync(join(undisturbed, "runs")).filter((run) => !runsBefore.includes(run));
  const manifests = added.map((run) => JSON.parse(readFileSync(join(undisturbed, "runs", run, "run.json"), "utf8")));
  const doses = manifests.filter(({ meaning }) => meaning.lineage?.changes[0]?.set["objective.conflictWeight"] === 20);
  expect(doses).toHaveLength(5); // 3 seeds and 2 pilot seeds
  // The design's confirmation seeds come from the design's hash, which the interventions are no part of.
  expect(added).toHaveLength(5);
});

describe("killed", () => {
  test(`${KILLS} times at random moments with SIGKILL, it ends with the same results`, async () => {
    const rng = Rng.of(7, "e2e", "kill");
    let kills = 0;
    let ended: string[] = [];
    while (kills < KILLS) {
      const home = temporaryFolder();
      for (;;) {
        const running = endsWithTest(startCli(["run", TINY, "--home", home]));
        const delayMs = kills < KILLS ? 200 + rng.uniform() * 0.5 * first.wallMs : 120_000;
        const end = await Promise.race([running.end, sleep(delayMs)]);
        if (end !== undefined) {
          expect(end.stderr).not.toContain("error");
          expect(end.code).toBe(0);
          break;
        }
        running.killGroup("SIGKILL");
        await running.end;
        kills++;
      }
      ended = [...ended, home];
    }
    for (const home of ended) expectSame(scienceOf(home));
  });

  test("a worker, it goes on by itself and ends with the same results", async (context) => {
    if (!existsSync("/proc/self/stat")) context.skip("needs /proc to find the workers");
    const home = temporaryFolder();
    const running = endsWithTest(startCli(["run", TINY, "--home", home]));
    let killed = 0;
    for (let i = 0; i < 2; i++) {
      await sleep(0.25 * first.wallMs);
      for (const worker of childrenOf(running.pid).slice(0, 1)) {
        process.kill(worker, "SIGKILL");
        killed++;
      }
    }
    const end = await running.end;
    expect(killed).toBeGreaterThan(0);
    expect(end.stderr).not.toContain("error");
    expect(end.code).toBe(0);
    expectSame(scienceOf(home));
  });

  test("with Ctrl-C, it stops at a safe place, says that nothing is lost, and goes on when called again", async () => {
    const home = temporaryFolder();
    const running = endsWithTest(startCli(["run", TINY, "--home", home]));
    await sleep(0.5 * first.wallMs);
    running.killGroup("SIGINT");
    const stopped = await running.end;
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toContain("nothing is lost");
    expect(stopped.stderr).toContain("run the same command again to go on");
    expect(stopped.stderr).not.toContain("error");
    const end = await cli("run", TINY, "--home", home);
    expect(end.code).toBe(0);
    expectSame(scienceOf(home));
  });
});

test("each run that is listed can be shown", async () => {
  const { runs, studies } = await cliJson("ls", "--home", undisturbed);
  expect(runs.length).toBeGreaterThan(30);
  expect(studies[0].status).toBe("complete");
  const branch = runs.find((run: { parent: string }) => run.parent !== "");
  const shown = await cliJson("show", branch.id.slice(0, 12), "--home", undisturbed);
  expect(shown.manifest.id).toBe(branch.id);
  expect(shown.ancestors).toHaveLength(1);
  expect(shown.changedFactors["data.trainSize"]).toBe(512);
  expect(shown.last.length).toBeGreaterThan(5);
});

/** A run that was stopped may have left a checkpoint more, never a different one. */
function expectSame({ results, claims, states }: ScienceOf): void {
  expect(results).toEqual(expected.results);
  expect(claims).toEqual(expected.claims);
  expect(states).toMatchObject(expected.states);
}

/** Every file with its size and content's time, but for the lease and lock folders that any reader may touch. */
function filesOf(home: string): string[] {
  return readdirSync(home, { recursive: true, encoding: "utf8" })
    .filter((path) => !path.includes(".locks"))
    .sort();
}
