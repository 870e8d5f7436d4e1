import { describe, expect, test } from "vitest";
import { lowerFunction } from "../../lowerFunction.ts";
import { nativeDevice } from "../../native.ts";
import * as ops from "../../ops.ts";
import type { JaxArrays, Specs } from "../../program.ts";
import { initEngine } from "../../program.ts";
import { float } from "../../reference.suite.ts";
import { Builder } from "../builder.ts";
import { printGraph } from "../print.ts";
import type { Graph, Value } from "../types.ts";
import { verifyGraph } from "../verify.ts";
import { dropDeadCode } from "./deadCode.ts";
import { factorSquaredNorms } from "./factorSquaredNorms.ts";
import { splitGraph } from "./splitGraph.ts";

function graphOf(
  shapes: Readonly<Record<string, number[]>>,
  make: (b: Builder, x: Record<string, Value>) => Value,
): Graph {
  const builder = new Builder("f");
  const inputs = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, builder.input(name, "float32", shape)]),
  );
  const graph = builder.finish([{ name: "out", value: make(builder, inputs) }]);
  verifyGraph(graph);
  return graph;
}

const product = { transA: false, transB: false, alpha: 1 };
const text = (graph: Graph): string => {
  verifyGraph(graph);
  return `\n${printGraph(graph)}`;
};

describe("splitGraph", () => {
  test("keeps what the varying half needs again, and repeats only constants and reshapes", () => {
    const graph = graphOf({ w: [4, 3], v: [6, 2] }, (b, { w, v }) => {
      const hidden = b.op("Exp", [b.op("Mul", [w, b.scalar("float32", 2)])]);
      const seen = b.op("MatMul", [b.reshape(hidden, [2, 6]), v], product);
      return b.op("Mul", [seen, b.op("ReduceSum", [hidden], { axes: [0, 1] })]);
    });
    const { fixed, varying, kept } = splitGraph(graph, (name) => name === "v");
    expect(kept.map(({ name }) => name)).toEqual(["kept.0", "kept.1"]);
    expect(text(fixed)).toMatchInlineSnapshot(`
      "
      f.fixed(%w: float32[4,3]) {
        %1: float32[] = Constant() {2}
        %2: float32[4,3] = Mul(%w, %1)
        %3: float32[4,3] = Exp(%2)
        %4: float32[] = ReduceSum(%3) {axes=[0,1]}
        return kept.0: %3, kept.1: %4
      }"
    `);
    expect(text(varying)).toMatchInlineSnapshot(`
      "
      f.varying(%kept.0: float32[4,3], %v: float32[6,2], %kept.1: float32[]) {
        %3: float32[2,6] = Reshape(%kept.0) {shape=[2,6]}
        %4: float32[2,2] = MatMul(%3, %v) {transA=false transB=false alpha=1}
        %5: float32[2,2] = Mul(%4, %kept.1)
        return out: %5
      }"
    `);
  });

  test("transposes a fixed left operand once, where the product would read it transposed every time", () => {
    const graph = graphOf({ x: [9, 4], v: [9, 5] }, (b, { x, v }) => {
      const still = b.op("Exp", [x]);
      return b.op("MatMul", [still, v], { ...product, transA: true });
    });
    const { fixed, varying } = splitGraph(graph, (name) => name === "v");
    expect(fixed.outputs.map(({ value }) => value.shape)).toEqual([[4, 9]]);
    expect(varying.nodes.filter(({ op }) => op === "MatMul").map(({ attributes }) => attributes.transA)).toEqual([
      false,
    ]);
  });

  test("leaves outputs that do not vary, and inputs that the varying half reads, in their places", () => {
    const builder = new Builder("f");
    const [w, v] = [builder.input("w", "float32", [3]), builder.input("v", "float32", [3])];
    const graph = builder.finish([
      { name: "still", value: builder.op("Neg", [w]) },
      { name: "moving", value: builder.op("Mul", [w, v]) },
      { name: "same", value: w },
    ]);
    const { fixed, varying, kept } = splitGraph(graph, (name) => name === "v");
    expect(kept).toEqual([]);
    expect(fixed.outputs.map(({ name }) => name)).toEqual(["still", "same"]);
    expect(varying.inputs.map(({ name }) => name)).toEqual(["w", "v"]);
    expect(varying.outputs.map(({ name }) => name)).toEqual(["moving"]);
  });
});

describe("factorSquaredNorms", () => {
  const squares = (b: Builder, x: Value, axes: number[]): Value => b.op("ReduceSum", [b.op("Mul", [x, x])], { axes });

  test("takes an outer product apart", () => {
    const graph = graphOf({ x: [7, 20, 1], y: [7, 1, 30] }, (b, { x, y }) => squares(b, b.op("Mul", [x, y]), [1, 2]));
    expect(text(dropDeadCode(factorSquaredNorms(graph)))).toMatchInlineSnapshot(`
      "
      f(%x: float32[7,20,1], %y: float32[7,1,30]) {
        %2: float32[7,20,1] = Mul(%x, %x)
        %3: float32[7] = ReduceSum(%2) {axes=[1,2]}
        %4: float32[7,1,30] = Mul(%y, %y)
        %5: float32[7] = ReduceSum(%4) {axes=[1,2]}
        %6: float32[7] = Mul(%3, %5)
        return out: %6
      }"
    `);
  });

  test("makes two Gram matrices of a batch of products with few inner indices", () => {
    const graph = graphOf({ x: [7, 3, 20], y: [7, 3, 30] }, (b, { x, y }) =>
      squares(b, b.op("MatMul", [x, y], { transA: true, transB: false, alpha: 2 }), [1, 2]),
    );
    expect(text(dropDeadCode(factorSquaredNorms(graph)))).toMatchInlineSnapshot(`
      "
      f(%x: float32[7,3,20], %y: float32[7,3,30]) {
        %2: float32[7,3,3] = MatMul(%x, %x) {transA=false transB=true alpha=1}
        %3: float32[7,3,3] = MatMul(%y, %y) {transA=false transB=true alpha=1}
        %4: float32[7,3,3] = Mul(%2, %3)
        %5: float32[7] = ReduceSum(%4) {axes=[1,2]}
        %6: float32[] = Constant() {4}
        %7: float32[7] = Mul(%5, %6)
        %8: float32[] = Constant() {0}
        %9: float32[7] = Max(%7, %8)
        return out: %9
      }"
    `);
  });

  test("leaves products that are used otherwise, long sums, partial sums, and plain squares", () => {
    const flags = { transA: true, transB: false, alpha: 1 };
    const used = graphOf({ x: [7, 3, 20], y: [7, 3, 30] }, (b, { x, y }) => {
      const made = b.op("MatMul", [x, y], flags);
      return b.op("Add", [squares(b, made, [1, 2]), b.op("ReduceSum", [made], { axes: [1, 2] })]);
    });
    const long = graphOf({ x: [7, 30, 4], y: [7, 30, 5] }, (b, { x, y }) =>
      squares(b, b.op("MatMul", [x, y], flags), [1, 2]),
    );
    const partial = graphOf({ x: [7, 3, 20], y: [7, 3, 30] }, (b, { x, y }) =>
      squares(b, b.op("MatMul", [x, y], flags), [1]),
    );
    const shared = graphOf({ x: [7, 20], y: [7, 20] }, (b, { x, y }) => squares(b, b.op("Mul", [x, y]), [1]));
    const plain = graphOf({ x: [7, 20] }, (b, { x }) => squares(b, x, [1]));
    for (const graph of [used, long, partial, shared, plain]) expect(text(factorSquaredNorms(graph))).toBe(text(graph));
  });

  test("keeps the value, whichever way the factors lie", async () => {
    await initEngine();
    const shapes: Specs = { x: float([5, 4, 20], []), y: float([5, 4, 30], []), u: float([5, 20], []) };
    const fn = ({ x, y, u }: JaxArrays): JaxArrays => {
      const across = ops.matmul(ops.transpose(x, [0, 2, 1]), ops.mul(y, 3));
      const outer = ops.mul(ops.reshape(u, [5, 20, 1]), ops.reshape(ops.sum(y, 1), [5, 1, 30]));
      return { across: ops.sum(ops.square(across), [1, 2]), outer: ops.sum(ops.square(outer), [1, 2]) };
    };
    const specs = [false, true].map((mayFactorNorms) => ({ name: "norms", inputs: shapes, fn, mayFactorNorms }));
    expect(printGraph(lowerFunction(specs[0]))).toMatch(/\[5,20,30\]/);
    expect(printGraph(lowerFunction(specs[1]))).not.toMatch(/\[5,20,30\]/);
    const inputs = Object.fromEntries(
      Object.entries(shapes).map(([name, { shape }], seed) => {
        const size = shape.reduce((total, extent) => total * extent, 1);
        return [
          name,
          float(
            shape,
            Float64Array.from({ length: size }, (_, i) => Math.sin(1.7 * i + seed)),
          ),
        ];
      }),
    );
    const outputs = await Promise.all(
      specs.map(async (spec) => {
        const program = await nativeDevice.compileFunction(spec);
        const result = await program.run(inputs);
        await program.dispose();
        return result;
      }),
    );
    for (const name of ["across", "outer"])
      for (const [i, value] of outputs[0][name].data.entries())
        expect(outputs[1][name].data[i] / value).toBeCloseTo(1, 5);
  });
});
