/**
 * Reference: PyTorch 2.13, `python fixtures/makeOptimizerTrajectories.py > fixtures/optimizerTrajectories.json`.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Tensor } from "../../core/index.ts";
import { compileLoop } from "../native/compileLoop.ts";
import * as ops from "../ops.ts";
import type { JaxArrays } from "../program.ts";
import { float } from "../reference.suite.ts";
import { scalarColumns } from "../stepTable.ts";
import { ADAMW_TABLE, adamw, adamwRow } from "./adamw.ts";
import reference from "./fixtures/optimizerTrajectories.json" with { type: "json" };
import { SGD_TABLE, sgdMomentum, sgdRow } from "./sgd.ts";

const SHAPE = [reference.start.length];
const SPEC = { dtype: "float32", shape: SHAPE } as const;
const STEPS = reference.rates.length;

/** p of every step, under gradient c·p + cos p. */
async function follow(options: {
  readonly buffers: readonly string[];
  readonly perStep: Readonly<Record<string, { dtype: "float32"; shape: readonly number[] }>>;
  readonly table: Record<string, Tensor>;
  readonly update: (args: JaxArrays, g: JaxArrays[string]) => JaxArrays;
}): Promise<number[][]> {
  const { buffers, perStep, table, update } = options;
  const names = ["p", ...buffers];
  const program = await compileLoop({
    name: "optimizer",
    resident: { c: SPEC },
    state: Object.fromEntries(names.map((name) => [name, SPEC])),
    perStep: { ...perStep } as typeof ADAMW_TABLE,
    gathers: {},
    step: (args) => {
      const next = update(args, ops.add(ops.mul(args.c, args.p), ops.cos(args.p)));
      return { state: next, outputs: { path: next.p.ref } };
    },
  });
  program.bind({ c: float(SHAPE, reference.curvature) });
  const zeros = Object.fromEntries(buffers.map((name) => [name, float(SHAPE, new Float32Array(SHAPE[0]))]));
  const { outputs } = await program.run({
    state: { p: float(SHAPE, reference.start), ...zeros },
    table,
    steps: STEPS,
  });
  await program.dispose();
  const flat = Array.from(outputs.path.data);
  return reference.rates.map((_, step) => flat.slice(step * SHAPE[0], (step + 1) * SHAPE[0]));
}

function followAdamw(settings: { beta1: number; beta2: number; epsilon: number; weightDecay: number }) {
  const rows = reference.rates.map((learningRate, i) => adamwRow({ ...settings, learningRate, update: i + 1 }));
  return follow({
    buffers: ["m", "v"],
    perStep: ADAMW_TABLE as never,
    table: scalarColumns(rows),
    update: (args, g) => {
      const { p, m, v } = args;
      const next = adamw({ params: { p }, grads: { p: g }, m: { p: m }, v: { p: v }, row: args, ...settings });
      return { p: next.params.p, m: next.m.p, v: next.v.p };
    },
  });
}

function followSgd(settings: { mu: number; nesterov: boolean; weightDecay: number }) {
  const rows = reference.rates.map((learningRate) => sgdRow({ learningRate, weightDecay: settings.weightDecay }));
  return follow({
    buffers: ["b"],
    perStep: SGD_TABLE as never,
    table: scalarColumns(rows),
    update: (args, g) => {
      const next = sgdMomentum({
        params: { p: args.p },
        grads: { p: g },
        momentum: { p: args.b },
        row: args,
        ...settings,
      });
      return { p: next.params.p, b: next.momentum.p };
    },
  });
}

function expectClose(got: readonly number[][], expected: readonly number[][]): void {
  for (const [step, values] of expected.entries())
    for (const [i, value] of values.entries())
      expect(Math.abs(got[step][i] - value), `step ${step}, parameter ${i}`).toBeLessThan(3e-6);
}

test("AdamW follows PyTorch under a changing learning rate", async () => {
  const got = await followAdamw({ beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.3 });
  expectClose(got, reference.paths.adamw);
});

test("AdamW follows PyTorch with fast betas and a large epsilon", async () => {
  const got = await followAdamw({ beta1: 0.5, beta2: 0.98, epsilon: 1e-3, weightDecay: 0 });
  expectClose(got, reference.paths.adamwFastBetas);
});

test("SGD with momentum and weight decay follows PyTorch", async () => {
  expectClose(await followSgd({ mu: 0.9, nesterov: false, weightDecay: 0.05 }), reference.paths.sgd);
});

test("Nesterov momentum follows PyTorch", async () => {
  expectClose(await followSgd({ mu: 0.8, nesterov: true, weightDecay: 0 }), reference.paths.nesterov);
});

test("the first AdamW update moves every parameter by the learning rate against its gradient's sign", () => {
  const { adamwStepSize, adamwEpsilon } = adamwRow({ learningRate: 0.01, update: 1 });
  fc.assert(
    fc.property(fc.double({ min: 1e-3, max: 1e3, noNaN: true }), fc.boolean(), (size, positive) => {
      const g = positive ? size : -size;
      const change = (adamwStepSize * g) / (Math.sqrt(g * g) + adamwEpsilon);
      expect(change).toBeCloseTo(0.01 * Math.sign(g), 6);
    }),
    { seed: 5 },
  );
});

test("folding agrees with the textbook form at any update", () => {
  const finite = (min: number, max: number) => fc.double({ min, max, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), finite(0, 0.99), finite(0, 0.9999), (update, beta1, beta2) => {
      const [mean, meanSquare, learningRate, epsilon] = [0.3, 0.2, 1e-3, 1e-8];
      const row = adamwRow({ learningRate, beta1, beta2, epsilon, update });
      const m = mean / (1 - beta1);
      const v = meanSquare / (1 - beta2);
      const folded = (row.adamwStepSize * m) / (Math.sqrt(v) + row.adamwEpsilon);
      const textbook =
        (learningRate * (mean / (1 - beta1 ** update))) / (Math.sqrt(meanSquare / (1 - beta2 ** update)) + epsilon);
      expect(folded / textbook).toBeCloseTo(1, 9);
    }),
    { seed: 6 },
  );
});

test("update 0 and a beta of 1 are refused", () => {
  expect(() => adamwRow({ learningRate: 1, update: 0 })).toThrow("adamwRow, update: expected an integer ≥ 1, got 0");
  expect(() => adamwRow({ learningRate: 1, update: 1, beta2: 1 })).toThrow("expected a number in [0, 1), got 1");
});
