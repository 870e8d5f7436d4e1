/**
 * @file Rows: compiling the transformer's step, from nothing and with its lowered model kept; a fresh process each turn.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BenchRow, median } from "../../harness.ts";
import type { CompileParts } from "../compileTimes.ts";
import type { Measuring } from "../trainingRows.ts";
import { NO_PEER, withOurs } from "./ownProcess.ts";

export async function compileRows({ turns, clock }: Measuring): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), "ontogeny-bench-"));
  const compile = <Answer>(...more: readonly string[]): Promise<Answer> =>
    withOurs(["compile", "transformer", clock, ...more], (ours) => ours.ask<Answer>({}));
  try {
    await compile(folder); // fills the folder
    const cold: CompileParts[] = [];
    const cached: number[] = [];
    for (let turn = 0; turn < turns; turn++) {
      cold.push(await compile<CompileParts>());
      cached.push((await compile<{ whole: number }>(folder)).whole);
    }
    const seconds = (ms: readonly number[]): number => median(ms) / 1000;
    const parts = (["trace", "lower", "encode", "session"] as const).map(
      (name) => `${name} ${seconds(cold.map((times) => times[name])).toFixed(3)}`,
    );
    const total = cold.map(({ trace, lower, encode, session }) => trace + lower + encode + session);
    const base = { ...NO_PEER, unit: clock === "cpu" ? "s CPU" : "s", runs: turns };
    const title = "compiling the transformer's step";
    return [
      { ...base, case: `${title}, from nothing`, ours: seconds(total), goal: 0.8, note: parts.join(", ") },
      {
        ...base,
        case: `${title}, its lowered model kept`,
        ours: seconds(cached),
        goal: 0.2,
        note: "traced, found by hash, session",
      },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
