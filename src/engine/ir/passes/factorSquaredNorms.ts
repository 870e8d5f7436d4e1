/**
 * @file Pass, for programs that ask for norms of per-example gradients: the sum of squares of a product is computed from
 * its factors, and the product itself is never made. Of an outer product, Σᵢⱼ (aᵢbⱼ)² = Σaᵢ²·Σbⱼ²; of a batch of matrix
 * products with few inner indices, ‖AB‖²_F = ⟨AᵀA, BBᵀ⟩.
 *
 * Source: Goodfellow, "Efficient per-example gradient computations" (2015); Li et al., "Large language models can be
 * strong differentially private learners", ICLR 2022, §4 ("ghost clipping"). The second sum can cancel: its error is
 * relative to (Σₖ‖aₖ‖‖bₖ‖)², not to the norm itself, so it is not among the general passes.
 */
import type { Builder } from "../builder.ts";
import { rebuild, useCounts } from "../rebuild.ts";
import type { Attributes, Graph, Node, Value } from "../types.ts";

export function factorSquaredNorms(graph: Graph): Graph {
  const uses = useCounts(graph);
  return rebuild(graph, ({ builder, node, inputs }) => {
    const square = node.op === "ReduceSum" ? maybeSquared(node) : undefined;
    // The two uses are those of the square itself.
    if (square === undefined || uses.get(square) !== 2 || uses.get(node.inputs[0]) !== 1) return undefined;
    const product = inputs[0].producer!.inputs[0].producer;
    const axes = node.attributes.axes as readonly number[];
    if (product?.op === "Mul") return maybeOuter(builder, product, axes);
    if (product?.op === "MatMul") return maybeGram(builder, product, axes);
    return undefined;
  });
}

/** x, where the operand of the sum is x·x. */
function maybeSquared({ inputs: [{ producer }] }: Node): Value | undefined {
  return producer?.op === "Mul" && producer.inputs[0] === producer.inputs[1] ? producer.inputs[0] : undefined;
}

/** Σ (a·b)² over axes along which one of the two is repeated. */
function maybeOuter(builder: Builder, { inputs, outputs }: Node, axes: readonly number[]) {
  const rank = outputs[0].shape.length;
  const full = inputs.map(({ shape }) => [...Array.from({ length: rank - shape.length }, () => 1), ...shape]);
  if (axes.some((axis) => full.every((shape) => shape[axis] > 1))) return undefined;
  const sums = inputs.map((input, side) => {
    const shaped = builder.reshape(input, full[side]);
    return builder.op("ReduceSum", [builder.op("Mul", [shaped, shaped])], { axes });
  });
  return [builder.op("Mul", sums)];
}

/** Σ (A·B)² of each matrix of a batch, where two Gram matrices are smaller than the product. */
function maybeGram(builder: Builder, { inputs, attributes, outputs }: Node, axes: readonly number[]) {
  const [batch, rows, columns] = outputs[0].shape;
  const isWhole = outputs[0].shape.length === 3 && axes.length === 2 && axes.includes(1) && axes.includes(2);
  if (!isWhole || batch === undefined || inputs.length > 2 || "activation" in attributes) return undefined;
  const [left, right] = inputs;
  const inner = left.shape[attributes.transA === true ? 1 : 2];
  if (inner * (rows + columns) >= rows * columns) return undefined;
  const ofLeft = gram(builder, left, attributes.transA === true ? "rows" : "columns");
  const ofRight = gram(builder, right, attributes.transB === true ? "columns" : "rows");
  const total = builder.op("ReduceSum", [builder.op("Mul", [ofLeft, ofRight])], { axes: [1, 2] });
  const alpha = attributes.alpha as number;
  const scaled = builder.op("Mul", [total, builder.scalar("float32", alpha * alpha)]);
  return [builder.op("Max", [scaled, builder.scalar("float32", 0)])];
}

/** Inner products of a matrix's rows, or of its columns: [batch, inner, inner]. */
function gram(builder: Builder, matrix: Value, of: "rows" | "columns"): Value {
  const flags: Attributes = { transA: of === "columns", transB: of === "rows", alpha: 1 };
  return builder.op("MatMul", [matrix, matrix], flags);
}
