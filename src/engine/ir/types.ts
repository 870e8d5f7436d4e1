/**
 * @file The intermediate representation: a list of typed nodes in dependency order, each value defined once.
 *
 * Shapes are static. A node is one runtime operator; how a program's transposes and broadcasts disappear before they
 * become nodes is the business of ../lower.
 */
import type { OpName } from "./ops.ts";

/** float64 and int64 hold what float32 and int32 cannot, inside of a rule; no program has them. */
export type IrType = "float32" | "float64" | "int32" | "int64" | "uint32" | "uint8" | "bool";
export type Data = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint32Array | Uint8Array;

export interface Value {
  readonly id: number;
  readonly type: IrType;
  readonly shape: readonly number[];
  /** Undefined for graph inputs. */
  readonly producer: Node | undefined;
}

export type Attribute = number | string | boolean | readonly number[];
export type Attributes = Readonly<Record<string, Attribute>>;

export interface Node {
  readonly op: OpName;
  readonly inputs: readonly Value[];
  readonly attributes: Attributes;
  readonly outputs: readonly Value[];
  /** Only for Constant. */
  readonly data?: Data;
  /** The program and layer that it came from. */
  readonly scope: string;
}

export interface Port {
  readonly name: string;
  readonly value: Value;
}

export interface Graph {
  readonly name: string;
  readonly inputs: readonly Port[];
  readonly nodes: readonly Node[];
  readonly outputs: readonly Port[];
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((extent, axis) => extent === b[axis]);

/** Numbers as the type holds them: integers truncated modulo 2³², booleans as 0 and 1. */
export function dataOf(type: IrType, values: readonly number[]): Data {
  switch (type) {
    case "float32":
      return Float32Array.from(values);
    case "float64":
      return Float64Array.from(values);
    case "int32":
      return Int32Array.from(values);
    case "uint32":
      return Uint32Array.from(values);
    case "int64":
      return BigInt64Array.from(values, BigInt);
    case "uint8":
      return Uint8Array.from(values);
    case "bool":
      return Uint8Array.from(values, (value) => (value !== 0 ? 1 : 0));
  }
}
