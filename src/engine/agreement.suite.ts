/**
 * @file How far two devices may differ after T steps of training, for tests.
 *
 * Devices round differently (order of sums, functions). Training amplifies that, and by jumps: AdamW divides by the root
 * of a square, so where a gradient is all rounding its sign decides, and a unit near its kink is on or off. How far that
 * carries is a property of the program and is measured on one device: by how much does its own trajectory move when
 * every initial parameter is moved by up to 16 units of roundoff, which is what a sum of 256 terms loses (√n·u)? Smaller
 * nudges often meet none of the jumps that another device meets in one step or other. It may move six times as far as the
 * farthest of three nudges, plus the error that the loss itself is computed with: in eight trainings of grokking, jax-js's
 * Wasm device moved 1.65 times as far at most.
 */
import { expect } from "vitest";
import type { Tensor } from "../core/index.ts";
import { Rng } from "../core/index.ts";

const FACTOR = 6;

/** Relative. */
const NUDGE = 2 ** -20;

/** Two trajectories cross: what counts is how far apart they are around a step. */
const NEAR_STEPS = 10;

/** Of a mean of cross-entropies: jax-js's Wasm logarithm is off by up to 1.3e-5 (docs/engine.md, "Devices"). */
const LOSS_ERROR_NATS = 1.5e-5;

/** Every parameter times 1 ± NUDGE or less. Moments stay as they are. */
export function nudged(state: Readonly<Record<string, Tensor>>, seed: number): Record<string, Tensor> {
  const rng = Rng.of(seed, "nudge");
  return Object.fromEntries(
    Object.entries(state).map(([name, tensor]): [string, Tensor] => {
      if (name.startsWith("m.") || name.startsWith("v.")) return [name, tensor];
      const data = Float32Array.from(tensor.data, (value) => value * (1 + NUDGE * (2 * rng.uniform() - 1)));
      return [name, { ...tensor, data }];
    }),
  );
}

/** For each step, what the losses of another device may differ by: see the header. `nudged` are losses after nudges. */
export function agreementTolerance(losses: ArrayLike<number>, nudgedLosses: readonly ArrayLike<number>[]): number[] {
  const moved = Array.from(losses, (loss, step) =>
    Math.max(...nudgedLosses.map((others) => Math.abs(others[step] - loss))),
  );
  return moved.map((_, step) => {
    const near = moved.slice(Math.max(0, step - NEAR_STEPS), step + NEAR_STEPS + 1);
    return FACTOR * Math.max(...near) + LOSS_ERROR_NATS;
  });
}

export function expectAgreeingLosses(
  losses: ArrayLike<number>,
  reference: ArrayLike<number>,
  nudgedReferences: readonly ArrayLike<number>[],
): void {
  expect(losses.length).toBe(reference.length);
  const tolerance = agreementTolerance(reference, nudgedReferences);
  for (const [step, allowed] of tolerance.entries())
    expect(Math.abs(losses[step] - reference[step]), `loss of step ${step}`).toBeLessThanOrEqual(allowed);
}
