/**
 * @file A study of a network so narrow that its runs are trained at once: the same numbers as one by one, whatever happens
 * on the way.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { ROOT } from "../../scripts/ensure.mjs";
import { Rng } from "../../src/core/index.ts";
import { cli, cliJson, endsWithTest, sleep, startCli, temporaryFolder } from "./cli.ts";
import { type ScienceOf, scienceOf } from "./science.ts";

const NARROW = join(ROOT, "test", "e2e", "narrow.yaml");
const KILLS = 4;
const separate = temporaryFolder();
const together = temporaryFolder();
let expected: ScienceOf;
let wallMs = 0;

beforeAll(async () => {
  const off = await cli("run", NARROW, "--home", separate, "--ensembles", "off");
  expect(off.stderr).not.toContain("error");
  expected = scienceOf(separate);
  const on = await cli("run", NARROW, "--home", together);
  expect(on.stderr).not.toContain("error");
  wallMs = on.wallMs;
});

const manifestsIn = (home: string) =>
  readdirSync(join(home, "runs")).map((run) => JSON.parse(readFileSync(join(home, "runs", run, "run.json"), "utf8")));

test("results, claims and states are those of separate runs, bit for bit", () => {
  expect(scienceOf(together)).toEqual(expected);
});

test("the store says how each run was trained, and so does show", async () => {
  const manifests = manifestsIn(together);
  const [first] = manifests;
  const { ensemble } = first.numerics;
  expect(ensemble.exactness).toBe("bit-identical");
  expect(ensemble.members).toBeGreaterThan(1);
  for (const { numericsKey } of manifests) expect(numericsKey).toBe(first.numericsKey);
  const shown = await cli("show", first.id, "--home", together);
  expect(shown.stdout).toMatch(/ensemble +\d+ at once, bit-identical to separate runs/);
  for (const { numerics } of manifestsIn(separate)) expect(numerics.ensemble).toBeUndefined();
});

test("a run of an ensemble is verified bit for bit", async () => {
  const branch = manifestsIn(together).find(({ meaning }) => meaning.lineage !== undefined);
  expect(await cliJson("verify", branch.id, "--home", together)).toMatchObject({ ok: true });
});

test(`killed ${KILLS} times with SIGKILL and once stopped with Ctrl-C, it ends with the same results`, async () => {
  const rng = Rng.of(11, "e2e", "ensembles");
  const home = temporaryFolder();
  for (let i = 0; i <= KILLS; i++) {
    const running = endsWithTest(startCli(["run", NARROW, "--home", home]));
    await sleep(0.2 * wallMs + rng.uniform() * 0.4 * wallMs);
    running.killGroup(i === KILLS ? "SIGINT" : "SIGKILL");
    await running.end;
  }
  const end = await cli("run", NARROW, "--home", home);
  expect(end.stderr).not.toContain("error");
  expect(end.code).toBe(0);
  const { results, claims, states } = scienceOf(home);
  expect(results).toEqual(expected.results);
  expect(claims).toEqual(expected.claims);
  expect(states).toMatchObject(expected.states);
});
