/**
 * @file Arithmetic on constant scalars at compile time, rounded to float32, int32 or uint32 as the runtime would.
 *
 * Returns undefined for operators that it does not fold. Non-finite values follow IEEE 754.
 */
import type { OpName } from "../ops.ts";
import type { IrType } from "../types.ts";

type Fold = (x: number, y: number, z: number) => number;

const FOLDS: Partial<Record<OpName, Fold>> = {
  Neg: (x) => -x,
  Abs: Math.abs,
  Sign: Math.sign,
  Reciprocal: (x) => 1 / x,
  Floor: Math.floor,
  Ceil: Math.ceil,
  Exp: Math.exp,
  Log: Math.log,
  Sqrt: Math.sqrt,
  Sin: Math.sin,
  Cos: Math.cos,
  Relu: (x) => Math.max(x, 0),
  Not: (x) => (x === 0 ? 1 : 0),
  Add: (x, y) => x + y,
  Sub: (x, y) => x - y,
  Mul: (x, y) => x * y,
  Mod: (x, y) => x % y,
  Max: Math.max,
  Min: Math.min,
  And: (x, y) => (x !== 0 && y !== 0 ? 1 : 0),
  Or: (x, y) => (x !== 0 || y !== 0 ? 1 : 0),
  Xor: (x, y) => (x !== y ? 1 : 0),
  BitwiseAnd: (x, y) => x & y,
  BitwiseOr: (x, y) => x | y,
  BitwiseXor: (x, y) => x ^ y,
  Less: (x, y) => (x < y ? 1 : 0),
  LessOrEqual: (x, y) => (x <= y ? 1 : 0),
  Equal: (x, y) => (x === y ? 1 : 0),
  Where: (condition, yes, no) => (condition !== 0 ? yes : no),
  Cast: (x) => x,
};

export function foldScalars(op: OpName, type: IrType, operandType: IrType, values: readonly number[]) {
  if (type === "int64" || type === "float64" || operandType === "int64" || operandType === "float64") return undefined;
  const [x, y, z] = values;
  const isInteger = type === "int32" || type === "uint32";
  if (isInteger && op === "Mul") return roundTo(type, Math.imul(x, y));
  // The runtime stops at an integer division by zero; nothing is folded that would hide it.
  if (isInteger && y === 0 && (op === "Div" || op === "Mod")) return undefined;
  if (op === "Div") return operandType === "float32" ? roundTo(type, x / y) : roundTo(type, Math.trunc(x / y));
  const fold = FOLDS[op];
  return fold === undefined ? undefined : roundTo(type, fold(x, y, z));
}

function roundTo(type: IrType, value: number): number {
  if (type === "float32") return Math.fround(value);
  if (type === "bool") return value !== 0 ? 1 : 0;
  return type === "uint32" ? Math.trunc(value) >>> 0 : Math.trunc(value) | 0;
}
