import { describe, expect, test } from "vitest";
import { lowerLoop } from "../../lowerLoop.ts";
import { mlpLoop } from "../../mlp.fixture.ts";
import { initEngine } from "../../program.ts";
import { Builder } from "../builder.ts";
import { printGraph } from "../print.ts";
import type { Graph, Value } from "../types.ts";
import { verifyGraph } from "../verify.ts";
import { shareCommonSubexpressions } from "./commonSubexpressions.ts";
import { dropDeadCode } from "./deadCode.ts";
import { foldConstants } from "./foldConstants.ts";
import { fuseActivation } from "./fuseActivation.ts";
import { fuseBias } from "./fuseBias.ts";
import { hoistInvariant } from "./hoistInvariant.ts";
import { optimize } from "./optimize.ts";
import { simplify } from "./simplify.ts";
import { sinkTransposes } from "./sinkTransposes.ts";

/** A graph over x [4, 3] and y [4, 3]. */
function graphOf(make: (b: Builder, x: Value, y: Value) => Value): Graph {
  const builder = new Builder("f");
  const x = builder.input("x", "float32", [4, 3]);
  const y = builder.input("y", "float32", [4, 3]);
  const graph = builder.finish([{ name: "out", value: make(builder, x, y) }]);
  verifyGraph(graph);
  return graph;
}

/** The text after one pass, which must leave a well-formed graph. */
function textAfter(pass: (graph: Graph) => Graph, graph: Graph): string {
  const result = pass(graph);
  verifyGraph(result);
  return `\n${printGraph(result)}`;
}

const product = { transA: false, transB: false, alpha: 1 };

test("the builder itself changes nothing", () => {
  const graph = graphOf((b, x) => b.op("Neg", [b.op("Neg", [b.op("Add", [x, b.scalar("float32", 0)])])]));
  expect(`\n${printGraph(graph)}`).toMatchInlineSnapshot(`
    "
    f(%x: float32[4,3], %y: float32[4,3]) {
      %2: float32[] = Constant() {0}
      %3: float32[4,3] = Add(%x, %2)
      %4: float32[4,3] = Neg(%3)
      %5: float32[4,3] = Neg(%4)
      return out: %5
    }"
  `);
});

test("foldConstants computes scalars, and only scalars", () => {
  const graph = graphOf((b, x) => {
    const half = b.op("Reciprocal", [b.op("Add", [b.scalar("float32", 1), b.scalar("float32", 1)])]);
    const vector = b.op("Neg", [b.constant("float32", [3], Float32Array.of(1, 2, 3))]);
    return b.op("Add", [b.op("Mul", [x, half]), vector]);
  });
  expect(textAfter(foldConstants, graph)).toMatchInlineSnapshot(`
    "
    f(%x: float32[4,3], %y: float32[4,3]) {
      %2: float32[] = Constant() {1}
      %3: float32[] = Constant() {1}
      %4: float32[] = Constant() {2}
      %5: float32[] = Constant() {0.5}
      %6: float32[3] = Constant() {1, 2, 3}
      %7: float32[3] = Neg(%6)
      %8: float32[4,3] = Mul(%x, %5)
      %9: float32[4,3] = Add(%8, %7)
      return out: %9
    }"
  `);
});

test("simplify recovers subtraction, division and ReLU, and joins factors", () => {
  const graph = graphOf((b, x, y) => {
    const difference = b.op("Add", [x, b.op("Neg", [y])]);
    const quotient = b.op("Mul", [difference, b.op("Reciprocal", [y])]);
    const scaled = b.op("Mul", [b.op("Mul", [quotient, b.scalar("float32", 2)]), b.scalar("float32", 3)]);
    return b.op("Max", [scaled, b.scalar("float32", 0)]);
  });
  expect(textAfter(simplify, graph)).toMatchInlineSnapshot(`
    "
    f(%x: float32[4,3], %y: float32[4,3]) {
      %2: float32[4,3] = Neg(%y)
      %3: float32[4,3] = Sub(%x, %y)
      %4: float32[4,3] = Reciprocal(%y)
      %5: float32[4,3] = Div(%3, %y)
      %6: float32[] = Constant() {2}
      %7: float32[4,3] = Mul(%5, %6)
      %8: float32[] = Constant() {3}
      %9: float32[] = Constant() {6}
      %10: float32[4,3] = Mul(%5, %9)
      %11: float32[] = Constant() {0}
      %12: float32[4,3] = Relu(%10)
      return out: %12
    }"
  `);
});

test("shareCommonSubexpressions makes equal nodes once and keeps different attributes apart", () => {
  const graph = graphOf((b, x) => {
    const rows = () => b.op("ReduceSum", [b.op("Exp", [x])], { axes: [0] });
    const total = b.op("ReduceSum", [b.op("Exp", [x])], { axes: [0, 1] });
    return b.op("Add", [b.op("Add", [rows(), rows()]), total]);
  });
  expect(textAfter(shareCommonSubexpressions, graph)).toMatchInlineSnapshot(`
    "
    f(%x: float32[4,3], %y: float32[4,3]) {
      %2: float32[4,3] = Exp(%x)
      %3: float32[] = ReduceSum(%2) {axes=[0,1]}
      %4: float32[3] = ReduceSum(%2) {axes=[0]}
      %5: float32[3] = Add(%4, %4)
      %6: float32[3] = Add(%5, %3)
      return out: %6
    }"
  `);
});

test("sinkTransposes turns transposes into flags of the product", () => {
  const graph = graphOf((b, x, y) => {
    const flipped = b.op("Transpose", [x], { perm: [1, 0] });
    const twice = b.op("Transpose", [b.op("Transpose", [y], { perm: [1, 0] })], { perm: [1, 0] });
    return b.op("MatMul", [flipped, twice], product);
  });
  expect(textAfter((g) => dropDeadCode(sinkTransposes(g)), graph)).toMatchInlineSnapshot(`
    "
    f(%x: float32[4,3], %y: float32[4,3]) {
      %2: float32[3,3] = MatMul(%x, %y) {transA=true transB=false alpha=1}
      return out: %2
    }"
  `);
});

test("dropDeadCode drops nodes and inputs that no output needs", () => {
  const graph = graphOf((b, x, y) => {
    b.op("Exp", [y]);
    return b.op("Neg", [x]);
  });
  expect(textAfter(dropDeadCode, graph)).toMatchInlineSnapshot(`
    "
    f(%x: float32[4,3]) {
      %1: float32[4,3] = Neg(%x)
      return out: %1
    }"
  `);
});

describe("fusions", () => {
  const layer = (b: Builder, x: Value, y: Value): Value => {
    const hidden = b.op("MatMul", [x, y], { ...product, transB: true });
    return b.op("Add", [hidden, b.op("ReduceSum", [x], { axes: [1] })]);
  };

  test("fuseBias makes an addition the bias of a product", () => {
    expect(textAfter((g) => dropDeadCode(fuseBias(g)), graphOf(layer))).toMatchInlineSnapshot(`
      "
      f(%x: float32[4,3], %y: float32[4,3]) {
        %2: float32[4] = ReduceSum(%x) {axes=[1]}
        %3: float32[4,4] = MatMul(%x, %y, %2) {transA=false transB=true alpha=1}
        return out: %3
      }"
    `);
  });

  test("fuseBias leaves a product that is used twice, and a bias that would enlarge it", () => {
    const twice = graphOf((b, x, y) => {
      const hidden = b.op("MatMul", [x, y], { ...product, transB: true });
      return b.op("Mul", [b.op("Add", [hidden, b.scalar("float32", 1)]), hidden]);
    });
    const larger = graphOf((b, x, y) => {
      const hidden = b.op("MatMul", [x, y], { ...product, transB: true });
      return b.op("Add", [hidden, b.constant("float32", [2, 1, 1], Float32Array.of(1, 2))]);
    });
    for (const graph of [twice, larger]) expect(printGraph(fuseBias(graph))).toBe(printGraph(graph));
  });

  test("fuseActivation takes a ReLU into the product", () => {
    const graph = graphOf((b, x, y) => b.op("Relu", [layer(b, x, y)]));
    expect(textAfter((g) => dropDeadCode(fuseActivation(dropDeadCode(fuseBias(g)))), graph)).toMatchInlineSnapshot(`
      "
      f(%x: float32[4,3], %y: float32[4,3]) {
        %2: float32[4] = ReduceSum(%x) {axes=[1]}
        %3: float32[4,4] = MatMul(%x, %y, %2) {transA=false transB=true alpha=1 activation=Relu}
        return out: %3
      }"
    `);
  });
});

test("every pass over a training step leaves a well-formed graph, and the last word is stable", async () => {
  await initEngine();
  const seen = new Set<string>();
  const { step } = lowerLoop(mlpLoop({ inputs: 40, hidden: 16, classes: 10, batch: 32, rows: 100 }), (pass, graph) => {
    verifyGraph(graph);
    seen.add(pass);
  });
  expect([...seen].sort()).toEqual([
    "dropDeadCode",
    "foldConstants",
    "fuseActivation",
    "fuseBias",
    "recogniseFunctions",
    "shareCommonSubexpressions",
    "simplify",
    "sinkTransposes",
  ]);
  expect(printGraph(optimize(step))).toBe(printGraph(step));
});

test("hoistInvariant splits off what depends on resident tensors alone, and only that", () => {
  const builder = new Builder("f");
  const labels = builder.input("resident:labels", "int32", [4]);
  const w = builder.input("state:w", "float32", [3]);
  const eye = builder.constant("float32", [3, 3], Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1));
  const rows = builder.op("Gather", [eye, labels], { axis: 0 });
  const twice = builder.op("Mul", [rows, builder.scalar("float32", 2)]);
  const row = builder.op("StepRow", [], { table: "t", type: "float32", shape: [3] });
  const next = builder.op("Add", [builder.op("Mul", [twice, w]), row]);
  const whole = builder.finish([{ name: "state:w", value: next }]);
  const { once, step } = hoistInvariant(whole, (name) => name.startsWith("resident:"));
  for (const graph of [once, step]) verifyGraph(graph);
  expect(`\n${printGraph(once)}\n${printGraph(step)}`).toMatchInlineSnapshot(`
    "
    f.once(%resident:labels: int32[4]) {
      %1: float32[3,3] = Constant() {1, 0, 0, 0, … 9 values}
      %2: float32[4,3] = Gather(%1, %resident:labels) {axis=0}
      %3: float32[] = Constant() {2}
      %4: float32[4,3] = Mul(%2, %3)
      return once:0: %4
    }
    f(%state:w: float32[3], %once:0: float32[4,3]) {
      %2: float32[3] = StepRow() {table=t type=float32 shape=[3]}
      %3: float32[4,3] = Mul(%once:0, %state:w)
      %4: float32[4,3] = Add(%3, %2)
      return state:w: %4
    }"
  `);
  const without = graphOf((b, x) => b.op("Neg", [x]));
  expect(hoistInvariant(without, (name) => name.startsWith("resident:")).step).toBe(without);
});
