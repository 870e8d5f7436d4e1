/**
 * @file Log density of Student's t, quickly: what online detection needs at every value and run length.
 *
 * Refuses degrees of freedom that are not positive.
 */
import { DomainError } from "../../core/index.ts";

const constants = new Map<number, number>();

/**
 * ln f(t) of Student's t with `df` > 0 degrees of freedom; −∞ at ±∞. The constants of integer and half-integer df are
 * kept.
 */
export function studentTLogPdf(t: number, df: number): number {
  if (!(df > 0)) throw new DomainError("studentTLogPdf: df", "a positive number", df);
  let constant = constants.get(df);
  if (constant === undefined) {
    constant = logGamma((df + 1) / 2) - logGamma(df / 2) - 0.5 * Math.log(df * Math.PI);
    if (constants.size < 100_000) constants.set(df, constant);
  }
  return constant - ((df + 1) / 2) * Math.log1p((t * t) / df);
}

/** ln Γ(x), x > 0: Stirling's series after raising x above 10; error below 1e-13. */
export function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  while (z < 10) shift += Math.log(z++);
  const inverse = 1 / (z * z);
  const series = 1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)));
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series / z - shift;
}
