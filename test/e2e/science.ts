/**
 * @file What must be the same however often a study was killed: its results without the cost and the time of day, the
 * ledger's claims in their order, and the bits of every run.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface ScienceOf {
  readonly results: unknown;
  readonly claims: readonly string[];
  /** Run id and step of every checkpoint with the hash of its state. */
  readonly states: Readonly<Record<string, string>>;
}

export function scienceOf(home: string): ScienceOf {
  const [study, ...others] = readdirSync(join(home, "studies"));
  if (study === undefined || others.length > 0) throw new Error(`expected one study in ${home}`);
  const { results } = JSON.parse(readFileSync(join(home, "studies", study, "results.json"), "utf8"));
  const { cost: _cost, ledger, ...science } = results;
  return { results: { ...science, entries: ledger.entries }, claims: claimsOf(home), states: statesOf(home) };
}

function claimsOf(home: string): string[] {
  return readdirSync(join(home, "ledger"))
    .filter((name) => name.endsWith(".jsonl"))
    .flatMap((name) =>
      readFileSync(join(home, "ledger", name), "utf8")
        .trimEnd()
        .split("\n"),
    )
    .map((line) => {
      const { kind, key, body } = JSON.parse(line);
      return JSON.stringify({ kind, key, body });
    });
}

function statesOf(home: string): Record<string, string> {
  const states: Record<string, string> = {};
  for (const run of readdirSync(join(home, "runs"))) {
    const folder = join(home, "runs", run, "checkpoints");
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder, { encoding: "utf8" }).filter((file) => file.endsWith(".json")))
      states[`${run} ${name}`] = JSON.parse(readFileSync(join(folder, name), "utf8")).stateHash;
  }
  return states;
}
