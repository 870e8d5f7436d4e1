/** The example of docs/engine-blocks.md, run as it stands there. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as engine from "./index.ts";
import { nativeDevice } from "./native.ts";

async function example() {
  // example
  const { ops } = engine;
  const modulus = 11;
  const pairs = Array.from({ length: modulus ** 2 }, (_, i) => [Math.floor(i / modulus), i % modulus]);

  const model = engine.transformer({
    tokens: modulus + 1,
    outputs: modulus,
    context: 3,
    blocks: 1,
    width: 32,
    heads: 4,
    hidden: 64,
    norm: "none",
    activation: "relu",
  });
  /** Logits [pairs, modulus] at the "=" that stands last. */
  const answers = (parameters: engine.JaxArrays, sequences: engine.JaxArrays[string], place?: engine.Place) =>
    ops.slice(model.apply(parameters, sequences, place), [], 2);

  const parts = { optimizer: engine.adamw({ beta2: 0.98 }), clipped: true };
  const loop = engine.trainingLoop({
    ...parts,
    name: "modular addition",
    parameters: engine.tensorSpecs(model.parameters),
    resident: {
      sequences: { dtype: "int32", shape: [pairs.length, 3] },
      sums: { dtype: "int32", shape: [pairs.length] },
    },
    perStep: {},
    gathers: {},
    loss: (parameters, { sequences, sums }) => engine.softmaxCrossEntropy(answers(parameters, sequences), sums),
  });

  const program = await nativeDevice.compileLoop(loop);
  program.bind({
    sequences: {
      dtype: "int32",
      shape: [pairs.length, 3],
      data: Int32Array.from(pairs.flatMap((pair) => [...pair, modulus])),
    },
    sums: { dtype: "int32", shape: [pairs.length], data: Int32Array.from(pairs, ([a, b]) => (a + b) % modulus) },
  });
  const { state, outputs } = await program.run({
    state: engine.initialTrainingState(engine.initialParameters(model.parameters, 7, "init"), parts),
    steps: 300,
    table: engine.trainingColumns({
      parts,
      firstStep: 0,
      steps: 300,
      settingsAt: (step) => ({
        learningRate: engine.scheduleAt({ kind: "cosine", peak: 0.01, totalSteps: 300, warmupSteps: 10 }, step),
        weightDecay: 0.1,
        clipNorm: 1,
      }),
    }),
  });

  // What head 0 looks at from "=", and the loss with that head silenced.
  const probe = await nativeDevice.compileFunction({
    name: "attention of head 0",
    inputs: { ...engine.tensorSpecs(model.parameters), ...loop.resident },
    fn({ sequences, sums, ...parameters }) {
      const seen: engine.JaxArrays = {};
      const silenced = engine.modelPlace((site, value) => {
        if (site !== "block0.attention.pattern") return value;
        seen.pattern = ops.slice(value, [], 0, 2);
        return ops.mul(value, ops.constant([4, 1, 1], [0, 1, 1, 1]));
      });
      const loss = engine.softmaxCrossEntropy(answers(parameters, sequences, silenced), sums);
      return { loss, pattern: seen.pattern };
    },
  });
  // end
  return { losses: outputs.loss, norms: outputs.gradientNorm, state, program, probe, pairs };
}

test("the documented example is this one, line by line", () => {
  const source = readFileSync(new URL(import.meta.url), "utf8");
  const body = source.slice(source.indexOf("  // example\n") + 13, source.indexOf("  // end\n"));
  const shown = body.replace(/^ {2}/gm, "");
  expect(readFileSync(new URL("../../docs/engine-blocks.md", import.meta.url), "utf8")).toContain(shown);
});

test("the documented example learns, and its probe reads and silences a head", async () => {
  const { losses, norms, state, program, probe, pairs } = await example();
  expect(losses.data[0]).toBeGreaterThan(2);
  expect(losses.data[299]).toBeLessThan(0.05);
  expect(norms.shape).toEqual([300]);
  const sequences = {
    dtype: "int32" as const,
    shape: [121, 3],
    data: Int32Array.from(pairs.flatMap((pair) => [...pair, 11])),
  };
  const sums = { dtype: "int32" as const, shape: [121], data: Int32Array.from(pairs, ([a, b]) => (a + b) % 11) };
  const { loss, pattern } = await probe.run({ ...state, sequences, sums });
  expect(pattern.shape).toEqual([121, 3]);
  const row = Array.from(pattern.data).slice(0, 3);
  expect(row.reduce((total, weight) => total + weight, 0)).toBeCloseTo(1, 5);
  expect(loss.data[0]).toBeGreaterThan(losses.data[299] + 0.05);
  await Promise.all([program.dispose(), probe.dispose()]);
});
