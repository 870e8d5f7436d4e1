/**
 * @file Holm's correction of p values for many tests, whatever their dependence (Holm, Scand. J. Statist. 6, 1979).
 *
 * Refuses p values outside [0, 1].
 */
import { DomainError } from "../../core/index.ts";

/** Adjusted p values in the order given: max over smaller ones of (m − rank + 1)·p, at most 1. */
export function holm(ps: readonly number[]): number[] {
  for (const p of ps) if (!(p >= 0 && p <= 1)) throw new DomainError("holm", "p values in [0, 1]", p);
  const order = ps.map((_, i) => i).sort((a, b) => ps[a] - ps[b]);
  const adjusted = new Array<number>(ps.length);
  let before = 0;
  order.forEach((index, rank) => {
    before = Math.max(before, Math.min(1, (ps.length - rank) * ps[index]));
    adjusted[index] = before;
  });
  return adjusted;
}
