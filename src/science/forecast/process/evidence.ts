/**
 * @file Marginal likelihood of a cohort's curves under a sum of two Kronecker products, and its gradient.
 *
 * Curves Y (R runs × G steps) are normal with covariance K = A₀ ⊗ 11ᵀ + A₁ ⊗ C + τ² I ⊗ D: A₀ is how runs' levels are related,
 * A₁ how their growth is, C the growth's covariance over steps, D the shape of the noise. C and D are fixed, so their joint
 * eigenvectors are taken once; every evaluation costs O(R³ + R²G), not (RG)³. Values are finite; callers see to it.
 */
import { symmetricEigen } from "../../stats/symmetricEigen.ts";

/** What does not depend on parameters. */
export interface StepBasis {
  readonly steps: number;
  /** Eigenvalues of D^(−½) C D^(−½). */
  readonly gammas: Float64Array;
  /** Vᵀ D^(−½) 1. */
  readonly ones: Float64Array;
  /** G × G, row j: Vᵀ D^(−½) C e_j, the growth's covariance with step j in the basis. */
  readonly growth: Float64Array;
  /** G × G: D^(−½) V, so that row vectors y map to y·rotation. */
  readonly rotation: Float64Array;
  readonly logNoiseShape: number;
}

export function stepBasis(c: Float64Array, noiseShape: Float64Array, amplitude?: Float64Array): StepBasis {
  const g = noiseShape.length;
  const scaled = new Float64Array(g * g);
  for (let i = 0; i < g; i++)
    for (let j = 0; j < g; j++) scaled[i * g + j] = c[i * g + j] / Math.sqrt(noiseShape[i] * noiseShape[j]);
  const { values, vectors } = symmetricEigen(scaled, g);
  const gammas = values.map((value) => Math.max(0, value));
  const rotation = new Float64Array(g * g);
  const ones = new Float64Array(g);
  const growth = new Float64Array(g * g);
  let logNoiseShape = 0;
  for (let i = 0; i < g; i++) {
    const root = Math.sqrt(noiseShape[i]);
    logNoiseShape += Math.log(noiseShape[i]);
    for (let k = 0; k < g; k++) {
      rotation[i * g + k] = vectors[i * g + k] / root;
      ones[k] += rotation[i * g + k] * (amplitude?.[i] ?? 1);
      growth[i * g + k] = gammas[k] * vectors[i * g + k] * root;
    }
  }
  return { steps: g, gammas, ones, growth, rotation, logNoiseShape };
}

/** Rows of `values` (R × G) in the basis. */
export function toBasis(values: Float64Array, runs: number, { steps: g, rotation }: StepBasis): Float64Array {
  return product(values, runs, g, rotation, g);
}

export interface RunCovariances {
  /** R × R, symmetric, positive semidefinite. */
  readonly level: Float64Array;
  readonly growth: Float64Array;
  readonly noiseVariance: number;
}

/** Everything about one value of the parameters that predictions and the gradient need. */
export interface Factored {
  readonly runs: number;
  readonly logLikelihood: number;
  /** R × R eigenvectors of A₁; run space is handled in them. */
  readonly q: Float64Array;
  /** R × G: 1 / (λᵢγⱼ + τ²). */
  readonly h: Float64Array;
  /** R × R: (A₀⁻¹ + WᵀK₀⁻¹W)⁻¹ in the eigenbasis. */
  readonly n: Float64Array;
  /** R × G: K⁻¹y in both bases. */
  readonly alpha: Float64Array;
  /** R: WᵀK₀⁻¹W, diagonal. */
  readonly s: Float64Array;
}

/** `y` is R × G in the step basis. Undefined where a covariance is not positive definite to working precision. */
export function factor(y: Float64Array, runs: number, basis: StepBasis, at: RunCovariances): Factored | undefined {
  const { steps: g, gammas, ones, logNoiseShape } = basis;
  const { values: lambdas, vectors: q } = symmetricEigen(at.growth, runs);
  const z = leftTransposed(q, y, runs, g);
  const h = new Float64Array(runs * g);
  const b = new Float64Array(runs);
  const s = new Float64Array(runs);
  let quadratic = 0;
  let logDeterminant = runs * logNoiseShape;
  for (let i = 0; i < runs; i++) {
    const lambda = Math.max(0, lambdas[i]);
    for (let j = 0; j < g; j++) {
      const total = lambda * gammas[j] + at.noiseVariance;
      const inverse = 1 / total;
      const zij = z[i * g + j];
      h[i * g + j] = inverse;
      logDeterminant += Math.log(total);
      quadratic += zij * zij * inverse;
      b[i] += zij * inverse * ones[j];
      s[i] += ones[j] * ones[j] * inverse;
    }
  }
  const level = congruence(q, at.level, runs);
  const inner = lowRank(level, s, runs);
  if (inner === undefined) return undefined;
  const n = inner.n;
  const nb = new Float64Array(runs);
  for (let i = 0; i < runs; i++) for (let k = 0; k < runs; k++) nb[i] += n[i * runs + k] * b[k];
  for (let i = 0; i < runs; i++) quadratic -= b[i] * nb[i];
  logDeterminant += inner.logDeterminant;
  const alpha = new Float64Array(runs * g);
  for (let i = 0; i < runs; i++)
    for (let j = 0; j < g; j++) alpha[i * g + j] = h[i * g + j] * (z[i * g + j] - ones[j] * nb[i]);
  const logLikelihood = -0.5 * (quadratic + logDeterminant + runs * g * Math.log(2 * Math.PI));
  return Number.isFinite(logLikelihood) ? { runs, logLikelihood, q, h, n, alpha, s } : undefined;
}

export interface LikelihoodGradient {
  /** R × R: derivative of the log likelihood by the entries of A₀, of A₁, and by τ². */
  readonly level: Float64Array;
  readonly growth: Float64Array;
  readonly noiseVariance: number;
}

export function likelihoodGradient(basis: StepBasis, { runs, q, h, n, alpha, s }: Factored): LikelihoodGradient {
  const { steps: g, gammas, ones } = basis;
  const level = new Float64Array(runs * runs);
  const growth = new Float64Array(runs * runs);
  const a0 = new Float64Array(runs);
  let noise = 0;
  for (let i = 0; i < runs; i++) {
    let weighted = 0;
    let square = 0;
    for (let j = 0; j < g; j++) {
      const hij = h[i * g + j];
      const a = alpha[i * g + j];
      a0[i] += ones[j] * a;
      weighted += hij;
      square += ones[j] * ones[j] * hij * hij;
      noise += a * a;
      growth[i * runs + i] -= gammas[j] * hij;
    }
    noise -= weighted - n[i * runs + i] * square;
  }
  for (let i = 0; i < runs; i++)
    for (let k = 0; k < runs; k++) {
      let [shared, product] = [0, 0];
      for (let j = 0; j < g; j++) {
        shared += gammas[j] * ones[j] * ones[j] * h[i * g + j] * h[k * g + j];
        product += gammas[j] * alpha[i * g + j] * alpha[k * g + j];
      }
      growth[i * runs + k] += n[i * runs + k] * shared + product;
      level[i * runs + k] = a0[i] * a0[k] + s[i] * n[i * runs + k] * s[k] - (i === k ? s[i] : 0);
    }
  const half = (matrix: Float64Array) => expand(q, matrix, runs).map((entry) => 0.5 * entry);
  return { level: half(level), growth: half(growth), noiseVariance: 0.5 * noise };
}

/** N = (A⁻¹ + diag s)⁻¹ = L(I + Lᵀ diag(s) L)⁻¹Lᵀ for A = LLᵀ, and ln|I + A diag s|; A may be singular up to a jitter. */
function lowRank(a: Float64Array, s: Float64Array, n: number): { n: Float64Array; logDeterminant: number } | undefined {
  const l = a.slice();
  let size = 0;
  for (let i = 0; i < n; i++) size = Math.max(size, a[i * n + i]);
  for (let i = 0; i < n; i++) l[i * n + i] += 1e-10 * size + 1e-300;
  if (!choleskyInPlace(l, n)) return undefined;
  const m = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let k = 0; k <= i; k++) {
      let sum = i === k ? 1 : 0;
      for (let r = i; r < n; r++) sum += l[r * n + i] * s[r] * l[r * n + k];
      m[i * n + k] = sum;
    }
  if (!choleskyInPlace(m, n)) return undefined;
  let logDeterminant = 0;
  for (let i = 0; i < n; i++) logDeterminant += 2 * Math.log(m[i * n + i]);
  // Rows of X = L·chol(M)⁻ᵀ, so that N = XXᵀ.
  const x = new Float64Array(n * n);
  for (let r = 0; r < n; r++)
    for (let i = 0; i < n; i++) {
      let sum = i <= r ? l[r * n + i] : 0;
      for (let k = 0; k < i; k++) sum -= m[i * n + k] * x[r * n + k];
      x[r * n + i] = sum / m[i * n + i];
    }
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let k = 0; k <= i; k++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += x[i * n + j] * x[k * n + j];
      out[i * n + k] = out[k * n + i] = sum;
    }
  return { n: out, logDeterminant };
}

/** Lower factor in place, the upper triangle zeroed; false when a pivot is not positive. */
export function choleskyInPlace(a: Float64Array, n: number): boolean {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j];
      for (let k = 0; k < j; k++) sum -= a[i * n + k] * a[j * n + k];
      if (j < i) a[i * n + j] = sum / a[j * n + j];
      else if (sum > 0) a[i * n + i] = Math.sqrt(sum);
      else return false;
    }
    for (let j = i + 1; j < n; j++) a[i * n + j] = 0;
  }
  return true;
}

function product(a: Float64Array, rows: number, inner: number, b: Float64Array, columns: number): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < inner; k++) {
      const left = a[i * inner + k];
      for (let j = 0; j < columns; j++) out[i * columns + j] += left * b[k * columns + j];
    }
  return out;
}

/** QᵀB for Q n × n, B n × columns. */
function leftTransposed(q: Float64Array, b: Float64Array, n: number, columns: number): Float64Array {
  const out = new Float64Array(n * columns);
  for (let k = 0; k < n; k++)
    for (let i = 0; i < n; i++) {
      const left = q[k * n + i];
      for (let j = 0; j < columns; j++) out[i * columns + j] += left * b[k * columns + j];
    }
  return out;
}

/** QᵀAQ. */
function congruence(q: Float64Array, a: Float64Array, n: number): Float64Array {
  return product(leftTransposed(q, a, n, n), n, n, q, n);
}

/** QAQᵀ. */
function expand(q: Float64Array, a: Float64Array, n: number): Float64Array {
  const qa = product(q, n, n, a, n);
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < n; k++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += qa[i * n + j] * q[k * n + j];
      out[i * n + k] = sum;
    }
  return out;
}
