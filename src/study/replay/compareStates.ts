/**
 * @file Two states side by side: which tensors differ, and by how much.
 */
import type { Snapshot, Tensor } from "../../core/index.ts";

export interface TensorDifference {
  readonly tensor: string;
  /** Largest absolute difference over the elements; NaN where one is NaN and the other is not; absent: they do not fit. */
  readonly maxAbsDifference?: number;
  /** Largest absolute value stored: what the difference is to be seen against. */
  readonly maxAbsStored?: number;
  /** Why they cannot be compared. */
  readonly mismatch?: string;
}

type Tensors = Snapshot["tensors"];

/** Tensors that are not the same bit for bit, in name order. */
export function stateDifferences(stored: Tensors, replayed: Tensors): TensorDifference[] {
  const names = [...new Set([...Object.keys(stored), ...Object.keys(replayed)])].sort();
  return names.flatMap((tensor) => {
    const difference = tensorDifference(stored[tensor], replayed[tensor]);
    return difference === undefined ? [] : [{ tensor, ...difference }];
  });
}

/** Whether every tensor lies within `tolerance` of the stored one, as a share of its largest value. */
export function isWithin(differences: readonly TensorDifference[], tolerance: number): boolean {
  return differences.every(
    ({ maxAbsDifference, maxAbsStored }) =>
      maxAbsDifference !== undefined && maxAbsDifference <= tolerance * maxAbsStored!,
  );
}

function tensorDifference(
  stored: Tensor | undefined,
  replayed: Tensor | undefined,
): Omit<TensorDifference, "tensor"> | undefined {
  if (stored === undefined || replayed === undefined)
    return { mismatch: stored === undefined ? "is not stored" : "is stored only" };
  const [a, b] = [describe(stored), describe(replayed)];
  if (a !== b) return { mismatch: `is ${a} as stored, ${b} as replayed` };
  if (sameBytes(stored, replayed)) return undefined;
  let maxAbsDifference = 0;
  let maxAbsStored = 0;
  for (let i = 0; i < stored.data.length; i++) {
    const [x, y] = [stored.data[i], replayed.data[i]];
    maxAbsStored = Math.max(maxAbsStored, Math.abs(x));
    if (!Object.is(x, y)) maxAbsDifference = Math.max(maxAbsDifference, Math.abs(x - y));
  }
  return { maxAbsDifference, maxAbsStored };
}

function sameBytes({ data: a }: Tensor, { data: b }: Tensor): boolean {
  return Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
}

function bytesOf(data: Tensor["data"]): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function describe({ dtype, shape }: Tensor): string {
  return `${dtype} [${shape.join(", ")}]`;
}
