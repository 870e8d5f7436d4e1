/**
 * @file What an initialiser is: a pure function of a generator, a shape and the fans that the layer counts for it.
 *
 * Initial values are drawn on the host in double precision and rounded to float32 once. The same generator key gives the
 * same bits in every process. Settings that are not finite, and fans of 0, are refused.
 */
import type { Rng, Tensor } from "../../core/index.ts";
import { DomainError } from "../../core/index.ts";
import { drawn } from "./draw.ts";

/** Inputs that feed one output unit, and outputs that one input unit feeds; the layer knows which axes these are. */
export interface Fans {
  readonly in: number;
  readonly out: number;
}

export type Initialiser = (rng: Rng, shape: readonly number[], fans: Fans) => Tensor;

/** Which fan the variance is divided by. */
export type FanMode = "fanIn" | "fanOut" | "fanAverage";

export function fanOf(mode: FanMode, fans: Fans): number {
  const fan = { fanIn: fans.in, fanOut: fans.out, fanAverage: (fans.in + fans.out) / 2 }[mode];
  requirePositive(`initialiser, ${mode}`, fan);
  return fan;
}

export function requirePositive(what: string, value: number): void {
  if (!(value > 0) || !Number.isFinite(value)) throw new DomainError(what, "a finite number above 0", value);
}

export const zerosInit: Initialiser = (_, shape) => drawn(shape, () => 0);
export const onesInit: Initialiser = (_, shape) => drawn(shape, () => 1);
