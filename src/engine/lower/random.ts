/**
 * @file `random_bits`: Threefry-2x32 (20 rounds) over a counter, as jax-js computes it, bit for bit. The counter's high
 * word is 0 and its low word the element's number below the key's axes; both words of the result are given, or one, or
 * their exclusive or.
 *
 * Source: Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (SC 2011), §4.
 */
import type { Builder } from "../ir/builder.ts";
import { sizeOf } from "../ir/types.ts";
import { shift, word } from "./bits.ts";
import { elementwise } from "./elementwise.ts";
import type { RuleInput } from "./rules.ts";
import type { View } from "./view.ts";
import { shapeOf, viewOf } from "./view.ts";

const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;
const PARITY = 0x1bd11bda;

export function randomBits({ builder, views, params, refuse }: RuleInput): View {
  const shape = params.shape as readonly number[];
  const mode = params.mode as "xor" | 0 | 1;
  if (mode !== "xor" && mode !== 0 && mode !== 1) throw refuse(`mode "${String(mode)}" is not known`);
  const keyRank = shapeOf(views[0]).length;
  const drawn = shape.slice(keyRank);
  const [k0, k1] = views.map((view): View => ({ storage: view.storage, axes: [...view.axes, ...drawn.map(() => [])] }));
  const numbers = Uint32Array.from({ length: sizeOf(drawn) }, (_, i) => i);
  const counter = viewOf(builder.constant("uint32", drawn, numbers));
  const [x0, x1] = threefry(builder, k0, k1, counter);
  return mode === "xor" ? combine(builder, "BitwiseXor", x0, x1) : mode === 0 ? x0 : x1;
}

function threefry(builder: Builder, k0: View, k1: View, counter: View): [View, View] {
  const add = (x: View, y: View): View => combine(builder, "Add", x, y);
  const xor = (x: View, y: View): View => combine(builder, "BitwiseXor", x, y);
  const keys = [k0, k1, xor(xor(k0, k1), word(builder, k0, PARITY))];
  // The high word of the counter is 0, so the first word starts as the key alone.
  let [x0, x1] = [k0, add(counter, k1)];
  for (let group = 0; group < 5; group++) {
    for (const distance of ROTATIONS[group % 2]) {
      x0 = add(x0, x1);
      x1 = xor(rotate(builder, x1, distance), x0);
    }
    x0 = add(x0, keys[(group + 1) % 3]);
    x1 = add(x1, add(keys[(group + 2) % 3], word(builder, k0, group + 1)));
  }
  return [x0, x1];
}

function rotate(builder: Builder, x: View, distance: number): View {
  const left = shift(builder, x, word(builder, x, distance), "LEFT");
  const right = shift(builder, x, word(builder, x, 32 - distance), "RIGHT");
  return combine(builder, "BitwiseOr", left, right);
}

const combine = (builder: Builder, op: "Add" | "BitwiseXor" | "BitwiseOr", x: View, y: View): View =>
  elementwise(builder, op, [x, y]);
