/**
 * @file A file read by us and by a Python peer in turns, each turn a process of its own: time of reading, and peak memory.
 */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { alternateCosts, type BenchRow, median } from "../harness.ts";
import { python } from "../peerProcess.ts";
import type { BridgesRequest } from "./suite.ts";

/** Sums are taken in another order. */
const SUM_TOLERANCE = 1e-9;

interface Reading {
  readonly ms: number;
  readonly points: number;
  readonly sum: number;
  readonly peakMiB: number;
}

export interface ReadingCase {
  readonly format: string;
  /** Of the time's row; the memory's follows it. */
  readonly title: string;
  readonly points: number;
  readonly goalMs: number;
  readonly goalMiB: number;
  readonly peerName: string;
  /** At most: one that needs a hundred times as long is not asked nine times. */
  readonly peerTurns: number;
  /** Makes the files under a folder; the folder to read. */
  readonly write: (folder: string) => string;
}

export async function readingRows(one: ReadingCase, { root, turns }: BridgesRequest): Promise<BenchRow[]> {
  const home = fs.mkdtempSync(join(os.tmpdir(), "ontogeny-bench-"));
  try {
    const folder = one.write(home);
    const file = join(folder, fs.readdirSync(folder)[0]);
    const peak = { ours: 0, peer: 0 };
    const readings: Partial<Record<keyof typeof peak, Reading>> = {};
    let missing: string | undefined;
    const take = (name: keyof typeof peak, command: readonly string[]): number => {
      const answer = ask(command);
      if ("missing" in answer) {
        missing = answer.missing;
        return Number.NaN;
      }
      peak[name] = Math.max(peak[name], answer.peakMiB);
      readings[name] = answer;
      return answer.ms;
    };
    const ours = { name: "ours", turn: async () => take("ours", ourCommand(one.format, folder)) };
    const script = join(root, "bench", "peers", "readers.py");
    const peer = { name: "peer", turn: async () => take("peer", [python(), script, one.format, file]) };
    const together = Math.min(turns, one.peerTurns);
    const costs = await alternateCosts([ours, peer], together);
    const alone = await alternateCosts([ours], turns - together);
    const all = [...costs.get("ours")!, ...(alone.get("ours") ?? [])];
    check(one, readings.ours!, missing === undefined ? readings.peer : undefined);
    const peerMs = missing === undefined ? median(costs.get("peer")!) : null;
    const shared = {
      suite: "bridges",
      peerName: missing === undefined ? one.peerName : null,
      runs: all.length,
      ...(missing !== undefined && { note: `no peer: ${missing}` }),
    };
    return [
      {
        ...shared,
        case: one.title,
        ours: median(all),
        peer: peerMs,
        ratio: peerMs === null ? null : median(costs.get("ours")!) / peerMs,
        goal: one.goalMs,
        unit: "ms",
        ...(peerMs !== null && {
          note: `median; the fastest turn ${Math.min(...all).toFixed(0)} ms; peer in ${together} of the turns`,
        }),
      },
      {
        ...shared,
        case: `${one.title}: peak memory`,
        ours: peak.ours,
        peer: missing === undefined ? peak.peer : null,
        ratio: missing === undefined ? peak.ours / peak.peer : null,
        goal: one.goalMiB,
        unit: "MiB",
      },
    ];
  } finally {
    fs.rmSync(home, { recursive: true, force: true });
  }
}

function ourCommand(format: string, folder: string): string[] {
  return [process.execPath, join(import.meta.dirname, "readOnce.js"), format, folder];
}

function ask([file, ...args]: readonly string[]): Reading | { readonly missing: string } {
  const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: "utf8", maxBuffer: 2 ** 24 });
  if (error !== undefined) return { missing: `${file}: ${error.message}` };
  if (status !== 0) return { missing: `${file} ended with exit code ${status}: ${stderr.trim().slice(-500)}` };
  return JSON.parse(stdout.trim().split("\n").at(-1)!);
}

/** A reader that is fast because it leaves something out would be no contestant. */
function check({ title, points }: ReadingCase, ours: Reading, peer: Reading | undefined): void {
  if (ours === undefined) throw new Error(`${title}: our reader did not run`);
  for (const reading of [ours, ...(peer === undefined ? [] : [peer])])
    if (reading.points !== points || Math.abs(reading.sum - ours.sum) > SUM_TOLERANCE * Math.abs(ours.sum))
      throw new Error(
        `${title}: expected ${points} points of sum ${ours.sum}, got ${reading.points} of ${reading.sum}`,
      );
}
