/**
 * @file The types of a program and how jax-js joins two of them.
 *
 * Numbers written in JavaScript are weakly typed: they become what they are combined with (uint32 beside a bool).
 */
import type { ProgramType } from "./program.ts";

const RANK: Readonly<Record<ProgramType, number>> = { bool: 0, uint32: 1, int32: 2, float32: 3 };

export const isProgramType = (type: string): type is ProgramType => type in RANK;

export interface PromotedType {
  readonly type: ProgramType;
  readonly weak: boolean;
}

export function promote(left: PromotedType, right: PromotedType): ProgramType {
  if (left.weak === right.weak) return higher(left.type, right.type);
  return higher(left.weak ? right.type : left.type, "uint32");
}

const higher = (a: ProgramType, b: ProgramType): ProgramType => (RANK[a] > RANK[b] ? a : b);
