/**
 * @file A data set cut into blocks of consecutive examples: as many of one size as fit, then the rest.
 *
 * Refuses data whose arrays disagree about the number of examples, tensors that are not as specified (by name), and
 * block sizes that are not positive integers.
 */
import type { Tensor } from "../../core/index.ts";
import { DomainError } from "../../core/index.ts";
import type { Tensors } from "../device.ts";
import { EngineError } from "../errors.ts";
import { sameShape } from "../ir/types.ts";
import type { Specs } from "../program.ts";

export interface ExampleBlocks {
  /** In all. */
  readonly examples: number;
  readonly starts: readonly number[];
  /** At most two different ones. */
  readonly sizes: readonly number[];
  /** The data's shapes with this many examples. */
  specsOf(size: number): Specs;
  /** One record a block; nothing is copied. Throws EngineError where a tensor is not as specified. */
  cut(data: Tensors): Tensors[];
}

export function exampleBlocks(program: string, data: Specs, examplesAtOnce?: number): ExampleBlocks {
  const examples = examplesOf(program, data);
  const atOnce = Math.min(examples, requireCount(`Program ${program}, examplesAtOnce`, examplesAtOnce ?? examples));
  const starts = Array.from({ length: Math.ceil(examples / atOnce) }, (_, i) => i * atOnce);
  const sizes = starts.map((start) => Math.min(atOnce, examples - start));
  return {
    examples,
    starts,
    sizes,
    specsOf: (size) => mapEntries(data, (spec) => ({ ...spec, shape: [size, ...spec.shape.slice(1)] })),
    cut(tensors) {
      requireSpecified(program, data, tensors);
      return starts.map((start, i) =>
        mapEntries(data, ({ dtype, shape }, name): Tensor => {
          const width = tensors[name].data.length / examples;
          const rows = tensors[name].data.subarray(start * width, (start + sizes[i]) * width);
          return { dtype, shape: [sizes[i], ...shape.slice(1)], data: rows };
        }),
      );
    },
  };
}

export function requireCount(what: string, count: number): number {
  if (!Number.isInteger(count) || count < 1) throw new DomainError(what, "an integer of at least 1", count);
  return count;
}

function examplesOf(program: string, data: Specs): number {
  const [examples] = Object.values(data)[0]?.shape ?? [];
  for (const [name, { shape }] of Object.entries(data))
    if (shape[0] !== examples || !(examples > 0))
      throw new EngineError(
        "LEADING_AXIS",
        `Program ${program}, data "${name}": expected ${examples || "examples"} along axis 0, got shape [${shape.join(", ")}]`,
      );
  if (examples === undefined)
    throw new EngineError("LEADING_AXIS", `Program ${program}: expected at least one array of data, got none`);
  return examples;
}

function requireSpecified(program: string, specs: Specs, tensors: Tensors): void {
  for (const [name, { dtype, shape }] of Object.entries(specs)) {
    const got = tensors[name];
    if (got !== undefined && got.dtype === dtype && sameShape(got.shape, shape)) continue;
    const found = got === undefined ? "none" : `${got.dtype} of shape [${got.shape.join(", ")}]`;
    throw new EngineError(
      "ENGINE_INPUT",
      `Program ${program}, data "${name}": expected ${dtype} of shape [${shape.join(", ")}], got ${found}`,
    );
  }
}

const mapEntries = <T, U>(record: Readonly<Record<string, T>>, fn: (value: T, name: string) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, fn(value, name)]));
