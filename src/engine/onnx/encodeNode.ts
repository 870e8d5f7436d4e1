/**
 * @file One IR node as ONNX nodes. Attributes that ONNX takes as tensors become initializers.
 */
import type { Node } from "../ir/types.ts";
import type { NodeProto } from "./messages.ts";
import { dataTypeOf, floatAttribute, intAttribute, intsAttribute, node, stringAttribute } from "./messages.ts";

export interface EncodeContext {
  /** Name of an int64 vector initializer with these elements. */
  readonly integers: (values: readonly number[]) => string;
  /** Name of the row index of the present step. */
  readonly step: string;
  /** Name of a host-made table. */
  readonly table: (name: string) => string;
}

export function encodeNode(
  irNode: Node,
  inputs: readonly string[],
  outputs: readonly string[],
  context: EncodeContext,
): NodeProto {
  const { op, attributes } = irNode;
  const list = (key: string): readonly number[] => attributes[key] as readonly number[];
  const plain = (opType: string, extra: readonly string[] = []): NodeProto =>
    node(opType, { inputs: [...inputs, ...extra], outputs });
  switch (op) {
    case "StepRow":
      return node("Gather", {
        inputs: [context.table(attributes.table as string), context.step],
        outputs,
        attributes: [intAttribute("axis", 0)],
      });
    case "Softmax":
      return node(op, { inputs, outputs, attributes: [intAttribute("axis", -1)] });
    case "Mod":
      return node("Mod", { inputs, outputs, attributes: [intAttribute("fmod", 1)] });
    case "Cast":
      return node("Cast", {
        inputs,
        outputs,
        attributes: [intAttribute("to", dataTypeOf(attributes.to as "float32"))],
      });
    case "BitCast":
      return node(op, { inputs, outputs, attributes: [intAttribute("to", dataTypeOf(attributes.to as "int32"))] });
    case "BitShift":
      return node(op, { inputs, outputs, attributes: [stringAttribute("direction", attributes.direction as string)] });
    case "Sort":
      return node("TopK", {
        inputs: [...inputs, context.integers([irNode.inputs[0].shape.at(-1)!])],
        outputs,
        attributes: [intAttribute("axis", -1), intAttribute("largest", 0), intAttribute("sorted", 1)],
      });
    case "GatherElements":
      return node(op, { inputs, outputs, attributes: [intAttribute("axis", -1)] });
    case "CumSum":
      return node(op, {
        inputs: [...inputs, context.integers([irNode.inputs[0].shape.length - 1])],
        outputs,
        attributes: [
          intAttribute("exclusive", Number(attributes.exclusive)),
          intAttribute("reverse", Number(attributes.reverse)),
        ],
      });
    case "Reshape":
    case "Expand":
      return plain(op, [context.integers(list("shape"))]);
    case "Transpose":
      return node(op, { inputs, outputs, attributes: [intsAttribute("perm", list("perm"))] });
    case "ReduceSum":
    case "ReduceMax":
    case "ReduceMin":
    case "ReduceProd":
      return node(op, {
        inputs: [...inputs, context.integers(list("axes"))],
        outputs,
        attributes: [intAttribute("keepdims", 0)],
      });
    case "Gather":
    case "Concat":
      return node(op, { inputs, outputs, attributes: [intAttribute("axis", attributes.axis as number)] });
    case "ScatterND":
      return node(op, {
        inputs,
        outputs,
        attributes: [stringAttribute("reduction", attributes.reduction as string)],
      });
    case "Slice":
      return encodeSlice(irNode, inputs, outputs, context);
    case "Reverse":
      return encodeReverse(irNode, inputs, outputs, context);
    case "Conv":
    case "ConvTranspose":
      return node(op, {
        inputs,
        outputs,
        attributes: [
          intsAttribute("strides", list("strides")),
          intsAttribute("dilations", list("dilations")),
          intsAttribute("pads", [...list("before"), ...list("after")]),
          intAttribute("group", attributes.group as number),
        ],
      });
    case "Pad":
      return plain(op, [context.integers([...list("before"), ...list("after")])]);
    case "Split":
      return node(op, {
        inputs: [...inputs, context.integers(list("sizes"))],
        outputs,
        attributes: [intAttribute("axis", 0)],
      });
    case "SpaceToDepth":
    case "DepthToSpace":
      return node(op, { inputs, outputs, attributes: [intAttribute("blocksize", attributes.block as number)] });
    case "Repeat":
      return node("Resize", {
        inputs: [...inputs, "", "", context.integers(list("shape"))],
        outputs,
        attributes: NEAREST,
      });
    case "MatMul":
      return encodeMatMul(irNode, inputs, outputs);
    default:
      return plain(op);
  }
}

/** Element i of the result is element ⌊i / factor⌋. */
const NEAREST = [
  stringAttribute("mode", "nearest"),
  stringAttribute("coordinate_transformation_mode", "asymmetric"),
  stringAttribute("nearest_mode", "floor"),
];

function encodeSlice(
  { attributes }: Node,
  inputs: readonly string[],
  outputs: readonly string[],
  context: EncodeContext,
) {
  const starts = attributes.starts as readonly number[];
  const ranges = [context.integers(starts), context.integers(attributes.ends as readonly number[])];
  const steps = attributes.steps as readonly number[] | undefined;
  const stepped = steps === undefined ? [] : [context.integers(starts.map((_, axis) => axis)), context.integers(steps)];
  return node("Slice", { inputs: [...inputs, ...ranges, ...stepped], outputs });
}

/** A slice by steps of −1, from the last element to before the first. */
function encodeReverse(
  { attributes, inputs: [x] }: Node,
  inputs: readonly string[],
  outputs: readonly string[],
  context: EncodeContext,
) {
  const axes = attributes.axes as readonly number[];
  const starts = axes.map((axis) => x.shape[axis] - 1);
  const ends = axes.map((axis) => -x.shape[axis] - 1);
  const ranges = [starts, ends, axes, axes.map(() => -1)].map(context.integers);
  return node("Slice", { inputs: [...inputs, ...ranges], outputs });
}

/** Gemm and FusedMatMul read transposed operands where they lie, and scale the product. */
function encodeMatMul({ attributes, inputs: values }: Node, inputs: readonly string[], outputs: readonly string[]) {
  const { activation } = attributes;
  const isPlain = attributes.transA !== true && attributes.transB !== true && attributes.alpha === 1;
  if (isPlain && values.length === 2 && activation === undefined) return node("MatMul", { inputs, outputs });
  const flags = [
    intAttribute("transA", Number(attributes.transA === true)),
    intAttribute("transB", Number(attributes.transB === true)),
    floatAttribute("alpha", attributes.alpha as number),
  ];
  if (values[0].shape.length > 2) return node("FusedMatMul", { inputs, outputs, attributes: flags, microsoft: true });
  if (activation === undefined) return node("Gemm", { inputs, outputs, attributes: flags });
  const fused = [...flags, stringAttribute("activation", activation as string)];
  return node("FusedGemm", { inputs, outputs, attributes: fused, microsoft: true });
}
