/**
 * @file Text of an encoded model, subgraphs indented: what the runtime will be given, for people and golden tests.
 */
import { fromBinary } from "@bufbuild/protobuf";
import type { GraphProto, NodeProto } from "./generated/onnx_pb.ts";
import { ModelProtoSchema } from "./generated/onnx_pb.ts";

export function printModel(model: Uint8Array): string {
  const { graph } = fromBinary(ModelProtoSchema, model);
  return graph === undefined ? "" : printGraphProto(graph, "").join("\n");
}

function printGraphProto({ name, input, output, node, initializer }: GraphProto, indent: string): string[] {
  const list = (values: readonly { readonly name: string }[]): string => values.map((value) => value.name).join(", ");
  return [
    `${indent}${name}(${list(input)}) {`,
    ...initializer.map(({ name, dims }) => `${indent}  ${name}: constant[${dims.join(",")}]`),
    ...node.flatMap((each) => printNode(each, `${indent}  `)),
    `${indent}  return ${list(output)}`,
    `${indent}}`,
  ];
}

function printNode({ opType, input, output, attribute }: NodeProto, indent: string): string[] {
  const plain = attribute.filter(({ g }) => g === undefined);
  const shown = plain.map(({ name, i, ints, f }) => `${name}=${ints.length > 0 ? ints.join(",") : f !== 0 ? f : i}`);
  const suffix = shown.length > 0 ? ` {${shown.join(" ")}}` : "";
  const subgraphs = attribute.flatMap(({ g }) => (g === undefined ? [] : printGraphProto(g, `${indent}  `)));
  return [`${indent}${output.join(", ")} = ${opType}(${input.join(", ")})${suffix}`, ...subgraphs];
}
