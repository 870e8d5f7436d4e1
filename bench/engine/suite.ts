/**
 * @file Suite `engine`: issue 3's table, side by side on one core.
 */
import type { BenchRow } from "../harness.ts";
import { TRAINING_CASES } from "./cases.ts";
import { ensembleRows } from "./ensemble.ts";
import { compileRows } from "./rows/compile.ts";
import { hvpRows } from "./rows/hvp.ts";
import { matmulShareRows } from "./rows/matmulShare.ts";
import { twoCoreRows } from "./rows/twoCores.ts";
import { type Measuring, trainingRows } from "./trainingRows.ts";

interface Case {
  readonly name: string;
  readonly rows: (measuring: Measuring) => Promise<BenchRow[]>;
}

const CASES: readonly Case[] = [
  ...TRAINING_CASES.map((one) => ({ name: one.name, rows: (measuring: Measuring) => trainingRows(one, measuring) })),
  { name: "matmulShare", rows: matmulShareRows },
  { name: "hvp", rows: hvpRows },
  { name: "twoCores", rows: twoCoreRows },
  { name: "compile", rows: compileRows },
  { name: "ensemble", rows: ensembleRows },
];

export const CASE_NAMES: readonly string[] = CASES.map(({ name }) => name);

/** Rows of the cases named (all of them when none is), in the table's order, each reported when it is there. */
export async function engineSuite(
  options: Measuring & {
    readonly only: readonly string[];
    readonly onRows: (rows: readonly BenchRow[]) => void;
  },
): Promise<BenchRow[]> {
  const { only, onRows, ...measuring } = options;
  const all: BenchRow[] = [];
  for (const { name, rows } of CASES) {
    if (only.length > 0 && !only.includes(name)) continue;
    const found = await rows(measuring);
    onRows(found);
    all.push(...found);
  }
  return all;
}
