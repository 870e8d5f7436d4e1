import { numpy as np, valueAndGrad } from "@jax-js/jax";
import { beforeAll, describe, expect, test } from "vitest";
import { meanSquaredError } from "../layers/losses.ts";
import { lowerFunction } from "../lowerFunction.ts";
import { lowerLoop } from "../lowerLoop.ts";
import { functionModel } from "../onnx/functionModel.ts";
import { loopModel } from "../onnx/loopModel.ts";
import { printModel } from "../onnx/printModel.ts";
import * as ops from "../ops.ts";
import type { JaxArrays } from "../program.ts";
import { initEngine } from "../program.ts";
import { Builder } from "./builder.ts";
import { printGraph } from "./print.ts";
import type { Graph, Node, Value } from "./types.ts";
import { verifyGraph } from "./verify.ts";

beforeAll(() => initEngine());

const f32 = (...shape: number[]) => ({ dtype: "float32" as const, shape });

/** Least squares on x·w + b, by gradient descent. */
const LINEAR = {
  name: "linear",
  resident: { x: f32(8, 3), y: f32(8, 2) },
  state: { w: f32(3, 2), b: f32(2) },
  perStep: { rate: f32() },
  gathers: {},
  step: ({ x, y, w, b, rate }: JaxArrays) => {
    const loss = (p: JaxArrays) => meanSquaredError(ops.add(ops.matmul(x, p.w), p.b), y);
    const [value, grads] = valueAndGrad(loss)({ w: w.ref, b: b.ref }) as [JaxArrays[string], JaxArrays];
    const next = (name: "w" | "b", p: JaxArrays[string]) => ops.sub(p, ops.mul(grads[name], rate));
    return { state: { w: next("w", w), b: next("b", b) }, outputs: { loss: value } };
  },
};

describe("golden text of a linear model", () => {
  test("its step is two products, without transposes or broadcasts", () => {
    expect(`\n${printGraph(lowerLoop(LINEAR).step)}`).toMatchInlineSnapshot(`
      "
      linear(%resident:x: float32[8,3], %resident:y: float32[8,2], %state:w: float32[3,2], %state:b: float32[2]) {
        %4: float32[1] = StepRow() {table=scalars:float32 type=float32 shape=[1]}
        %5: float32[8,2] = MatMul(%resident:x, %state:w, %state:b) {transA=false transB=false alpha=1}
        %6: float32[8,2] = Sub(%5, %resident:y)
        %7: float32[8,2] = Mul(%6, %6)
        %8: float32[] = ReduceSum(%7) {axes=[0,1]}
        %9: float32[] = Constant() {0.0625}
        %10: float32[] = Mul(%8, %9)
        %11: float32[] = Constant() {0.125}
        %12: float32[8,2] = Mul(%6, %11)
        %13: float32[2] = ReduceSum(%12) {axes=[0]}
        %14: float32[3,2] = MatMul(%resident:x, %6) {transA=true transB=false alpha=0.125}
        %15: float32[3,2] = Mul(%14, %4)
        %16: float32[3,2] = Sub(%state:w, %15)
        %17: float32[2] = Mul(%13, %4)
        %18: float32[2] = Sub(%state:b, %17)
        return state:w: %16, state:b: %18, output:loss: %10
      }"
    `);
  });

  test("its loop captures the data and the table, and carries the state", () => {
    const { step, layout } = lowerLoop(LINEAR);
    expect(`\n${printModel(loopModel(step, layout))}`).toMatchInlineSnapshot(`
      "
      linear(steps, state.w, state.b, table.scalars:float32, resident.x, resident.y) {
        final.w, final.b, out.loss = Loop(steps, , state.w, state.b)
          linear.step(iteration, continue.in, carried.w, carried.b) {
            int.0: constant[2]
            v12: constant[]
            v13: constant[]
            int.1: constant[1]
            continue.out = Identity(continue.in)
            v7 = Gather(table.scalars:float32, iteration) {axis=0}
            v8 = Gemm(resident.x, carried.w, carried.b) {transA=0 transB=0 alpha=1}
            v9 = Sub(v8, resident.y)
            v10 = Mul(v9, v9)
            v11 = ReduceSum(v10, int.0) {keepdims=0}
            row.loss = Mul(v11, v12)
            v14 = Mul(v9, v13)
            v15 = ReduceSum(v14, int.1) {keepdims=0}
            v16 = Gemm(resident.x, v9) {transA=1 transB=0 alpha=0.125}
            v17 = Mul(v16, v7)
            next.w = Sub(carried.w, v17)
            v18 = Mul(v15, v7)
            next.b = Sub(carried.b, v18)
            return continue.out, next.w, next.b, row.loss
          }
        return final.w, final.b, out.loss
      }"
    `);
  });

  test("equal programs give equal bytes", () => {
    const bytes = () => {
      const { step, layout } = lowerLoop(LINEAR);
      return loopModel(step, layout);
    };
    expect(bytes()).toEqual(bytes());
  });
});

describe("what is made once, folded or left out", () => {
  const graphOf = (fn: (args: JaxArrays) => JaxArrays): string =>
    printGraph(lowerFunction({ name: "f", inputs: { x: f32(4, 3), y: f32(4, 3) }, fn }));
  const opsOf = (fn: (args: JaxArrays) => JaxArrays): string[] =>
    lowerFunction({ name: "f", inputs: { x: f32(4, 3), y: f32(4, 3) }, fn }).nodes.map(({ op }) => op);

  test("equal subexpressions are computed once", () => {
    expect(opsOf(({ x }) => ({ out: ops.mul(ops.exp(x), ops.exp(x)) }))).toEqual(["Exp", "Mul"]);
  });

  test("constant scalars are folded, and division and subtraction are recovered", () => {
    const two = () => np.log(np.exp(np.array(1)).mul(2).sub(Math.E));
    expect(`\n${graphOf(({ x, y }) => ({ out: ops.sub(ops.div(x, y), two()) }))}`).toMatchInlineSnapshot(`
      "
      f(%x: float32[4,3], %y: float32[4,3]) {
        %2: float32[4,3] = Div(%x, %y)
        %3: float32[] = Constant() {-0.9999999403953552}
        %4: float32[4,3] = Add(%2, %3)
        return out: %4
      }"
    `);
  });

  test("doubling is one multiplication, joined with the factors before it", () => {
    expect(`\n${graphOf(({ x }) => ({ out: ops.add(ops.mul(x, 3), ops.mul(x, 3)) }))}`).toMatchInlineSnapshot(`
      "
      f(%x: float32[4,3]) {
        %1: float32[] = Constant() {6}
        %2: float32[4,3] = Mul(%x, %1)
        return out: %2
      }"
    `);
  });

  test("transposes and broadcasts between elementwise operators emit nothing", () => {
    const fn = ({ x, y }: JaxArrays) => ({
      out: ops.transpose(ops.add(ops.transpose(x), ops.mul(ops.transpose(y), 2))),
    });
    expect(opsOf(fn)).toEqual(["Constant", "Mul", "Add"]);
  });

  test("a product takes transposed operands where they lie, and its constant factor and bias", () => {
    const fn = ({ x, y }: JaxArrays) => ({
      out: ops.add(ops.matmul(ops.transpose(ops.mul(x, 0.5)), y), ops.sum(y, 0)),
    });
    expect(`\n${graphOf(fn)}`).toMatchInlineSnapshot(`
      "
      f(%x: float32[4,3], %y: float32[4,3]) {
        %2: float32[3] = ReduceSum(%y) {axes=[0]}
        %3: float32[3,3] = MatMul(%x, %y, %2) {transA=true transB=false alpha=0.5}
        return out: %3
      }"
    `);
  });

  test("stacked layers are one product each, activation included", () => {
    const fn = ({ x, y }: JaxArrays) => {
      const hidden = ops.relu(ops.add(ops.matmul(x, ops.transpose(y)), ops.sum(y, 1)));
      return { out: ops.add(ops.matmul(hidden, y), ops.sum(y, 0)) };
    };
    expect(opsOf(fn)).toEqual(["ReduceSum", "MatMul", "ReduceSum", "MatMul"]);
  });

  test("a product that also serves another use keeps its own value", () => {
    const fn = ({ x, y }: JaxArrays) => {
      const product = ops.matmul(ops.transpose(x), y);
      return { out: ops.add(product, 1), product };
    };
    expect(opsOf(fn)).toEqual(["Constant", "MatMul", "Add"]);
  });

  test("a common factor is taken out of a maximum", () => {
    const fn = ({ x, y }: JaxArrays) => ({ out: ops.maximum(ops.mul(x, 0.5), ops.mul(y, 0.5)) });
    expect(opsOf(fn)).toEqual(["Constant", "Max", "Mul"]);
  });

  test("an output that is an input, and one used twice, still get their own names", () => {
    const graph = lowerFunction({
      name: "f",
      inputs: { x: f32(2) },
      fn: ({ x }) => {
        const y = ops.exp(x);
        return { same: x, one: y, two: y.ref };
      },
    });
    expect(`\n${printModel(functionModel(graph))}`).toMatchInlineSnapshot(`
      "
      f(in.x) {
        out.one = Exp(in.x)
        out.same = Identity(in.x)
        out.two = Identity(out.one)
        return out.same, out.one, out.two
      }"
    `);
  });
});

describe("the verifier", () => {
  function smallGraph(): { graph: Graph; x: Value; node: Node } {
    const builder = new Builder("small");
    const x = builder.input("x", "float32", [2, 3]);
    const y = builder.op("Exp", [x]);
    return { graph: builder.finish([{ name: "y", value: y }]), x, node: y.producer! };
  }

  test("accepts what the builder makes", () => {
    expect(() => verifyGraph(smallGraph().graph)).not.toThrow();
  });

  test("refuses an operand that is defined nowhere", () => {
    const { graph } = smallGraph();
    expect(() => verifyGraph({ ...graph, inputs: [] })).toThrow(
      "Graph small, node 0 (Exp, from small): expected operands defined before, got one that is not",
    );
  });

  test("refuses an output of the wrong shape or type", () => {
    const { graph, node } = smallGraph();
    const wrong: Node = { ...node, outputs: [{ ...node.outputs[0], shape: [3, 2] }] };
    expect(() => verifyGraph({ ...graph, nodes: [wrong], outputs: [] })).toThrow(
      "expected outputs float32[2,3], got float32[3,2]",
    );
  });

  test("refuses a value defined twice, and an output that is not defined", () => {
    const { graph } = smallGraph();
    expect(() => verifyGraph({ ...graph, nodes: [...graph.nodes, ...graph.nodes] })).toThrow("a second definition");
    expect(() => verifyGraph({ ...graph, nodes: [] })).toThrow('output "y": expected a defined value, got none');
  });

  test("refuses a constant with too few values", () => {
    const builder = new Builder("constant");
    const value = builder.constant("float32", [2], Float32Array.of(1, 2));
    const graph = builder.finish([{ name: "c", value }]);
    const short: Node = { ...graph.nodes[0], data: Float32Array.of(1) };
    expect(() => verifyGraph({ ...graph, nodes: [short] })).toThrow("expected 2 constant values, got 1");
  });

  test("operands that do not fit are refused while building, with the scope", () => {
    const builder = new Builder("types");
    const x = builder.input("x", "float32", [2, 3]);
    const y = builder.input("y", "int32", [2, 3]);
    builder.scope = "types/layer";
    expect(() => builder.op("Add", [x, y])).toThrow(
      "Program types/layer, Add: expected operands of one type, got float32 and int32",
    );
  });
});
