/**
 * @file What the tests of this room share: a fresh workspace in a temporary folder, a clock that is set by hand,
 * small runs.
 */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach } from "vitest";
import type { Point, RunMeaning, Snapshot } from "../core/index.ts";
import { Workspace, type WorkspaceOptions } from "./workspace.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true, force: true });
});

/** In memory where the system offers that: syncing a real disk thousands of times would be most of the tests' time. */
export function temporaryFolder(): string {
  const base = fs.existsSync("/dev/shm") ? "/dev/shm" : os.tmpdir();
  const folder = fs.mkdtempSync(path.join(base, "ontogeny-store-"));
  folders.push(folder);
  return folder;
}

export class HandClock {
  nowMs = 1_750_000_000_000;
  readonly read = (): number => this.nowMs;
}

export async function freshWorkspace(options: WorkspaceOptions = {}) {
  const clock = new HandClock();
  const workspace = await Workspace.open(temporaryFolder(), { clock: clock.read, ...options });
  return { workspace, clock };
}

export function meaningOf(seed: number, lineage?: RunMeaning["lineage"]): RunMeaning {
  const factors = { data: {}, objective: {}, architecture: { width: 4 }, optimizer: { rate: 0.1 } };
  const process = { organism: "toy", factors, changes: [] };
  return { process, seeds: { init: seed }, data: {}, ...(lineage === undefined ? {} : { lineage }) };
}

export function pointsAt(step: number, { offset = 0, wallMs = 1 } = {}): Point[] {
  return [
    { step, wallMs, measure: "loss", value: 1 / (step + 1) + offset },
    { step, wallMs, measure: "accuracy", value: step / 1000 + offset, se: 0.01, n: 2000 },
  ];
}

export function snapshotAt(step: number, size = 16): Snapshot {
  const data = Float32Array.from({ length: size }, (_, index) => Math.fround(Math.sin(step * 31 + index)));
  return {
    step,
    tensors: {
      weights: { dtype: "float32", shape: [size], data },
      count: { dtype: "int32", shape: [], data: Int32Array.of(step) },
    },
    cursor: { epoch: 1 },
  };
}

/** The code of the OntogenyError that `call` throws. */
export async function codeOf(call: () => unknown): Promise<string | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
