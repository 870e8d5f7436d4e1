/**
 * @file Random directions on the host, each a pure function of (key, number of the probe): probe 7 is the same among 10
 * probes and among 1,000.
 */
import type { RngKey } from "../../core/index.ts";
import { philox } from "../../core/index.ts";

const TWO_PI = 2 * Math.PI;
/** Keeps probes apart from other draws under the same key. */
const RADEMACHER_STREAM = 2;
const GAUSSIAN_STREAM = 3;

/** Independent signs ±1 with equal probability: float64 [size]. */
export function rademacher(key: RngKey, probe: number, size: number): Float64Array {
  const words = new Uint32Array(4);
  const signs = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    if (i % 128 === 0) philox(key, i / 128, probe, 0, RADEMACHER_STREAM, words);
    signs[i] = (words[(i % 128) >> 5] >>> (i & 31)) & 1 ? 1 : -1;
  }
  return signs;
}

/** Independent standard normals (Box–Muller): float64 [size]. */
export function gaussian(key: RngKey, probe: number, size: number): Float64Array {
  const words = new Uint32Array(4);
  const values = new Float64Array(size);
  for (let i = 0; i < size; i += 2) {
    philox(key, i / 2, probe, 0, GAUSSIAN_STREAM, words);
    const radius = Math.sqrt(-2 * Math.log((words[0] + 1) / 4294967296));
    const angle = (TWO_PI * words[1]) / 4294967296;
    values[i] = radius * Math.cos(angle);
    if (i + 1 < size) values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}
