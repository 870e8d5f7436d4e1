/**
 * @file How far each place in a series stands out from the rest of it, at every scale: a step or a bend is compared
 * with what the same contrast gives everywhere else in the same series.
 *
 * The yardstick being the series itself, the level of the noise and its correlation need not be known: false alarms are
 * alike for independent noise, AR(1) and a random walk (see `standoutP`). Refuses non-finite values. A contrast with
 * fewer than six places gives no evidence.
 */
import { ShapeError } from "../../../core/index.ts";
import { median, requireFinite } from "../../stats/moments.ts";

/**
 * For each boundary b in 0…n (between points b − 1 and b), the largest |contrast|/spread over scales k = 1, 2, 3, 4, 6,
 * … ≤ n/8. With means m₀…m₃ of four blocks of k points around b, the contrasts are the step 1.5(m₂ − m₁) − .5(m₃ − m₀)
 * and the bend (m₃ − m₂) − (m₁ − m₀); both are 0 on a straight line. Each is divided by what `sds` ([n], positive: the
 * error of each point) make of it, and then by its spread 1.4826 · median |contrast| over all places, where that
 * exceeds `least`: 1 where the sds are known errors, so that what they explain does not stand out; 0 where only their
 * proportions count. 0 where no block fits.
 */
export function standout(values: readonly number[], sds: readonly number[], least = 1): Float64Array {
  requireFinite("standout", values);
  requireFinite("standout: sds", sds);
  if (sds.length !== values.length) throw new ShapeError("standout: sds", `[${values.length}]`, [sds.length]);
  const n = values.length;
  const centre = median(values);
  const sums = cumulative(values.map((v) => v - centre));
  const variances = cumulative(sds.map((s) => s * s));
  const result = new Float64Array(n + 1);
  for (const k of scales(n)) {
    const steps: number[] = [];
    const bends: number[] = [];
    for (let b = 2 * k; b + 2 * k <= n; b++) {
      const at = [b - 2 * k, b - k, b, b + k];
      const [m0, m1, m2, m3] = at.map((from) => (sums[from + k] - sums[from]) / k);
      const [v0, v1, v2, v3] = at.map((from) => (variances[from + k] - variances[from]) / (k * k));
      steps.push(Math.abs(1.5 * (m2 - m1) - 0.5 * (m3 - m0)) / Math.sqrt(2.25 * (v1 + v2) + 0.25 * (v0 + v3)));
      bends.push(Math.abs(m3 - m2 - (m1 - m0)) / Math.sqrt(v0 + v1 + v2 + v3));
    }
    if (steps.length < 6) continue;
    for (const contrasts of [steps, bends]) {
      const spread = Math.max(least, 1.4826 * median(contrasts));
      for (let i = 0; i < contrasts.length; i++) {
        const z = spread > 0 ? contrasts[i] / spread : 0;
        if (z > result[i + 2 * k]) result[i + 2 * k] = z;
      }
    }
  }
  return result;
}

/**
 * Chance that a series of n points without any change has a `standout` of at least z somewhere. Fitted to the simulated
 * 90% and 99% points of the largest standout of n = 12…300 points of Gaussian noise with correlation 0, .5, .8 and 1
 * (they differ little); between and beyond them the logarithm of p is taken as straight. Never below 1e-9.
 */
export function standoutP(z: number, n: number): number {
  const z90 = 4.3;
  const z99 = standoutLimit(n, 0.01);
  return Math.min(1, Math.max(1e-9, 0.1 ** (1 + (z - z90) / (z99 - z90))));
}

/** The z whose `standoutP` is `p`. */
export function standoutLimit(n: number, p: number): number {
  const z99 = 5.2 + 30 / n;
  return 4.3 + (z99 - 4.3) * (-Math.log10(p) - 1);
}

function scales(n: number): number[] {
  const found = [1];
  for (let k = 2; k <= n / 8; k = Math.max(k + 1, Math.floor(1.5 * k))) found.push(k);
  return found;
}

function cumulative(values: readonly number[]): Float64Array {
  const sums = new Float64Array(values.length + 1);
  for (let i = 0; i < values.length; i++) sums[i + 1] = sums[i] + values[i];
  return sums;
}
