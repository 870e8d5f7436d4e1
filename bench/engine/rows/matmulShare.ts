/**
 * @file Row: how much of a step's time its matrix products would need on their own.
 */
import { type BenchRow, median } from "../../harness.ts";
import type { MatMulRate } from "../matmulRate.ts";
import type { Measuring } from "../trainingRows.ts";
import { NO_PEER, withOurs } from "./ownProcess.ts";

export async function matmulShareRows({ turns, clock }: Measuring): Promise<BenchRow[]> {
  return withOurs(["rate", "transformer"], async (ours) => {
    await ours.time(5);
    const rates: MatMulRate[] = [];
    const steps: number[] = [];
    for (let turn = 0; turn < turns; turn++) {
      steps.push(await ours.time(10, clock));
      if (turn < 3) rates.push(await ours.ask<MatMulRate>({ rate: true }));
    }
    const [{ gigaflop }] = rates;
    const aloneMs = median(rates.map((rate) => rate.aloneMs));
    const stepMs = median(steps);
    return [
      {
        ...NO_PEER,
        case: "1-layer transformer, batch 512: share of this machine's MatMul rate",
        ours: aloneMs / stepMs,
        profile: "transformer",
        goal: 0.65,
        held: { what: "ours", side: "atLeast" },
        unit: "share",
        runs: turns,
        note: `${(1000 * gigaflop).toFixed(0)} Mflop in products a step: ${(gigaflop / stepMs) * 1000} of ${(gigaflop / aloneMs) * 1000} Gflop/s`.replace(
          /\d+\.\d+/g,
          (number) => Number(number).toFixed(1),
        ),
      },
    ];
  });
}
