import { beforeAll, expect, test } from "vitest";
import type { Graph } from "../ir/types.ts";
import { lowerFunction } from "../lowerFunction.ts";
import * as ops from "../ops.ts";
import type { JaxArrays } from "../program.ts";
import { initEngine } from "../program.ts";
import { expectAgreement, float } from "../reference.suite.ts";

beforeAll(() => initEngine());

const wave = (shape: readonly number[], phase: number) =>
  float(
    shape,
    Float64Array.from({ length: shape.reduce((size, extent) => size * extent, 1) }, (_, i) =>
      Math.sin(1.3 * i + phase),
    ),
  );

function graphOf(
  fn: (args: JaxArrays) => JaxArrays,
  inputs: Readonly<Record<string, ReturnType<typeof float>>>,
): Graph {
  return lowerFunction({ name: "f", inputs, fn });
}

const count = ({ nodes }: Graph, op: string): number => nodes.filter((node) => node.op === op).length;

test("a batch of outer products keeps its longer side innermost for a product that follows", async () => {
  const inputs = { x: wave([5, 2, 20, 1], 0), y: wave([5, 2, 1, 3], 1), w: wave([40, 4], 2) };
  // [batch, head, 20, 3] → [batch, 3, head · 20] · w
  const fn = ({ x, y, w }: JaxArrays): JaxArrays => {
    const outer = ops.transpose(ops.matmul(x, y), [0, 3, 1, 2]);
    return { out: ops.matmul(ops.reshape(outer, [5, 3, 40]), w) };
  };
  const graph = graphOf(fn, inputs);
  expect(count(graph, "MatMul")).toBe(1);
  const [outer] = graph.nodes.filter(({ op }) => op === "Mul");
  expect(outer.outputs[0].shape).toEqual([10, 3, 20]);
  await expectAgreement(fn, inputs);
});

test("an outer product lies as its first use reads it", () => {
  const inputs = { x: wave([6], 0), y: wave([7], 1) };
  const outer = ({ x, y }: JaxArrays) => ops.matmul(ops.reshape(x, [6, 1]), ops.reshape(y, [1, 7]));
  const plain = graphOf((args) => ({ out: outer(args) }), inputs);
  const turned = graphOf((args) => ({ out: ops.transpose(outer(args)) }), inputs);
  for (const graph of [plain, turned]) expect(count(graph, "Transpose")).toBe(0);
  expect(turned.outputs[0].value.shape).toEqual([7, 6]);
});

test("the sum of two products lies as its first use reads it, in one product's bias", async () => {
  const inputs = { a: wave([9, 4], 0), b: wave([9, 5], 1), c: wave([9, 4], 2), d: wave([9, 5], 3) };
  const fn = ({ a, b, c, d }: JaxArrays): JaxArrays => {
    const products = [ops.matmul(ops.transpose(b), a), ops.matmul(ops.transpose(d), c)];
    return { out: ops.transpose(ops.add(products[0], products[1])) };
  };
  const graph = graphOf(fn, inputs);
  expect(graph.nodes.map(({ op }) => op)).toEqual(["MatMul", "MatMul"]);
  await expectAgreement(fn, inputs);
});

test("a product that is also read in the other layout is transposed, not computed again", async () => {
  const inputs = { a: wave([6, 4], 0), b: wave([4, 5], 1), c: wave([6, 4], 2), d: wave([4, 5], 3) };
  const fn = ({ a, b, c, d }: JaxArrays): JaxArrays => {
    const [first, second] = [ops.matmul(a, b), ops.matmul(c, d)];
    const total = ops.add(first, second);
    return { own: ops.exp(ops.transpose(first)), total: ops.mul(total, total), second };
  };
  expect(count(graphOf(fn, inputs), "MatMul")).toBe(2);
  await expectAgreement(fn, inputs);
});

test("sums of more products, and of one with itself", async () => {
  const inputs = { a: wave([6, 4], 0), b: wave([4, 5], 1), c: wave([5, 6], 2) };
  const fn = ({ a, b, c }: JaxArrays): JaxArrays => {
    const [p, q] = [ops.matmul(a, b), ops.matmul(ops.mul(a, 2), ops.neg(b))];
    const sum = ops.add(ops.add(p, q), ops.matmul(ops.square(a), b));
    return { sum, twice: ops.add(p, p), after: ops.matmul(c, sum), turned: ops.transpose(sum) };
  };
  expect(count(graphOf(fn, inputs), "MatMul")).toBeLessThanOrEqual(4);
  await expectAgreement(fn, inputs, 4e-6);
});
