/**
 * Reference: PyTorch 2.13, `python fixtures/makeOptimizerTrajectories.py > fixtures/optimizerTrajectories.json`.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { adam } from "./adam.ts";
import { adamw, adamwRow } from "./adamw.ts";
import { lion } from "./lion.ts";
import { muon } from "./muon.ts";
import { testOptimizer } from "./optimizer.suite.ts";
import { sgd } from "./sgd.ts";

testOptimizer("AdamW", { optimizer: adamw(), weightDecay: 0.3, path: "adamw" });
testOptimizer("AdamW with fast betas and a large epsilon", {
  optimizer: adamw({ beta1: 0.5, beta2: 0.98, epsilon: 1e-3 }),
  weightDecay: 0,
  path: "adamwFastBetas",
});
testOptimizer("Adam", { optimizer: adam(), weightDecay: 0.2, path: "adam" });
testOptimizer("SGD", { optimizer: sgd(), weightDecay: 0.05, path: "sgd" });
testOptimizer("momentum", { optimizer: sgd({ momentum: 0.9 }), weightDecay: 0.05, path: "momentum" });
testOptimizer("Nesterov", { optimizer: sgd({ momentum: 0.8, nesterov: true }), weightDecay: 0.02, path: "nesterov" });
testOptimizer("Lion", { optimizer: lion(), weightDecay: 0.3, path: "lion" });
testOptimizer("Muon", { optimizer: muon(), weightDecay: 0.1, path: "muon", nanReaches: "itsMatrix" });
testOptimizer("Muon without Nesterov", {
  optimizer: muon({ momentum: 0.8, nesterov: false }),
  weightDecay: 0.1,
  path: "muonWithoutNesterov",
  nanReaches: "itsMatrix",
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

test("settings that no update can be made of are refused", () => {
  expect(() => adamwRow({ learningRate: 1, update: 1, beta2: 1 })).toThrow("expected a number in [0, 1), got 1");
  expect(() => lion({ beta1: 1 })).toThrow("lion, beta: expected a number in [0, 1), got 1");
  expect(() => sgd({ nesterov: true })).toThrow("expected a positive number with Nesterov");
  const all = muon({ matrices: () => true });
  expect(() => all.slots({ b: { dtype: "float32", shape: [3] } })).toThrow(
    'muon, parameter "b": expected shape [in, out]',
  );
});
