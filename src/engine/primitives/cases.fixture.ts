/**
 * @file For every primitive of jax-js a function whose trace contains it, over operands that a test draws at random.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { DType, jit, lax, numpy as np, random, vjp } from "@jax-js/jax";
import type { Rng, Tensor } from "../../core/index.ts";
import { bool, float, int, unsigned } from "../reference.suite.ts";

/** What a case draws from: a shape of one to three axes, a number that chooses among variants, and random values. */
export interface Draw {
  readonly shape: readonly number[];
  readonly variant: number;
  readonly rng: Rng;
}

export interface Case {
  readonly inputs: (draw: Draw) => Record<string, Tensor>;
  /** Operands in the order of `inputs`; consumes nothing. The first result is the one that gradients are taken of. */
  readonly fn: (operands: readonly JaxArray[], draw: Draw) => readonly JaxArray[];
  /** The gradient is no derivative (of a value held fixed, of bits read as numbers): not compared with differences. */
  readonly isNoDerivative?: boolean;
  /** Of the comparison with jax-js, relative to 1 + |value|; where it sums many terms. */
  readonly tolerance?: number;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((n, extent) => n * extent, 1);
const filled = (shape: readonly number[], draw: () => number): Tensor =>
  float(shape, Array.from({ length: sizeOf(shape) }, draw));
const reals = (rng: Rng, shape: readonly number[]): Tensor => filled(shape, () => rng.normal());
/** Between low and high. */
const between = (rng: Rng, shape: readonly number[], low: number, high: number): Tensor =>
  filled(shape, () => low + (high - low) * rng.uniform());
/** Of size .3 to 1.3, either sign. */
const awayFromZero = (rng: Rng, shape: readonly number[]): Tensor =>
  filled(shape, () => (rng.uniform() < 0.5 ? -1 : 1) * (0.3 + rng.uniform()));
const integers = (rng: Rng, shape: readonly number[], below: number): Tensor =>
  int(
    shape,
    Array.from({ length: sizeOf(shape) }, () => rng.int(below)),
  );
/** The last axis repeats in every second case, so that broadcasting is met. */
const other = ({ shape, variant }: Draw): number[] => (variant % 2 === 0 ? [...shape] : [...shape.slice(1, -1), 1]);
const axisOf = ({ shape, variant }: Draw): number => variant % shape.length;

const unary = (
  fn: (x: JaxArray) => JaxArray,
  draw: (rng: Rng, shape: readonly number[]) => Tensor = reals,
  more: Partial<Case> = {},
): Case => ({ inputs: ({ rng, shape }) => ({ x: draw(rng, shape) }), fn: ([x]) => [fn(x.ref)], ...more });

const binary = (
  fn: (x: JaxArray, y: JaxArray, draw: Draw) => JaxArray,
  second: (rng: Rng, shape: readonly number[]) => Tensor = reals,
  more: Partial<Case> = {},
): Case => ({
  inputs: (draw) => ({ x: reals(draw.rng, draw.shape), y: second(draw.rng, other(draw)) }),
  fn: ([x, y], draw) => [fn(x.ref, y.ref, draw)],
  ...more,
});

/** Floats as small integers; the gradient through them is zero. */
const whole = (x: JaxArray): JaxArray => x.mul(20).astype(DType.Int32);
const real = (x: JaxArray): JaxArray => x.astype(DType.Float32);

const matrices = (rng: Rng): Tensor => awayFromZero(rng, [2, 3, 3]);
/** Symmetric, with its eigenvalues apart. */
function definite(rng: Rng): Tensor {
  const { data } = reals(rng, [3, 3]);
  return float(
    [3, 3],
    Array.from({ length: 9 }, (_, at) => {
      const [i, j] = [Math.floor(at / 3), at % 3];
      return data[Math.min(i, j) * 3 + Math.max(i, j)] * 0.2 + (i === j ? 2 + 1.5 * i : 0);
    }),
  );
}

/** jax-js differentiates Cholesky among symmetric matrices. */
const symmetric = (x: JaxArray): JaxArray => x.ref.add(np.matrixTranspose(x.ref)).mul(0.5);

const REDUCTIONS = [np.sum, np.prod, np.max, np.min];
const COMPARISONS: readonly ((x: JaxArray, y: JaxArray) => JaxArray)[] = [
  (x, y) => x.less(y),
  (x, y) => x.lessEqual(y),
  (x, y) => x.equal(y),
  (x, y) => x.notEqual(y),
];
const CONVOLUTIONS = [
  {
    strides: [1, 1],
    padding: [
      [0, 0],
      [0, 0],
    ],
    lhs: [1, 1],
    rhs: [1, 1],
  },
  {
    strides: [2, 1],
    padding: [
      [1, 1],
      [0, 2],
    ],
    lhs: [1, 1],
    rhs: [1, 2],
  },
  {
    strides: [1, 1],
    padding: [
      [2, 1],
      [1, 1],
    ],
    lhs: [2, 2],
    rhs: [1, 1],
  },
] as const;
const WINDOWS = [
  { size: [2, 2], strides: [2, 2] },
  { size: [3, 2], strides: [1, 1] },
  { size: [2, 2], strides: [3, 2] },
] as const;
const windowsOf = ({ variant }: Draw) => WINDOWS[variant % WINDOWS.length];
/** Sums of squares over windows: unlike a plain sum, every element of a window counts differently. */
const pooled = (x: JaxArray, draw: Draw): JaxArray => {
  const { size, strides } = windowsOf(draw);
  return lax.reduceWindow(x, ((w: JaxArray) => np.max(w)) as never, [...size], [...strides]);
};
const summed = (x: JaxArray, draw: Draw): JaxArray => {
  const { size, strides } = windowsOf(draw);
  return lax.reduceWindow(x, ((w: JaxArray) => np.sum(w)) as never, [...size], [...strides]);
};
/** What a function gives back for a gradient of its result: a linear function, the transpose. */
const transposed = (fn: (x: JaxArray) => JaxArray, at: JaxArray, cotangent: JaxArray): JaxArray => {
  const [value, back] = vjp(fn as never, [at] as never) as unknown as [JaxArray, (ct: JaxArray) => [JaxArray]];
  value.dispose();
  return back(cotangent)[0];
};

const twice = jit(function twice(x: JaxArray): JaxArray {
  return np.sin(x.ref).mul(x);
});

/** They move values, compare them, or work on integers. */
const EXACT: ReadonlySet<string> = new Set([
  ...[
    "idiv",
    "min",
    "max",
    "bit_combine",
    "bit_shift",
    "bit_count",
    "neg",
    "floor",
    "ceil",
    "cast",
    "bitcast",
    "compare",
  ],
  ...[
    "where",
    "concatenate",
    "split",
    "random_bits",
    "transpose",
    "reshape",
    "flip",
    "shrink",
    "pad",
    "sort",
    "argsort",
  ],
]);

/** Relative to 1 + |value|; default: a few roundings. */
export const toleranceOf = (primitive: string): number =>
  EXACT.has(primitive) ? 0 : (CASES[primitive].tolerance ?? 4e-6);

export const CASES: Readonly<Record<string, Case>> = {
  add: binary((x, y) => x.add(y)),
  mul: binary((x, y) => x.mul(y)),
  idiv: binary((x, y) => real(whole(x).div(whole(y))), awayFromZero),
  mod: binary((x, y) => x.mod(y), awayFromZero),
  min: binary((x, y) => np.minimum(x, y)),
  max: binary((x, y) => np.maximum(x, y)),
  bit_combine: binary((x, y, { variant }) =>
    real([np.bitwiseAnd, np.bitwiseOr, np.bitwiseXor][variant % 3](whole(x), whole(y))),
  ),
  bit_shift: binary((x, _, { variant }) =>
    real([np.leftShift, np.rightShift][variant % 2](whole(np.abs(x)), np.array(3, { dtype: DType.Int32 }))),
  ),
  bit_count: unary((x) => real(np.bitwiseCount(whole(x)))),
  neg: unary((x) => x.neg()),
  reciprocal: unary((x) => np.reciprocal(x), awayFromZero),
  floor: unary((x) => np.floor(x)),
  ceil: unary((x) => np.ceil(x)),
  stop_gradient: unary((x) => x.ref.mul(lax.stopGradient(x)), reals, { isNoDerivative: true }),
  cast: unary((x) => real(x.mul(3).astype(DType.Int32))),
  bitcast: unary((x) => real(lax.bitcastConvertType(x, DType.Int32)).mul(2 ** -30), reals, { isNoDerivative: true }),
  sin: unary((x) => np.sin(x)),
  cos: unary((x) => np.cos(x)),
  asin: unary(
    (x) => np.asin(x),
    (rng, shape) => between(rng, shape, -0.9, 0.9),
  ),
  atan: unary((x) => np.atan(x)),
  exp: unary((x) => np.exp(x)),
  log: unary(
    (x) => np.log(x),
    (rng, shape) => between(rng, shape, 0.2, 3),
  ),
  erf: unary((x) => lax.erf(x)),
  erfc: unary((x) => lax.erfc(x)),
  sqrt: unary(
    (x) => np.sqrt(x),
    (rng, shape) => between(rng, shape, 0.2, 3),
  ),
  reduce: {
    inputs: ({ rng, shape }) => ({ x: awayFromZero(rng, shape) }),
    fn: ([x], draw) => [REDUCTIONS[draw.variant % 4](x.ref, axisOf(draw))],
    tolerance: 2e-5,
  },
  dot: {
    inputs: ({ rng, variant }) => ({ x: reals(rng, [3, 4]), y: reals(rng, [[4, 2], [4], [3, 4, 2]][variant % 3]) }),
    fn: ([x, y]) => [np.matmul(x.ref, y.ref)],
    tolerance: 2e-5,
  },
  conv: {
    inputs: ({ rng }) => ({ x: reals(rng, [2, 2, 5, 6]), y: reals(rng, [3, 2, 2, 3]) }),
    fn: ([x, y], { variant }) => {
      const { strides, padding, lhs, rhs } = CONVOLUTIONS[variant % 3];
      const pairs = padding.map(([before, after]): [number, number] => [before, after]);
      return [
        lax.convGeneralDilated(x.ref, y.ref, [...strides], pairs, { lhsDilation: [...lhs], rhsDilation: [...rhs] }),
      ];
    },
    tolerance: 2e-5,
  },
  pool: { inputs: ({ rng }) => ({ x: reals(rng, [2, 5, 6]) }), fn: ([x], draw) => [pooled(x.ref, draw)] },
  pool_transpose: {
    inputs: (draw) => ({ x: reals(draw.rng, pooledShape(draw)) }),
    fn: ([x], draw) => [transposed((a) => summed(a, draw), np.zeros([2, 5, 6]), x.ref)],
    tolerance: 2e-5,
  },
  compare: binary((x, y, { variant }) => real(COMPARISONS[variant % 4](x, y))),
  where: {
    inputs: (draw) => ({
      x: reals(draw.rng, draw.shape),
      y: reals(draw.rng, other(draw)),
      condition: bool(
        draw.shape,
        Array.from({ length: sizeOf(draw.shape) }, () => draw.rng.int(2)),
      ),
    }),
    fn: ([x, y, condition]) => [np.where(condition.ref, x.ref, y.ref)],
  },
  concatenate: {
    inputs: ({ rng, shape }) => ({ x: reals(rng, shape), y: reals(rng, shape) }),
    fn: ([x, y], draw) => [np.concatenate([x.ref, y.ref, x.ref.mul(2)], axisOf(draw))],
  },
  split: {
    inputs: ({ rng, shape }) => ({ x: reals(rng, [...shape, 5]) }),
    fn: ([x]) => {
      const [first, second] = np.split(x.ref, [2], -1);
      return [first.mul(3), second];
    },
  },
  random_bits: {
    inputs: ({ rng }) => ({ x: reals(rng, [4]), key: unsigned([2], [rng.int(2 ** 31), rng.int(2 ** 31)]) }),
    fn: ([x, key]) => [random.uniform(key.ref, [4]).mul(x.ref), random.bits(key.ref, [3])],
  },
  gather: {
    inputs: (draw) => ({
      x: reals(draw.rng, [...draw.shape, 3]),
      i: integers(draw.rng, [2, 2], draw.shape[axisOf(draw)]),
      j: integers(draw.rng, [2], 3),
    }),
    fn: ([x, i, j], draw) => {
      const at = axisOf(draw);
      if (draw.variant % 2 === 0) return [np.take(x.ref, i.ref, at)];
      const index: (JaxArray | [])[] = Array.from({ length: x.ndim }, (): [] => []);
      index[at] = i.ref;
      index[x.ndim - 1] = j.ref;
      return [x.ref.slice(...(index as []))];
    },
  },
  transpose: unary(
    (x) => np.transpose(x),
    (rng, shape) => reals(rng, [...shape, 2]),
  ),
  broadcast: unary((x) =>
    np.broadcastTo(x.ref, [2, ...x.shape]).mul(
      np
        .arange(2)
        .astype(DType.Float32)
        .reshape([2, ...x.shape.map(() => 1)]),
    ),
  ),
  reshape: unary(
    (x) => x.reshape([2, -1]),
    (rng, shape) => reals(rng, [...shape, 2]),
  ),
  flip: { inputs: ({ rng, shape }) => ({ x: reals(rng, shape) }), fn: ([x], draw) => [np.flip(x.ref, axisOf(draw))] },
  shrink: {
    inputs: ({ rng, shape }) => ({ x: reals(rng, [...shape, 4]) }),
    fn: ([x]) => [
      x.ref.slice(...x.shape.map((extent, axis): [number, number] => (axis === x.ndim - 1 ? [1, 3] : [0, extent]))),
    ],
  },
  pad: {
    inputs: ({ rng, shape }) => ({ x: reals(rng, shape) }),
    fn: ([x]) => [
      np.pad(
        x.ref,
        x.shape.map((_, axis): [number, number] => [axis, 1]),
      ),
    ],
  },
  sort: unary(
    (x) => np.sort(x),
    (rng, shape) => reals(rng, [...shape, 5]),
  ),
  argsort: {
    inputs: ({ rng, shape }) => ({ x: reals(rng, [...shape, 5]) }),
    fn: ([x]) => {
      const [values, places] = lax.topK(x.ref, 3);
      return [values, places];
    },
  },
  scatter: {
    inputs: (draw) => ({
      x: reals(draw.rng, [2, 3, ...draw.shape.slice(1)]),
      i: integers(draw.rng, [2, 3], draw.shape[0]),
    }),
    fn: ([x, i], { shape }) => [transposed((a) => np.take(a, i.ref, 0), np.zeros([...shape]), x.ref)],
  },
  triangular_solve: {
    inputs: ({ rng }) => ({ x: definite(rng), y: reals(rng, [3, 2]) }),
    fn: ([x, y], { variant }) => [
      lax.linalg.triangularSolve(x.ref, y.ref, { leftSide: true, lower: variant % 2 === 0 }),
    ],
    tolerance: 2e-5,
  },
  cholesky: {
    inputs: ({ rng }) => ({ x: definite(rng) }),
    fn: ([x]) => [lax.linalg.cholesky(symmetric(x))],
    tolerance: 2e-5,
  },
  lu: { inputs: ({ rng }) => ({ x: matrices(rng) }), fn: ([x]) => lax.linalg.lu(x.ref), tolerance: 2e-4 },
  jacobi_eigh: {
    inputs: ({ rng }) => ({ x: definite(rng) }),
    fn: ([x]) => [...lax.linalg.eigh(x.ref)].reverse(),
    tolerance: 2e-5,
  },
  fft: {
    inputs: ({ rng, variant }) => ({ x: reals(rng, [2, [4, 6, 7][variant % 3]]) }),
    fn: ([x]) => {
      const { real: re, imag } = np.fft.fft({ real: x.ref, imag: x.ref.mul(0.5) });
      return [re.mul(imag)];
    },
    tolerance: 2e-5,
  },
  jit: unary((x) => twice(x)),
};

function pooledShape(draw: Draw): number[] {
  const { size, strides } = windowsOf(draw);
  return [2, ...[5, 6].map((extent, i) => Math.ceil((extent - size[i] + 1) / strides[i]))];
}
