/**
 * @file A traced program: a flat list of jax-js equations over named inputs, jit calls inlined, dead equations dropped.
 */
import type { IrType } from "../ir/types.ts";

export type ProgramType = "float32" | "int32" | "uint32" | "bool";

export interface Variable {
  readonly kind: "variable";
  readonly id: number;
  readonly type: ProgramType;
  readonly shape: readonly number[];
}

export interface Literal {
  readonly kind: "literal";
  readonly type: ProgramType;
  readonly value: number;
}

export type Operand = Variable | Literal;

export interface Equation {
  readonly primitive: string;
  readonly inputs: readonly Operand[];
  readonly params: Readonly<Record<string, unknown>>;
  readonly outputs: readonly Variable[];
  /** Program, then the jit-named layers around the equation: "mlp/dense1". */
  readonly scope: string;
}

export interface Constant {
  readonly variable: Variable;
  readonly data: Float32Array | Int32Array | Uint32Array;
}

export interface TracedProgram {
  readonly name: string;
  readonly inputs: readonly { readonly name: string; readonly variable: Variable }[];
  readonly constants: readonly Constant[];
  readonly equations: readonly Equation[];
  readonly outputs: readonly { readonly name: string; readonly operand: Operand }[];
}

export interface ArraySpec {
  readonly dtype: IrType;
  readonly shape: readonly number[];
}
