/**
 * @file Real event files and W&B logs that nobody here made, against numbers of their producers' own Python classes (which
 * fixtures/runLogs.py wrote).
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import reference from "./fixtures/runLogs.json" with { type: "json" };
import { importAll, type MemoryRun } from "./memorySink.fixture.ts";
import { tfeventsBridge } from "./tfevents/tfeventsBridge.ts";
import { wandbBridge } from "./wandb/wandbBridge.ts";

const LOGS = fileURLToPath(new URL("../../../shared/data/run-logs", import.meta.url));
const ABSENT = existsSync(LOGS) ? "" : ` (skipped: no ${LOGS})`;

interface Reference {
  readonly measures: Readonly<Record<string, { count: number; steps: number; sum: number; last: number }>>;
  readonly exitCode?: number | null;
}

function numbersOf({ measures }: MemoryRun): Reference["measures"] {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return Object.fromEntries(
    [...measures.values()]
      .filter(({ measure }) => !measure.startsWith("system/"))
      .map(({ measure, steps, values }) => [
        measure,
        { count: values.length, steps: sum(steps), sum: sum(values), last: values.at(-1)! },
      ]),
  );
}

describe.skipIf(ABSENT !== "")(`real logs${ABSENT}`, () => {
  test.each(Object.entries(reference as Readonly<Record<string, Reference>>))(
    "%s",
    async (name, { measures, exitCode }) => {
      const bridge = name.endsWith(".wandb") ? wandbBridge : tfeventsBridge;
      const { sink, units } = await importAll(bridge, path.join(LOGS, path.dirname(name)));
      expect(units.length).toBe(1);
      const [run] = sink.runs.values();
      expect(numbersOf(run)).toEqual(measures);
      if (exitCode !== undefined) expect(run.facts.status).toBe(exitCode === null ? "unknown" : "failed");
      expect(sink.skipped.has("UNFINISHED_TAIL")).toBe(exitCode === null);
      for (const { segments } of run.measures.values()) expect(new Set(segments)).toEqual(new Set([0]));
    },
  );

  test("the tree of all of them gives a run for each, and leaves every other file alone", async () => {
    const [events, logs] = [await importAll(tfeventsBridge, LOGS), await importAll(wandbBridge, LOGS)];
    expect(events.units.length + logs.units.length).toBe(Object.keys(reference).length);
    expect(events.tree.skipped.size + logs.tree.skipped.size).toBe(0);
    expect(logs.units.every(({ companions }) => companions?.length === 2)).toBe(true);
  });
});
