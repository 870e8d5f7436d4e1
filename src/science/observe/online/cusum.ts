/**
 * @file CUSUM: how far a standardised series has drifted from where it was, upwards or downwards, and the threshold at
 * which that happens by chance only once in a stated number of values.
 *
 * Non-finite values are refused. The threshold is simulated for the correlation that it is told; at another one it does
 * not hold.
 */
import { DomainError, RefusedError, type Rng } from "../../../core/index.ts";

/**
 * Page's two-sided sums over z-scores: S⁺ = max(0, S⁺ + z − k), S⁻ = max(0, S⁻ − z − k). `alarm` is the first index at
 * which either exceeds `threshold`, undefined when none does; `since` the last index before it at which that sum was 0
 * (the change came after it; −1: from the beginning). `k` is half the shift in sds that is to be found soonest; default
 * .5.
 */
export function cusum(
  z: readonly number[],
  { threshold, k = 0.5 }: { threshold: number; k?: number },
): { readonly alarm: number; readonly since: number; readonly direction: "up" | "down" } | undefined {
  if (!(threshold > 0)) throw new DomainError("cusum: threshold", "a positive number", threshold);
  if (!(k >= 0)) throw new DomainError("cusum: k", "a number ≥ 0", k);
  let [up, down, upSince, downSince] = [0, 0, -1, -1];
  for (let i = 0; i < z.length; i++) {
    if (!Number.isFinite(z[i])) throw new DomainError("cusum", "finite z-scores", `${z[i]} at position ${i}`);
    up = Math.max(0, up + z[i] - k);
    down = Math.max(0, down - z[i] - k);
    if (up > threshold) return { alarm: i, since: upSince, direction: "up" };
    if (down > threshold) return { alarm: i, since: downSince, direction: "down" };
    if (up === 0) upSince = i;
    if (down === 0) downSince = i;
  }
  return undefined;
}

export interface CusumThreshold {
  readonly threshold: number;
  /** Mean number of values to a false alarm at this threshold, in fresh simulated runs, with its standard error. */
  readonly runLength: number;
  readonly runLengthSe: number;
  readonly runs: number;
}

/**
 * The threshold at which AR(1) noise of variance 1 and the given `correlation` gives a false alarm once in `runLength`
 * values on average: bisection over simulated runs (the same noise at every threshold), then checked on fresh ones.
 * Refuses when the fresh runs miss `runLength` by more than 15% and four of their standard errors. Two-sided, k = .5,
 * independent noise: h = 4 gives 168, h = 5 465 (Montgomery, Introduction to Statistical Quality Control, table 9.3).
 */
export function cusumThreshold({
  runLength,
  correlation = 0,
  k = 0.5,
  runs = 400,
  rng,
}: {
  readonly runLength: number;
  readonly correlation?: number;
  readonly k?: number;
  readonly runs?: number;
  readonly rng: Rng;
}): CusumThreshold {
  if (!(runLength >= 10)) throw new DomainError("cusumThreshold: runLength", "at least 10", runLength);
  if (!(correlation >= 0 && correlation < 1))
    throw new DomainError("cusumThreshold: correlation", "a correlation in [0, 1)", correlation);
  const horizon = Math.ceil(12 * runLength);
  const draw = () => Array.from({ length: runs }, () => sumPeaks(rng, horizon, correlation, k));
  const sample = draw();
  let [low, high] = [0.1, 1];
  while (meanRunLength(sample, high, horizon).mean < runLength && high < 1e4) high *= 2;
  for (let round = 0; round < 40; round++) {
    const middle = (low + high) / 2;
    if (meanRunLength(sample, middle, horizon).mean < runLength) low = middle;
    else high = middle;
  }
  const threshold = (low + high) / 2;
  const check = meanRunLength(draw(), threshold, horizon);
  if (Math.abs(check.mean - runLength) > Math.max(0.15 * runLength, 4 * check.se))
    throw new RefusedError(
      "cusumThreshold",
      `fresh runs give ${check.mean.toFixed(0)} values to a false alarm, not ${runLength}; ask for more runs`,
    );
  return { threshold, runLength: check.mean, runLengthSe: check.se, runs };
}

/** New maxima of either sum and where they were reached: all that any threshold needs. */
interface Peaks {
  readonly heights: readonly number[];
  readonly at: readonly number[];
}

function sumPeaks(rng: Rng, horizon: number, correlation: number, k: number): Peaks {
  const heights: number[] = [];
  const at: number[] = [];
  const innovation = Math.sqrt(1 - correlation ** 2);
  let noise = rng.normal();
  let [up, down, most] = [0, 0, 0];
  for (let i = 0; i < horizon; i++) {
    up = Math.max(0, up + noise - k);
    down = Math.max(0, down - noise - k);
    const height = Math.max(up, down);
    if (height > most) {
      most = height;
      heights.push(height);
      at.push(i);
    }
    noise = correlation * noise + innovation * rng.normal();
  }
  return { heights, at };
}

/** Exponential run lengths cut off at the horizon: their mean by maximum likelihood, and its standard error. */
function meanRunLength(sample: readonly Peaks[], threshold: number, horizon: number): { mean: number; se: number } {
  let time = 0;
  let alarms = 0;
  for (const { heights, at } of sample) {
    const first = heights.findIndex((height) => height > threshold);
    time += first < 0 ? horizon : at[first] + 1;
    if (first >= 0) alarms++;
  }
  const mean = alarms === 0 ? Number.POSITIVE_INFINITY : time / alarms;
  return { mean, se: mean / Math.sqrt(Math.max(1, alarms)) };
}
