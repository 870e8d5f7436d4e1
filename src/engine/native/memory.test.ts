import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import type { FunctionSpec, LoopSpec } from "../device.ts";
import { lowerFunction } from "../lowerFunction.ts";
import { lowerLoop } from "../lowerLoop.ts";
import { functionMemory, loopMemory, peakBytes } from "../memory.ts";
import { mlpLoop } from "../mlp.fixture.ts";
import { FUNCTION_NAMES, functionModel } from "../onnx/functionModel.ts";
import { LOOP_NAMES, loopModel } from "../onnx/loopModel.ts";
import * as ops from "../ops.ts";
import { initEngine, type JaxArrays } from "../program.ts";
import { compileFunction } from "./compileFunction.ts";
import { compileLoop } from "./compileLoop.ts";
import { requireMemory } from "./requireMemory.ts";

beforeAll(() => initEngine());

type Inputs = Record<string, readonly [type: string, shape: readonly number[], value?: number]>;

const SMALL: FunctionSpec = {
  name: "small",
  inputs: { x: { dtype: "float32", shape: [4] } },
  fn: ({ x }) => ({ y: ops.exp(x) }),
};
const ATTENTION: FunctionSpec = {
  name: "attention",
  inputs: { x: { dtype: "float32", shape: [64, 256, 64] }, y: { dtype: "float32", shape: [64, 256, 64] } },
  fn: ({ x, y }) => {
    const scores = ops.matmul(x, ops.transpose(y, [0, 2, 1]));
    const weights = ops.exp(ops.sub(scores, ops.reshape(ops.max(scores, -1), [64, 256, 1])));
    return { out: ops.matmul(weights, y) };
  },
};

/** By how many bytes a process grew when it ran the model twice. */
function measuredBytes(model: Uint8Array, inputs: Inputs): number {
  const folder = mkdtempSync(join(tmpdir(), "ontogeny-memory-"));
  try {
    writeFileSync(join(folder, "small.onnx"), functionModel(lowerFunction(SMALL)));
    writeFileSync(join(folder, "model.onnx"), model);
    writeFileSync(join(folder, "inputs.json"), JSON.stringify({ small: { "in.x": ["float32", [4]] }, model: inputs }));
    const child = join(dirname(fileURLToPath(import.meta.url)), "..", "fixtures", "measureMemory.mjs");
    return Number(execFileSync(process.execPath, [child, folder], { encoding: "utf8" }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function measuredOverExpectedLoop(spec: LoopSpec, steps: number): number {
  const { step, layout } = lowerLoop(spec);
  const inputs: Inputs = { steps: ["int64", [], steps] };
  for (const { name, type, shape } of layout.state) inputs[LOOP_NAMES.state(name)] = [type, shape];
  for (const { name, type, shape } of layout.tables) inputs[LOOP_NAMES.table(name)] = [type, [steps, ...shape]];
  for (const { name, type, shape } of layout.resident) inputs[LOOP_NAMES.resident(name)] = [type, shape];
  return measuredBytes(loopModel(step, layout), inputs) / loopMemory({ step, layout, steps }).bytes;
}

function measuredOverExpected(spec: FunctionSpec): number {
  const graph = lowerFunction(spec);
  const inputs: Inputs = {};
  for (const { name, value } of graph.inputs) inputs[FUNCTION_NAMES.input(name)] = [value.type, value.shape];
  return measuredBytes(functionModel(graph), inputs) / functionMemory(graph).bytes;
}

/**
 * Ratios seen: 1.00, 1.04, .96, 1.05. What is not modelled: buffers that the runtime reuses in place (less), gaps in its
 * planned block (up to a tenth more), arrays of earlier calls that are not collected yet (one state more or less).
 */
describe.skipIf(!existsSync("/proc/self/status"))(
  "what a process takes is within a quarter of what is expected",
  () => {
    test.each<[string, () => number]>([
      [
        "a loop in which the state weighs most",
        () =>
          measuredOverExpectedLoop(mlpLoop({ inputs: 784, hidden: 2048, classes: 10, batch: 128, rows: 10_000 }), 3),
      ],
      [
        "a loop in which the batch weighs most",
        () => measuredOverExpectedLoop(mlpLoop({ inputs: 784, hidden: 256, classes: 10, batch: 8192, rows: 8192 }), 2),
      ],
      [
        "a loop in which the data weigh most",
        () => {
          const sizes = { inputs: 784, hidden: 64, classes: 10, batch: 128, rows: 60_000 };
          return measuredOverExpectedLoop(mlpLoop(sizes, { pixels: "uint8" }), 50);
        },
      ],
      ["a function in which attention scores weigh most", () => measuredOverExpected(ATTENTION)],
    ])("%s", (_what, ratio) => {
      const value = ratio();
      expect(value).toBeGreaterThan(0.75);
      expect(value).toBeLessThan(1.25);
    });
  },
);

describe("the peak of a graph", () => {
  const peakOf = (fn: (x: JaxArrays[string]) => JaxArrays[string]): number => {
    const inputs = { x: { dtype: "float32" as const, shape: [250] } };
    return peakBytes(lowerFunction({ name: "peak", inputs, fn: ({ x }) => ({ y: fn(x) }) }));
  };

  test("is two values for a chain, however long: one is read while the next is made", () => {
    expect(peakOf((x) => ops.exp(x))).toBe(1000);
    expect(peakOf((x) => ops.sin(ops.exp(x)))).toBe(2000);
    expect(peakOf((x) => ops.exp(ops.sin(ops.exp(ops.sin(ops.exp(x))))))).toBe(2000);
  });

  test("holds a value until its last use", () => {
    const held = (x: JaxArrays[string]): JaxArrays[string] => {
      const first = ops.exp(x);
      return ops.mul(ops.sin(ops.exp(ops.sin(first))), first);
    };
    expect(peakOf(held)).toBe(3000);
  });

  test("counts a view with what it is a view of", () => {
    expect(peakOf((x) => ops.reshape(ops.exp(ops.reshape(x, [10, 25])), [250]))).toBe(1000);
  });
});

describe("a program that does not fit", () => {
  const sizes = { inputs: 64, hidden: 2048, classes: 10, batch: 4096, rows: 1000 };

  test("is refused before its session is opened, with its largest tensors and the way out", async () => {
    await expect(compileLoop(mlpLoop(sizes), { availableBytes: 64 * 2 ** 20 })).rejects.toMatchObject({
      code: "ENGINE_MEMORY",
      message: expect.stringMatching(
        /^Program mlp: expected at most 64\.0 MiB, which is what this machine has left, got a program that needs about \d+\.\d MiB; its largest tensors: \w+ in mlp.* \[4096, 2048\] 32\.0 MiB, .*; make the batch or the model smaller, or train fewer ensemble members at once$/,
      ),
    });
    const failing = compileFunction(ATTENTION, { availableBytes: 30 * 2 ** 20 });
    await expect(failing).rejects.toThrow(/^Program attention: .* in attention.* \[64, 256, 256\] 16\.0 MiB/);
  });

  test("of any size is refused before it is traced, and nothing of it is taken", async () => {
    const beforeBytes = process.memoryUsage.rss();
    const huge = mlpLoop({ inputs: 784, hidden: 40_000_000, classes: 10, batch: 1_000_000, rows: 1000 });
    await expect(compileLoop(huge)).rejects.toMatchObject({
      code: "ENGINE_MEMORY",
      message: expect.stringMatching(/largest tensors: state w1 \[784, 40000000\] 116\.8 GiB, state m\.w1 /),
    });
    const inputs = { x: { dtype: "float32" as const, shape: [1_000_000, 1_000_000] } };
    await expect(compileFunction({ name: "huge", inputs, fn: ({ x }) => ({ y: ops.exp(x) }) })).rejects.toThrow(
      "its largest tensors: input x [1000000, 1000000] 3725.3 GiB",
    );
    expect(process.memoryUsage.rss() - beforeBytes).toBeLessThan(50 * 2 ** 20);
  });

  test("is compiled where there is room, and says what it expects", async () => {
    const program = await compileLoop(mlpLoop(sizes), { availableBytes: 2 ** 40 });
    expect(program.memoryBytes).toBeGreaterThan(64 * 2 ** 20);
    await program.dispose();
  });

  test("host arrays that are there already are not counted twice", () => {
    const estimate = { bytes: 1000, hostBytes: 700, largest: [] };
    expect(() => requireMemory("p", estimate, { availableBytes: 300, heldBytes: 5000 })).not.toThrow();
    expect(() => requireMemory("p", estimate, { availableBytes: 299, heldBytes: 5000 })).toThrow("needs about");
    expect(() => requireMemory("p", estimate, { availableBytes: 900, heldBytes: 100 })).not.toThrow();
    expect(() => requireMemory("p", estimate, { availableBytes: 899, heldBytes: 100 })).toThrow("needs about");
  });
});
