/**
 * @file Small constructors for ONNX protobuf messages.
 */
import { create, toBinary } from "@bufbuild/protobuf";
import type { Data, IrType } from "../ir/types.ts";
import type { AttributeProto, GraphProto, NodeProto, TensorProto, ValueInfoProto } from "./generated/onnx_pb.ts";
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from "./generated/onnx_pb.ts";

export type { GraphProto, NodeProto, TensorProto, ValueInfoProto };

/** Operators are used as this version defines them. */
export const OPSET_VERSION = 20;
/** For models that use an operator of it; the runtime's optimizer knows less of it, so others stay with the older. */
const NEWER_OPSET_VERSION = 26;
const NEWER_OPERATORS: ReadonlySet<string> = new Set(["BitCast"]);
const IR_VERSION = 10n;
const MICROSOFT_DOMAIN = "com.microsoft";

const DATA_TYPES: Readonly<Record<IrType, DataType>> = {
  float32: DataType.FLOAT,
  float64: DataType.DOUBLE,
  int32: DataType.INT32,
  uint32: DataType.UINT32,
  int64: DataType.INT64,
  uint8: DataType.UINT8,
  bool: DataType.BOOL,
};

export const dataTypeOf = (type: IrType): number => DATA_TYPES[type];

/** A dimension is an extent, or a name for one that is known only at run time. */
export type Dimension = number | string;

export function valueInfo(name: string, type: IrType, shape: readonly Dimension[]): ValueInfoProto {
  const dim = shape.map((extent) => ({
    value:
      typeof extent === "number"
        ? { case: "dimValue" as const, value: BigInt(extent) }
        : { case: "dimParam" as const, value: extent },
  }));
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: "tensorType", value: { elemType: dataTypeOf(type), shape: { dim } } } },
  });
}

export function tensor(name: string, type: IrType, shape: readonly number[], data: Data): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dataType: dataTypeOf(type),
    dims: shape.map(BigInt),
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  });
}

export interface NodeOptions {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: readonly AttributeProto[];
  /** The runtime's own operators, outside the standard. */
  readonly microsoft?: boolean;
}

export function node(opType: string, { inputs, outputs, attributes = [], microsoft = false }: NodeOptions): NodeProto {
  return create(NodeProtoSchema, {
    opType,
    name: `${opType}.${outputs[0]}`,
    input: [...inputs],
    output: [...outputs],
    attribute: [...attributes],
    ...(microsoft ? { domain: MICROSOFT_DOMAIN } : {}),
  });
}

export const intAttribute = (name: string, value: number): AttributeProto =>
  create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });

export const intsAttribute = (name: string, values: readonly number[]): AttributeProto =>
  create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: values.map(BigInt) });

export const floatAttribute = (name: string, value: number): AttributeProto =>
  create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value });

export const stringAttribute = (name: string, value: string): AttributeProto =>
  create(AttributeProtoSchema, { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) });

export const graphAttribute = (name: string, graph: GraphProto): AttributeProto =>
  create(AttributeProtoSchema, { name, type: AttributeType.GRAPH, g: graph });

export interface GraphParts {
  readonly name: string;
  readonly inputs: readonly ValueInfoProto[];
  readonly outputs: readonly ValueInfoProto[];
  readonly nodes: readonly NodeProto[];
  readonly initializers: readonly TensorProto[];
}

export function graphProto({ name, inputs, outputs, nodes, initializers }: GraphParts): GraphProto {
  return create(GraphProtoSchema, {
    name,
    input: [...inputs],
    output: [...outputs],
    node: [...nodes],
    initializer: [...initializers],
  });
}

/** Equal graphs give equal bytes. */
export function modelBytes(graph: GraphProto): Uint8Array {
  const model = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: "ontogeny",
    opsetImport: [
      { domain: "", version: BigInt(usesNewer(graph) ? NEWER_OPSET_VERSION : OPSET_VERSION) },
      { domain: MICROSOFT_DOMAIN, version: 1n },
    ],
    graph,
  });
  return toBinary(ModelProtoSchema, model);
}

function usesNewer({ node: nodes }: GraphProto): boolean {
  return nodes.some(
    ({ opType, attribute }) =>
      NEWER_OPERATORS.has(opType) || attribute.some(({ g }) => g !== undefined && usesNewer(g)),
  );
}
