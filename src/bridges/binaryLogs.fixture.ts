/**
 * @file For tests of bridges over logs that grow or are damaged: folders of given bytes, imports in stages, and what a sink
 * holds as plain data that can be compared.
 */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Json } from "../core/index.ts";
import type { Bridge } from "./bridge.ts";
import { MemorySink, type Skipped, treeOf } from "./memorySink.fixture.ts";

export interface FileBytes {
  /** Relative, with forward slashes. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A new folder with these files, removed when the work is done. */
export async function withFolder<T>(files: readonly FileBytes[], work: (folder: string) => Promise<T>): Promise<T> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "ontogeny-bridge-"));
  try {
    writeFiles(folder, files);
    return await work(folder);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

export function writeFiles(folder: string, files: readonly FileBytes[]): void {
  for (const { name, bytes } of files) {
    const target = path.join(folder, name);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, bytes);
  }
}

/** The units' runs, one unit after the other, in a sink that went through every stage; state kept between them as JSON. */
export class GrowingImport {
  readonly sink = new MemorySink();
  private readonly bridge: Bridge;
  private readonly folder: string;
  private readonly states = new Map<string, Json>();

  constructor(bridge: Bridge, folder: string) {
    this.bridge = bridge;
    this.folder = folder;
  }

  /** Imports what is there now. Refuses a state that is not plain data, or above 1 MB. */
  async again(): Promise<void> {
    for (const unit of await this.bridge.claim(treeOf(this.folder))) {
      const state = await this.bridge.read(unit, { sink: this.sink, from: this.states.get(unit.key) });
      if (state === undefined) continue;
      const text = JSON.stringify(state);
      if (text.length > 1_000_000) throw new Error(`state of ${text.length} characters`);
      this.states.set(unit.key, JSON.parse(text));
    }
  }
}

/** Imports while the files grow, in their order, to these shares of all bytes. */
export async function importInCuts(
  bridge: Bridge,
  files: readonly FileBytes[],
  cuts: readonly number[],
): Promise<MemorySink> {
  return withFolder([], async (folder) => {
    const growing = new GrowingImport(bridge, folder);
    for (const cut of [...cuts, Number.POSITIVE_INFINITY]) {
      let before = 0;
      for (const { name, bytes } of files) {
        const length = Math.min(bytes.length, cut - before);
        if (length > 0) writeFiles(folder, [{ name, bytes: bytes.subarray(0, length) }]);
        before += bytes.length;
      }
      await growing.again();
    }
    return growing.sink;
  });
}

/** What one read of these files gives. */
export async function importOnce(bridge: Bridge, files: readonly FileBytes[]): Promise<MemorySink> {
  return importInCuts(bridge, files, []);
}

/** Facts, columns and specs of every run, and what was skipped for good. */
export function contentOf({ runs, skipped }: MemorySink) {
  return {
    runs: [...runs.values()].map(({ key, facts, measures }) => ({
      key,
      facts,
      series: [...measures.values()].map(({ measure, spec, steps, values, wallMs, segments }) => ({
        measure,
        spec,
        steps,
        values,
        wallMs,
        segments,
      })),
    })),
    skipped: [...skipped].filter(([code]) => code !== "UNFINISHED_TAIL").map(([code, { count }]) => [code, count]),
  };
}

export function countOf(skipped: ReadonlyMap<string, Skipped>): Record<string, number> {
  return Object.fromEntries([...skipped].map(([code, { count }]) => [code, count]));
}

/** All points, as texts of which no two are equal unless the points are. */
export function pointTexts({ runs }: MemorySink): string[] {
  return [...runs.values()].flatMap(({ measures }) =>
    [...measures.values()].flatMap(({ measure, steps, values }) =>
      steps.map((step, at) => `${measure} ${step} ${values[at]}`),
    ),
  );
}
