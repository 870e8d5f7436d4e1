/**
 * @file Splits a graph in two by which inputs vary from call to call: what does not depend on them is computed once (the
 * fixed graph), and its values are handed to the varying graph as further inputs. Nothing is computed in both, except
 * constants and reshapes, which cost nothing.
 */
import { Builder } from "../builder.ts";
import { rebuild } from "../rebuild.ts";
import type { Graph, Node, Port, Value } from "../types.ts";
import { dropDeadCode } from "./deadCode.ts";

export interface SplitGraph {
  /** Outputs: those of the whole graph that do not vary, then the kept values. */
  readonly fixed: Graph;
  /** Inputs: the varying ones, those fixed ones that it still reads, the kept values. Outputs: those that vary. */
  readonly varying: Graph;
  /** Outputs of `fixed` that are inputs of `varying`, under the names they have in both. */
  readonly kept: readonly Port[];
}

export const keptName = (index: number): string => `kept.${index}`;

export function splitGraph(whole: Graph, isVarying: (inputName: string) => boolean): SplitGraph {
  const graph = dropDeadCode(transposeOnce(whole, isVarying));
  const dependent = dependentValues(graph, isVarying);
  const second = new SecondHalf(graph);
  for (const node of graph.nodes) if (node.outputs.some((output) => dependent.has(output))) second.repeat(node);
  const varying = second.finish(graph.outputs.filter(({ value }) => dependent.has(value)));
  const outputs = [...graph.outputs.filter(({ value }) => !dependent.has(value)), ...second.kept];
  return { fixed: dropDeadCode({ ...graph, name: `${graph.name}.fixed`, outputs }), varying, kept: second.kept };
}

function dependentValues(graph: Graph, isVarying: (inputName: string) => boolean): ReadonlySet<Value> {
  const dependent = new Set<Value>(graph.inputs.filter(({ name }) => isVarying(name)).map(({ value }) => value));
  for (const node of graph.nodes)
    if (node.inputs.some((input) => dependent.has(input))) for (const output of node.outputs) dependent.add(output);
  return dependent;
}

/** The runtime's product reads a transposed left operand some 12% slower: one that is fixed is transposed once instead. */
function transposeOnce(graph: Graph, isVarying: (inputName: string) => boolean): Graph {
  const dependent = dependentValues(graph, isVarying);
  const turned = new Map<Value, Value>();
  return rebuild(graph, ({ builder, node, inputs: [left, ...rest] }) => {
    const isWorth = node.op === "MatMul" && node.attributes.transA === true && left.shape.length === 2;
    if (!isWorth || dependent.has(node.inputs[0]) || !dependent.has(node.outputs[0])) return undefined;
    if (!turned.has(left)) turned.set(left, builder.op("Transpose", [left], { perm: [1, 0] }));
    return builder.emit("MatMul", [turned.get(left)!, ...rest], { ...node.attributes, transA: false });
  });
}

/** Re-emits the dependent nodes; operands from outside become inputs. */
class SecondHalf {
  readonly kept: Port[] = [];
  private readonly builder: Builder;
  private readonly inputNames: ReadonlyMap<Value, string>;
  private readonly made = new Map<Value, Value>();

  constructor(graph: Graph) {
    this.builder = new Builder(`${graph.name}.varying`);
    this.inputNames = new Map(graph.inputs.map(({ name, value }) => [value, name]));
  }

  repeat(node: Node): void {
    const inputs = node.inputs.map((input) => this.read(input));
    this.builder.scope = node.scope;
    const outputs = this.builder.emit(node.op, inputs, node.attributes, node.data);
    for (const [i, output] of node.outputs.entries()) this.made.set(output, outputs[i]);
  }

  finish(outputs: readonly Port[]): Graph {
    return this.builder.finish(outputs.map(({ name, value }) => ({ name, value: this.read(value) })));
  }

  private read(value: Value): Value {
    const known = this.made.get(value);
    if (known !== undefined) return known;
    const producer = value.producer;
    if (producer?.op === "Constant" || producer?.op === "Reshape") this.repeat(producer);
    else this.made.set(value, this.input(value));
    return this.made.get(value)!;
  }

  private input(value: Value): Value {
    const name = this.inputNames.get(value) ?? keptName(this.kept.length);
    if (!this.inputNames.has(value)) this.kept.push({ name, value });
    return this.builder.input(name, value.type, value.shape);
  }
}
