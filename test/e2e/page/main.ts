/**
 * @file The page of the browser test: the grokking organism on jax-js's WebAssembly device, from the public entry.
 *
 * Puts one function on `window`; the test calls it and gets plain data back.
 */
import { engine, grokking } from "../../../src/browser.ts";
import type { Numerics } from "../../../src/core/index.ts";

export interface PageTraining {
  readonly losses: readonly number[];
  /** Every `every` steps. */
  readonly measured: readonly { readonly step: number; readonly values: Readonly<Record<string, number>> }[];
  readonly numerics: Numerics;
  readonly isIsolated: boolean;
  readonly wallMs: number;
  /** How often a timer of the page fired while it trained, and its longest wait. */
  readonly timer: { readonly turns: number; readonly longestWaitMs: number };
}

export interface PageOptions {
  readonly seed: number;
  readonly every: number;
  /** Ends at this step, or when the measure is at least this at a measurement. */
  readonly steps: number;
  readonly until?: { readonly measure: string; readonly atLeast: number };
}

async function train({ seed, every, steps, until }: PageOptions): Promise<PageTraining> {
  const factors = grokking.parseFactors({}, "page");
  const trainer = await grokking.open({
    process: { organism: grokking.name, factors, changes: [] },
    seeds: { data: seed, init: seed },
    changes: [],
    device: engine.jaxDevice({ backend: "wasm" }),
  });
  const timer = { turns: 0, longestWaitMs: 0 };
  let last = performance.now();
  const clock = setInterval(() => {
    timer.turns++;
    timer.longestWaitMs = Math.max(timer.longestWaitMs, performance.now() - last);
    last = performance.now();
  }, 1);
  const began = performance.now();
  const losses: number[] = [];
  const measured: { step: number; values: Record<string, number> }[] = [];
  while (trainer.step < steps) {
    const { batchLossNats } = await trainer.advance({ steps: Math.min(every, steps - trainer.step) });
    losses.push(...batchLossNats);
    const values = Object.fromEntries((await trainer.measure()).map(({ measure, value }) => [measure, value]));
    measured.push({ step: trainer.step, values });
    if (until !== undefined && values[until.measure] >= until.atLeast) break;
  }
  clearInterval(clock);
  const { numerics } = trainer;
  await trainer.close();
  return { losses, measured, numerics, isIsolated: crossOriginIsolated, wallMs: performance.now() - began, timer };
}

Object.assign(window, { train });
