/**
 * @file For tests of line formats: reading a file that grows by random cuts gives what reading it once gives.
 */
import { appendFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Json } from "../core/index.ts";
import type { Bridge, ColumnMapping } from "./bridge.ts";
import { MemorySink, treeOf } from "./memorySink.fixture.ts";

export type Points = Readonly<Record<string, readonly (readonly [step: number, value: number, segment: number])[]>>;

/** "run » measure" → its points in the order in which they were pushed. */
export function pointsOf(sink: MemorySink): Points {
  const points: Record<string, [number, number, number][]> = {};
  for (const [key, run] of sink.runs)
    for (const [measure, { steps, values, segments }] of run.measures)
      points[`${key} » ${measure}`] = steps.map((step, i) => [step, values[i], segments[i]]);
  return points;
}

/**
 * Writes `content` up to each cut in turn, and imports what is new every time, with the state handed on; without a state all
 * is read anew and replaces what was read, as an import does.
 */
export async function readInPieces(
  bridge: Bridge,
  { name, content, cuts, mapping }: { name: string; content: Buffer; cuts: readonly number[]; mapping?: ColumnMapping },
): Promise<MemorySink> {
  const root = mkdtempSync(join(tmpdir(), "ontogeny-cuts-"));
  try {
    let sink = new MemorySink();
    const path = join(root, name);
    writeFileSync(path, "");
    let state: Json | undefined;
    let before = 0;
    for (const cut of [...cuts].sort((a, b) => a - b).concat(content.length)) {
      appendFileSync(path, content.subarray(before, cut));
      before = cut;
      if (statSync(path).size === 0) continue;
      const [unit] = await bridge.claim(treeOf(root, mapping));
      if (unit === undefined) continue;
      if (state === undefined) sink = new MemorySink();
      state = await bridge.read(unit, { sink, from: state, mapping });
      // What is stored is JSON.
      state = state === undefined ? undefined : JSON.parse(JSON.stringify(state));
    }
    return sink;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
