/**
 * @file Pass: equal nodes (operator, operands, attributes, constant bytes) are computed once; the order of
 * commuting operands does not matter. Every operator is a pure
 * function of its operands, so nothing else needs to be asked.
 */
import type { OpName } from "../ops.ts";
import { rebuild } from "../rebuild.ts";
import type { Data, Graph, Value } from "../types.ts";

/** Longer constants are told apart by identity: comparing them costs more than storing them twice. */
const LONGEST_COMPARED = 1 << 16;

const COMMUTATIVE: ReadonlySet<OpName> = new Set(["Add", "Mul", "And", "Or", "Xor", "Equal"]);

export function shareCommonSubexpressions(graph: Graph): Graph {
  const known = new Map<string, readonly Value[]>();
  return rebuild(graph, ({ builder, node: { op, attributes, data }, inputs }) => {
    if (data !== undefined && data.length > LONGEST_COMPARED) return undefined;
    const ids = inputs.map(({ id }) => id);
    if (COMMUTATIVE.has(op)) ids.sort((a, b) => a - b);
    const operands = ids.join(",");
    const key = `${op}(${operands})${JSON.stringify(attributes)}${data === undefined ? "" : bytesOf(data)}`;
    const seen = known.get(key);
    if (seen !== undefined) return seen;
    const outputs = builder.emit(op, inputs, attributes, data);
    known.set(key, outputs);
    return outputs;
  });
}

function bytesOf(data: Data): string {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
