/**
 * @file Training that breaks: an arm, a candidate or all of a cohort whose numbers are not finite any more. The run is marked,
 * what it has is kept, the study goes on and says so, and nothing is tried again.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../../scripts/ensure.mjs";
import { type CliEnd, cli, cliJson, temporaryFolder } from "./cli.ts";

const DIVERGING = join(ROOT, "test", "e2e", "diverging.yaml");
const home = temporaryFolder();
let first: CliEnd;

interface Row {
  readonly run: string;
  readonly role: string;
  readonly step: number;
  readonly failure?: string;
}
let failed: Row[];

beforeAll(async () => {
  first = await cli("run", DIVERGING, "--home", home);
  if (first.code !== 0) throw new Error(first.stderr);
  const { lineage } = await cliJson("show", "diverging", "--home", home);
  failed = lineage.filter(({ failure }: Row) => failure !== undefined);
});

describe("a study of which some runs diverge", () => {
  test("comes to its end and says how many failed", () => {
    expect(first.stderr).not.toMatch(/^error/m);
    expect(first.stderr).toMatch(
      /weightDecay = 30 \(run r\w+\) failed: Training from step \d+ to \d+: expected a finite/,
    );
    expect(first.stdout).toMatch(new RegExp(`^Observe {4}${failed.length} of \\d+ runs failed`, "m"));
    expect(new Set(failed.map(({ role }) => role))).toEqual(new Set(["pilot", "dose", "null", "candidate"]));
  });

  test("an arm that diverged makes no effect, and the other doses are judged", async () => {
    const { families, nulls } = await cliJson("effect", "--study", "diverging", "--home", home);
    const [low, high, diverged] = families[0].contrasts;
    expect(diverged).toMatchObject({ name: "weightDecay = 30", forecasts: [], effect: { value: "NaN", n: 3 } });
    expect(diverged.effect.method).toBe(
      "none: of 3 pairs 3 treated and 0 control runs failed or have no finite outcome",
    );
    for (const { effect, forecasts } of [low, high]) {
      expect(effect.value).toEqual(expect.any(Number));
      expect(forecasts.length).toBeGreaterThan(0);
    }
    expect(nulls.active.effect.value).toBe("NaN");
    expect(nulls.exact.identical).toBe(nulls.exact.compared);
    const report = readFileSync((await cliJson("show", "diverging", "--home", home)).report, "utf8");
    expect(report).toContain(`Runs that failed (${failed.length} of `);
  });

  test("a candidate that diverged fails its requirement and is not chosen", () => {
    const [study] = readdirSync(join(home, "studies"));
    const { results } = JSON.parse(readFileSync(join(home, "studies", study, "results.json"), "utf8"));
    const broken = results.design.candidates.filter(({ reason }: { reason: string }) => reason.startsWith("failed at"));
    expect(broken.length).toBeGreaterThan(0);
    for (const { pass, set, steps } of broken) {
      expect({ pass, decay: set["optimizer.weightDecay"] }).toEqual({ pass: false, decay: 30 });
      expect(steps).toBeLessThan(60);
    }
    expect(results.design.chosen.set["optimizer.weightDecay"]).toBe(0);
  });

  test("a failed run says when, which tensor and the last finite checkpoint, and keeps what it has", async () => {
    const { run, step } = failed.find(({ role }) => role === "dose")!;
    const { manifest, checkpoints, last } = await cliJson("show", run, "--home", home);
    expect(manifest).toMatchObject({ status: "failed", step });
    expect(manifest.failure).toMatch(
      new RegExp(
        `^Training from step ${step} to ${step + 1}: expected a finite loss and state, got a loss of .* nats and a state in which "[\\w.]+" is not finite; the first value that is not finite: \\w+ in grokking mod 13.*; last finite checkpoint: step ${step}$`,
      ),
    );
    expect(checkpoints.map((checkpoint: { step: number }) => checkpoint.step)).toEqual([step]);
    expect(last.map((point: { step: number }) => point.step)).toEqual(Array(6).fill(12)); // the six measures
    expect((await cli("show", run, "--home", home)).stdout).toContain(`failed at step ${step}: Training from step`);
    const { stdout } = await cli("ls", "--status", "failed", "--all", "--home", home);
    expect(stdout.match(/ failed: Training/g)).toHaveLength(failed.length);
    expect((await cliJson("verify", run, "--home", home)).ok).toBe(true);
  });

  test("is not tried again: not by the same study, nor by one that asks for less or more", async () => {
    expect((await cli("run", DIVERGING, "--home", home)).stdout).toContain("Everything was there already");
    const { run } = failed.find(({ role }) => role === "dose")!;
    const attempts = async (id: string) => (await cliJson("show", id, "--home", home)).manifest.attempts;
    const before = await attempts(run);
    const text = readFileSync(DIVERGING, "utf8").replace("values: [0.01, 0.1, 30]", "values: [0.01, 0.1, 0.2, 30]");
    const file = join(temporaryFolder(), "more.yaml");
    writeFileSync(file, text);
    const { code, stderr } = await cli("run", file, "--home", home);
    expect(stderr).not.toMatch(/^error/m);
    expect(code).toBe(0);
    expect(await attempts(run)).toBe(before);
  });

  test("a branch from before it broke goes on, one after it is refused", async () => {
    const { run, step } = failed.find(({ role }) => role === "dose")!;
    const args = ["branch", run, "--at", "13", "--to", "40", "--home", home];
    const { treated, control, failures } = await cliJson(...args, "--set", "optimizer.weightDecay=0");
    expect(failures.map((failure: { run: string }) => failure.run)).toEqual([control]);
    expect((await cliJson("show", treated, "--home", home)).manifest).toMatchObject({ status: "complete", step: 40 });
    const beyond = await cli("branch", run, "--at", String(step + 5), "--to", "60", "--home", home);
    expect(beyond.stderr).toMatch(/^error FORK_BEYOND_RUN/m);
  });
});

test("a study all of whose runs diverge comes to its end too", async () => {
  const text = readFileSync(DIVERGING, "utf8")
    .replace("optimizer.weightDecay: 0\n", "optimizer.weightDecay: 30\n")
    .replace("values: [0, 30]", "values: [29, 30]");
  const file = join(temporaryFolder(), "hopeless.yaml");
  writeFileSync(file, text);
  const { code, stdout, stderr } = await cli("run", file, "--home", temporaryFolder());
  expect(stderr).not.toMatch(/^error/m);
  expect(code).toBe(0);
  expect(stdout).toMatch(/(\d+) of \1 runs failed/);
  expect(stdout).toContain("nothing was confirmed");
});
