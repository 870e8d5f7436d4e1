/**
 * @file Counter-based random numbers: Philox-4x32-10. Every draw is a pure function of (key, counter), so a draw that
 * belongs to (seed, step, example) is the same whatever else was drawn before it, in any order, in any process.
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11; constants and known-answer
 * vectors from its reference implementation. Never uses Math.random or the clock.
 */
import { DomainError } from "./errors.ts";
import { sha256Hex } from "./hash.ts";

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;
const TWO_PI = 2 * Math.PI;

/** A 64-bit key. Make one with `keyOf`. */
export interface RngKey {
  readonly k0: number;
  readonly k1: number;
}

/** Key for a named purpose: distinct paths give unrelated streams. Example: `keyOf(seed, "order", epoch)`. */
export function keyOf(...path: readonly (string | number)[]): RngKey {
  const hex = sha256Hex(path.map((part) => `${typeof part === "number" ? "n" : "s"}${String(part)}`).join("\u0000"));
  return { k0: Number.parseInt(hex.slice(0, 8), 16), k1: Number.parseInt(hex.slice(8, 16), 16) };
}

/** Philox-4x32-10: four 32-bit words from a 128-bit counter, written to `out` (length ≥ 4). */
export function philox(key: RngKey, c0: number, c1: number, c2: number, c3: number, out: Uint32Array): void {
  let { k0, k1 } = key;
  let x0 = c0 >>> 0;
  let x1 = c1 >>> 0;
  let x2 = c2 >>> 0;
  let x3 = c3 >>> 0;
  for (let round = 0; round < 10; round++) {
    const hi0 = mulHigh(M0, x0);
    const lo0 = Math.imul(M0, x0);
    const hi1 = mulHigh(M1, x2);
    const lo1 = Math.imul(M1, x2);
    x0 = hi1 ^ x1 ^ k0;
    x1 = lo1;
    x2 = hi0 ^ x3 ^ k1;
    x3 = lo0;
    k0 = (k0 + W0) | 0;
    k1 = (k1 + W1) | 0;
  }
  out[0] = x0;
  out[1] = x1;
  out[2] = x2;
  out[3] = x3;
}

/** High 32 bits of the unsigned 32 × 32 product. */
function mulHigh(a: number, b: number): number {
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  const mid = ah * bl + ((al * bl) >>> 16);
  return ah * bh + Math.floor(mid / 65536) + (((mid & 0xffff) + al * bh) >>> 16);
}

const scratch = new Uint32Array(4);

/** Uniform in [0, 1) with 32 bits, keyed by (key, a, b): for draws per (step, example). */
export function uniformAt(key: RngKey, a: number, b = 0, c = 0): number {
  philox(key, a, b, c, 0, scratch);
  return scratch[0] / 4294967296;
}

/** Four uniforms in [0, 1) at one counter, written to `out`. */
export function uniforms4At(key: RngKey, a: number, b: number, c: number, out: Float64Array): void {
  philox(key, a, b, c, 0, scratch);
  for (let i = 0; i < 4; i++) out[i] = scratch[i] / 4294967296;
}

/** A stream of draws over one key: a convenience for code that needs many in a fixed order. */
export class Rng {
  readonly key: RngKey;
  private block = 0;
  private readonly words = new Uint32Array(4);
  private used = 4;
  private spareNormal: number | undefined;

  constructor(key: RngKey) {
    this.key = key;
  }

  /** `Rng.of(seed, "bootstrap")`. */
  static of(...path: readonly (string | number)[]): Rng {
    return new Rng(keyOf(...path));
  }

  uint32(): number {
    if (this.used === 4) {
      philox(this.key, this.block >>> 0, Math.floor(this.block / 4294967296), 0, 1, this.words);
      this.block++;
      this.used = 0;
    }
    return this.words[this.used++];
  }

  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** Standard normal by the Box–Muller transform. */
  normal(): number {
    if (this.spareNormal !== undefined) {
      const spare = this.spareNormal;
      this.spareNormal = undefined;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = TWO_PI * this.uniform();
    this.spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Integer in [0, n), unbiased by rejection. Throws OUT_OF_DOMAIN unless 1 ≤ n ≤ 2³². */
  int(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 4294967296) throw new DomainError("Rng.int", "an integer in 1…2^32", n);
    const limit = 4294967296 - (4294967296 % n);
    for (;;) {
      const word = this.uint32();
      if (word < limit) return word % n;
    }
  }

  /** Fisher–Yates permutation of 0…n−1. */
  permutation(n: number): Int32Array {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const held = order[i];
      order[i] = order[j];
      order[j] = held;
    }
    return order;
  }
}
