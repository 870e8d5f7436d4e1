/**
 * @file What a Hessian–vector product costs next to a gradient: the one-layer transformer of the grokking studies (width
 * 128, 4 heads, MLP 512, mod 113, sequence 3, batch 512) on the native path, one thread.
 *
 * The product is the one that Lanczos, power iteration and Hutchinson repeat: at a point where what no direction changes
 * has been computed. What that costs once is `pointMs`.
 */

import {
  normalRecord,
  randomIntegers,
  transformerLoss,
  transformerSpecs,
} from "../../src/engine/derivatives/models.fixture.ts";
import { compileCurvature, valueAndGradient } from "../../src/engine/index.ts";
import { nativeDevice } from "../../src/engine/native.ts";
import { alternate } from "../harness.ts";

const GROKKING = { width: 128, heads: 4, hidden: 512, classes: 113, vocabulary: 114, sequence: 3 };

export interface HvpTimes {
  /** Of the gradient, as a plain program. */
  readonly gradientMs: number;
  /** Of one product at a fixed point. */
  readonly hvpMs: number;
  /** Of loss, gradient and all that the products need, once a point. */
  readonly pointMs: number;
}

/** Medians over `turns` turns, in rotation. */
export async function hvpTimes({ batch = 512, turns = 15 } = {}): Promise<HvpTimes> {
  const specs = transformerSpecs(GROKKING);
  const loss = transformerLoss(GROKKING);
  const params = normalRecord(specs, 1, 0.08);
  const direction = normalRecord(specs, 2, 1);
  const data = {
    tokens: randomIntegers([batch, GROKKING.sequence], GROKKING.vocabulary, 3),
    labels: randomIntegers([batch], GROKKING.classes, 4),
  };
  const gradient = await nativeDevice.compileFunction({
    name: "gradient",
    inputs: specs,
    resident: data,
    fn: ({ tokens, labels, ...p }) => valueAndGradient((q) => loss(q, { tokens, labels }), p).gradient,
  });
  gradient.bind(data);
  const curvature = await compileCurvature(nativeDevice, {
    name: "curvature",
    matrix: { kind: "hessian", loss },
    params: specs,
    data,
  });
  curvature.bind(data);
  const point = await curvature.at(params);
  const timed = (name: string, run: () => Promise<unknown>) => ({
    name,
    turn: async () => {
      const begun = performance.now();
      await run();
      return performance.now() - begun;
    },
  });
  const contestants = [
    timed("gradient", () => gradient.run(params)),
    timed("hvp", () => point.product(direction)),
    timed("point", () => curvature.at(params)),
  ];
  try {
    await alternate(contestants, 3);
    const times = await alternate(contestants, turns);
    return { gradientMs: times.get("gradient")!, hvpMs: times.get("hvp")!, pointMs: times.get("point")! };
  } finally {
    await gradient.dispose();
    await curvature.dispose();
  }
}
