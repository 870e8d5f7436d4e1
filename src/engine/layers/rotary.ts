/**
 * @file Rotary positions: coordinate pairs of queries and keys turned by an angle proportional to the position.
 *
 * Source: Su et al., arXiv:2104.09864, §3.2.2 (pairs of neighbours, "interleaved") and GPT-NeoX's and Llama's layout
 * (first half with second half, "halves"). Angles are computed in double precision on the host.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { DomainError, ShapeError } from "../../core/index.ts";
import { add, constant, flip, mul, reshape } from "../ops.ts";

export interface RotaryOptions {
  /** θ: pair i turns by position·θ^(−2i/width). Default 10 000. */
  readonly base?: number;
  /** Which coordinates form a pair. Default "halves". */
  readonly pairs?: "halves" | "interleaved";
}

/** [..., sequence, width] turned by position 0, 1, …; the width is even. */
export function rotary(x: JaxArray, options: RotaryOptions = {}, layer = "rotary"): JaxArray {
  const { base = 10_000, pairs = "halves" } = options;
  if (!(base > 1)) throw new DomainError(`Layer ${layer}, base`, "a number above 1", base);
  const [length, width] = x.shape.slice(-2);
  if (x.ndim < 2 || width % 2 !== 0)
    throw new ShapeError(`Layer ${layer}, inputs`, "[..., sequence, an even width]", x.shape);
  const [pairShape, pairAxis] = pairs === "halves" ? [[2, width / 2], -2] : [[width / 2, 2], -1];
  const swapped = reshape(flip(reshape(x, [...x.shape.slice(0, -1), ...pairShape]), pairAxis), x.shape);
  const { cosines, sines } = tables({ length, width, base, pairs });
  return add(mul(x, cosines), mul(swapped, sines));
}

/** cos and ±sin [length, width] such that (a, b) becomes (a·cos − b·sin, b·cos + a·sin) for every pair. */
function tables({ length, width, base, pairs }: Required<RotaryOptions> & { length: number; width: number }) {
  const cosines = new Float32Array(length * width);
  const sines = new Float32Array(length * width);
  for (let position = 0; position < length; position++)
    for (let i = 0; i < width; i++) {
      const [pair, isSecond] =
        pairs === "halves" ? [i % (width / 2), i >= width / 2] : [Math.floor(i / 2), i % 2 === 1];
      const angle = position * base ** ((-2 * pair) / width);
      cosines[position * width + i] = Math.cos(angle);
      sines[position * width + i] = isSecond ? Math.sin(angle) : -Math.sin(angle);
    }
  return { cosines: constant([length, width], cosines), sines: constant([length, width], sines) };
}
