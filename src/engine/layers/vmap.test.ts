/** Models under vmap over their parameters, as ensembles use them, against separate calls. */
import { vmap } from "@jax-js/jax";
import { beforeAll, expect, test } from "vitest";
import type { JaxArrays } from "../program.ts";
import { initEngine } from "../program.ts";
import { float, int, onEngine, onJax, type Tensors } from "../reference.suite.ts";
import { convNet } from "./convNet.ts";
import { initialParameters, type Layer } from "./layer.ts";
import { mlp } from "./mlp.ts";
import { transformer } from "./transformer.ts";

beforeAll(() => initEngine());

const SEEDS = 3;
const MODELS: Record<string, { model: Layer; x: Tensors[string] }> = {
  mlp: { model: mlp({ widths: [3, 4, 2], activation: "geluErf" }), x: float([2, 3], [1, -2, 0.5, 0, 3, -1]) },
  transformer: {
    model: transformer({ tokens: 5, context: 3, blocks: 1, width: 4, heads: 2, hidden: 6, positions: "rotary" }),
    x: int([2, 3], [0, 4, 1, 2, 2, 3]),
  },
  convNet: {
    model: convNet({ side: 5, channels: [1, 2], kernel: 3, padding: 1, dense: [2] }),
    x: float(
      [2, 1, 5, 5],
      Float32Array.from({ length: 50 }, (_, i) => Math.sin(i)),
    ),
  },
};

test.each(Object.entries(MODELS))("%s: one call for all seeds gives what each seed gives", async (_, { model, x }) => {
  const seeds = Array.from({ length: SEEDS }, (_, seed) => initialParameters(model.parameters, seed));
  const names = Object.keys(model.parameters);
  const stacked = Object.fromEntries(
    names.map((key) => [
      key,
      float(
        [SEEDS, ...model.parameters[key].shape],
        seeds.flatMap((own) => Array.from(own[key].data)),
      ),
    ]),
  );
  const pick = (args: JaxArrays): JaxArrays => Object.fromEntries(names.map((key) => [key, args[key].ref]));
  const together = (args: JaxArrays): JaxArrays => ({
    y: vmap((own: JaxArrays) => model.apply(own, args["in:x"]))(pick(args)) as unknown as JaxArrays[string],
  });
  const apart = (args: JaxArrays): JaxArrays => ({ y: model.apply(pick(args), args["in:x"]) });
  const expected = seeds.flatMap((own) => Array.from(onJax(apart, { ...own, "in:x": x }).y.data));
  for (const run of [onJax, onEngine]) {
    const { y } = await run(together, { ...stacked, "in:x": x });
    expect(y.shape[0]).toBe(SEEDS);
    for (const [i, target] of expected.entries()) expect(y.data[i]).toBeCloseTo(target, 5);
  }
});
