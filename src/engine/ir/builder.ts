/**
 * @file Makes graphs: types every node as it is appended. It changes nothing and shares nothing; that is what the passes
 * in ./passes are for.
 *
 * Refuses operands that do not fit (EngineError, with the scope in force).
 */
import { EngineError } from "../errors.ts";
import type { OpName } from "./ops.ts";
import { inferTypes, TypeRuleError } from "./ops.ts";
import type { Attributes, Data, Graph, IrType, Node, Port, Value } from "./types.ts";
import { dataOf, sameShape } from "./types.ts";

export class Builder {
  /** Where nodes come from, for messages. */
  scope: string;
  private readonly name: string;
  private readonly inputs: Port[] = [];
  private readonly nodes: Node[] = [];
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

  /** The first output of a new node. */
  op(op: OpName, inputs: readonly Value[], attributes: Attributes = {}): Value {
    return this.emit(op, inputs, attributes)[0];
  }

  emit(op: OpName, inputs: readonly Value[], attributes: Attributes = {}, data?: Data): readonly Value[] {
    const outputs: Value[] = [];
    const node: Node = { op, inputs, attributes, outputs, data, scope: this.scope };
    for (const { type, shape } of this.typesOf(op, inputs, attributes))
      outputs.push({ id: this.nextId++, type, shape, producer: node });
    this.nodes.push(node);
    return outputs;
  }

  constant(type: IrType, shape: readonly number[], data: Data): Value {
    return this.emit("Constant", [], { type, shape: [...shape] }, data)[0];
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
    return sameShape(x.shape, shape) ? x : this.op("Reshape", [x], { shape: [...shape] });
  }

  finish(outputs: readonly Port[]): Graph {
    return { name: this.name, inputs: this.inputs, nodes: this.nodes, outputs: [...outputs] };
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
