/**
 * @file Runs as departures from their mean: R curves become R − 1 orthonormal contrasts, which know nothing of what is
 * common to all runs, and so need no model of it (restricted likelihood).
 */

/** (R − 1) × R rows of the Helmert contrasts: orthonormal, each summing to 0. R ≥ 2. */
export function helmert(runs: number): Float64Array {
  const h = new Float64Array((runs - 1) * runs);
  for (let k = 1; k < runs; k++) {
    const scale = 1 / Math.sqrt(k * (k + 1));
    for (let i = 0; i < k; i++) h[(k - 1) * runs + i] = scale;
    h[(k - 1) * runs + k] = -k * scale;
  }
  return h;
}

/** H·A·Hᵀ, (R − 1)², of an R × R matrix. */
export function contrastMatrix(h: Float64Array, a: Float64Array, runs: number): Float64Array {
  const m = runs - 1;
  const ha = new Float64Array(m * runs);
  const out = new Float64Array(m * m);
  for (let c = 0; c < m; c++)
    for (let i = 0; i < runs; i++) {
      const weight = h[c * runs + i];
      if (weight !== 0) for (let k = 0; k < runs; k++) ha[c * runs + k] += weight * a[i * runs + k];
    }
  for (let c = 0; c < m; c++)
    for (let d = 0; d < m; d++) {
      let sum = 0;
      for (let k = 0; k < runs; k++) sum += ha[c * runs + k] * h[d * runs + k];
      out[c * m + d] = sum;
    }
  return out;
}

/**
 * How a new run's departure from the cohort's mean is related to the contrasts, and its variance: H(a − A1/R) and
 * a** − 2·mean(a) + mean(A), for the new run's relations `cross` to the runs and `own` to itself.
 */
export function newContrast(
  h: Float64Array,
  a: Float64Array,
  { cross, own }: { readonly cross: Float64Array; readonly own: number },
): { readonly cross: Float64Array; readonly own: number } {
  const runs = cross.length;
  const rest = cross.slice();
  let variance = own;
  for (let i = 0; i < runs; i++) {
    let sum = 0;
    for (let k = 0; k < runs; k++) sum += a[i * runs + k];
    rest[i] -= sum / runs;
    variance += sum / (runs * runs) - (2 * cross[i]) / runs;
  }
  const out = new Float64Array(runs - 1);
  for (let c = 0; c < runs - 1; c++) for (let i = 0; i < runs; i++) out[c] += h[c * runs + i] * rest[i];
  return { cross: out, own: variance };
}
