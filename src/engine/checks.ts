/**
 * @file Checks that every device makes of what it is given: tensors, step counts, row numbers, and the state that a step
 * returns. All are EngineErrors that name the program and the tensor.
 */
import type { DType, Tensor } from "../core/index.ts";
import type { Tensors } from "./device.ts";
import { EngineError } from "./errors.ts";
import { sameShape } from "./ir/types.ts";
import type { GatherSpec, Specs, TensorSpec } from "./program.ts";

/** The tensor, of the type, shape and length that are specified. `what` begins the message. */
export function requireTensor(what: string, spec: TensorSpec, tensor: Tensor | undefined): Tensor {
  if (tensor === undefined)
    throw new EngineError("ENGINE_INPUT", `${what}: expected a ${spec.dtype} tensor of ${shapeText(spec)}, got none`);
  const size = spec.shape.reduce((product, extent) => product * extent, 1);
  if (tensor.dtype !== spec.dtype || !sameShape(tensor.shape, spec.shape) || tensor.data.length !== size)
    throw new EngineError(
      "ENGINE_INPUT",
      `${what}: expected ${spec.dtype} of shape ${shapeText(spec)}, got ${tensor.dtype} of shape ${shapeText(tensor)} with ${tensor.data.length} elements`,
    );
  return tensor;
}

export function requireSteps(program: string, steps: number): void {
  if (!Number.isInteger(steps) || steps < 1)
    throw new EngineError("ENGINE_INPUT", `Program ${program}: expected steps to be a positive integer, got ${steps}`);
}

export function requireBound<T>(program: string, resident: T | undefined): T {
  if (resident === undefined)
    throw new EngineError("ENGINE_UNBOUND", `Program ${program}: expected bind() before run()`);
  return resident;
}

export function requireOpen(program: string, isDisposed: boolean): void {
  if (isDisposed) throw new EngineError("ENGINE_DISPOSED", `Program ${program}: expected no use after dispose()`);
}

/** Row numbers of every gather, against the rows of the resident tensor that it takes them from. */
export function requireRows(options: {
  readonly program: string;
  /** "table" or "input", for messages. */
  readonly kind: string;
  readonly gathers: Readonly<Record<string, GatherSpec>>;
  readonly resident: Specs;
  readonly indices: Readonly<Tensors>;
}): void {
  const { program, kind, gathers, resident, indices } = options;
  for (const [name, { from, by }] of Object.entries(gathers)) {
    const rows = resident[from].shape[0];
    const { data } = indices[by];
    for (let i = 0; i < data.length; i++)
      if (data[i] < 0 || data[i] >= rows)
        throw new EngineError(
          "ENGINE_ROWS",
          `Program ${program}, ${kind} "${by}": expected rows 0…${rows - 1} of "${from}" (gather "${name}"), got ${data[i]} at element ${i}`,
        );
  }
}

export function requireSameKeys(program: string, state: Specs, next: Readonly<Record<string, unknown>>): void {
  const expected = Object.keys(state).sort().join(", ");
  const got = Object.keys(next).sort().join(", ");
  if (expected !== got)
    throw new EngineError(
      "ENGINE_STATE",
      `Program ${program}: expected the step to return the state {${expected}}, got {${got}}`,
    );
}

/** What the step returns for a state tensor must be able to go in again. */
export function requireFits(
  program: string,
  name: string,
  { dtype, shape }: TensorSpec,
  got: { readonly type: DType | string; readonly shape: readonly number[] },
): void {
  if (got.type !== dtype || !sameShape(got.shape, shape))
    throw new EngineError(
      "ENGINE_STATE",
      `Program ${program}, state "${name}": expected ${dtype} of shape [${shape.join(", ")}] from the step, got ${got.type} of shape [${got.shape.join(", ")}]`,
    );
}

const shapeText = ({ shape }: { readonly shape: readonly number[] }): string => `[${shape.join(", ")}]`;
