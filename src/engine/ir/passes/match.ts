/**
 * @file Reading a graph backwards, for passes that recognise how something was computed.
 */
import { isScalar, maybeScalar } from "../constants.ts";
import type { OpName } from "../ops.ts";
import type { Value } from "../types.ts";

/** The operands of the node that made a value, if it is of this kind. */
export function maybeOperands(value: Value | undefined, op: OpName): readonly Value[] | undefined {
  return value?.producer?.op === op ? value.producer.inputs : undefined;
}

/** The only operand of a unary node. */
export function maybeOperand(value: Value | undefined, op: OpName): Value | undefined {
  return maybeOperands(value, op)?.[0];
}

/** x of op(x, scalar), in either order. */
export function maybeWithScalar(value: Value | undefined, op: OpName, scalar: number): Value | undefined {
  const operands = maybeOperands(value, op);
  if (operands === undefined) return undefined;
  if (isScalar(operands[1], scalar)) return operands[0];
  return isScalar(operands[0], scalar) && maybeScalar(operands[1]) === undefined ? operands[1] : undefined;
}

/** The value before reshapes. */
export function beforeReshape(value: Value): Value {
  const source = maybeOperand(value, "Reshape");
  return source === undefined ? value : beforeReshape(source);
}
