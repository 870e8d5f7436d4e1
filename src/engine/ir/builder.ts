/**
 * @file Makes graphs: types every node, keeps one copy of equal nodes, folds scalar constants, applies the local
 * rewrites of ./rewrite.ts, and drops what no output needs.
 *
 * Refuses operands that do not fit (TypeRuleError, with the scope in force).
 */
import { EngineError } from "../errors.ts";
import { fuseBias } from "./fuseBias.ts";
import type { OpName } from "./ops.ts";
import { inferTypes, TypeRuleError } from "./ops.ts";
import { rewrite } from "./rewrite.ts";
import { foldScalars, roundTo } from "./scalarFold.ts";
import type { Attributes, Data, Graph, IrType, Node, Port, Value } from "./types.ts";

export class Builder {
  /** Where nodes come from, for messages. */
  scope: string;
  private readonly name: string;
  private readonly inputs: Port[] = [];
  private readonly nodes: Node[] = [];
  private readonly known = new Map<string, readonly Value[]>();
  private nextId = 0;

  constructor(name: string) {
    this.name = name;
    this.scope = name;
  }

  input(name: string, type: IrType, shape: readonly number[]): Value {
    const value: Value = { id: this.nextId++, type, shape: [...shape], producer: undefined };
    this.inputs.push({ name, value });
    return value;
  }

  /** The only output of a node; equal nodes are made once. */
  op(op: OpName, inputs: readonly Value[], attributes: Attributes = {}): Value {
    return rewrite(this, op, inputs, attributes) ?? this.emit(op, inputs, attributes)[0];
  }

  /** A node as it stands, without rewriting. */
  emit(op: OpName, inputs: readonly Value[], attributes: Attributes = {}): readonly Value[] {
    const key = `${op}(${inputs.map(({ id }) => id).join(",")})${JSON.stringify(attributes)}`;
    return this.once(key, () => {
      const folded = this.fold(op, inputs, attributes);
      return folded === undefined ? this.append(op, inputs, attributes) : [folded];
    });
  }

  constant(type: IrType, shape: readonly number[], data: Data): Value {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const key = `Constant ${type}[${shape.join(",")}] ${latin1(bytes)}`;
    return this.once(key, () => this.append("Constant", [], { type, shape: [...shape] }, data))[0];
  }

  scalar(type: IrType, value: number): Value {
    return this.constant(type, [], dataOf(type, [value]));
  }

  /** The function, with the scope of now whenever it is called: what is emitted late keeps the name of its layer. */
  keepingScope<Argument, Result>(emit: (argument: Argument) => Result): (argument: Argument) => Result {
    const { scope } = this;
    return (argument) => {
      const present = this.scope;
      this.scope = scope;
      try {
        return emit(argument);
      } finally {
        this.scope = present;
      }
    };
  }

  reshape(x: Value, shape: readonly number[]): Value {
    return this.op("Reshape", [x], { shape: [...shape] });
  }

  finish(outputs: readonly Port[]): Graph {
    const live = new Set<Value>(outputs.map(({ value }) => value));
    const kept: Node[] = [];
    for (const node of [...this.nodes].reverse()) {
      if (!node.outputs.some((value) => live.has(value))) continue;
      for (const input of node.inputs) live.add(input);
      kept.push(node);
    }
    const inputs = this.inputs.filter(({ value }) => live.has(value));
    return fuseBias({ name: this.name, inputs, nodes: kept.reverse(), outputs: [...outputs] });
  }

  private once(key: string, make: () => readonly Value[]): readonly Value[] {
    const seen = this.known.get(key);
    if (seen !== undefined) return seen;
    const made = make();
    this.known.set(key, made);
    return made;
  }

  private fold(op: OpName, inputs: readonly Value[], attributes: Attributes): Value | undefined {
    if (inputs.length === 0 || inputs.some((input) => input.shape.length > 0)) return undefined;
    const values = inputs.map(maybeScalar);
    if (values.some((value) => value === undefined)) return undefined;
    const [{ type, shape }] = this.typesOf(op, inputs, attributes);
    if (shape.length > 0) return undefined;
    const folded = foldScalars(op, type, inputs[0].type, values as number[]);
    return folded === undefined ? undefined : this.scalar(type, folded);
  }

  private append(op: OpName, inputs: readonly Value[], attributes: Attributes, data?: Data): readonly Value[] {
    const outputs: Value[] = [];
    const node: Node = { op, inputs, attributes, outputs, data, scope: this.scope };
    for (const { type, shape } of this.typesOf(op, inputs, attributes))
      outputs.push({ id: this.nextId++, type, shape, producer: node });
    this.nodes.push(node);
    return outputs;
  }

  private typesOf(op: OpName, inputs: readonly Value[], attributes: Attributes) {
    try {
      return inferTypes(op, inputs, attributes);
    } catch (error) {
      if (!(error instanceof TypeRuleError)) throw error;
      throw new EngineError("ENGINE_TYPE", `Program ${this.scope}, ${op}: ${error.message}`, { cause: error });
    }
  }
}

/** The value of a constant all of whose elements are equal; undefined for anything else. */
export function maybeUniform({ producer }: Value): number | undefined {
  const data = producer?.op === "Constant" ? producer.data : undefined;
  if (data === undefined || data.length === 0 || data instanceof BigInt64Array) return undefined;
  const first = data[0];
  return data.every((value) => Object.is(value, first)) ? first : undefined;
}

/** The value of a rank-0 constant. */
export function maybeScalar(value: Value): number | undefined {
  return value.shape.length === 0 ? maybeUniform(value) : undefined;
}

export function dataOf(type: IrType, values: readonly number[]): Data {
  switch (type) {
    case "float32":
      return Float32Array.from(values);
    case "int32":
      return Int32Array.from(values);
    case "int64":
      return BigInt64Array.from(values, BigInt);
    case "uint8":
    case "bool":
      return Uint8Array.from(values, (value) => roundTo(type, value));
  }
}

/** One character a byte: an exact key for a map. */
function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let from = 0; from < bytes.length; from += 8192)
    text += String.fromCharCode(...bytes.subarray(from, from + 8192));
  return text;
}
