/**
 * @file A compiled program for the norms of all per-example gradients of a data set: block by block, without keeping a
 * gradient, and without making one where its norm follows from its factors.
 *
 * Refuses arrays that do not fit (by name). A non-finite loss gives a non-finite norm of its own example.
 */
import type { Device, FunctionProgram, FunctionSpec, HashedProgram, Tensors } from "../device.ts";
import { EngineError } from "../errors.ts";
import type { JaxArrays, Specs } from "../program.ts";
import { withoutPrefix, withPrefix } from "../stepTable.ts";
import { combinedHash } from "../version.ts";
import { exampleBlocks } from "./exampleBlocks.ts";
import { recordLayout } from "./layout.ts";
import type { ExampleLoss } from "./perExample.ts";
import { gradNormsPerExample } from "./perExample.ts";

export interface GradientNormsSpec {
  /** Named in messages. */
  readonly name: string;
  /** Rank 0, of one example: its arrays have lost axis 0. */
  readonly loss: ExampleLoss;
  /** float32. */
  readonly params: Specs;
  /** The whole data set: axis 0 of every array runs over its examples. */
  readonly data: Specs;
  /** Examples computed at a time; default all. */
  readonly examplesAtOnce?: number;
}

export interface GradientNormsProgram extends HashedProgram {
  bind(data: Tensors): void;
  /** ‖∇ lossᵢ‖ over all parameters: float32 [examples]. Throws EngineError where bind() has not been called. */
  norms(params: Tensors): Promise<Float32Array>;
  dispose(): Promise<void>;
}

const PARAMS = "param.";
const DATA = "data.";

export async function compileGradientNorms(device: Device, spec: GradientNormsSpec): Promise<GradientNormsProgram> {
  const { name, params, data } = spec;
  recordLayout(params);
  const { examples, starts, sizes, specsOf, cut } = exampleBlocks(name, data, spec.examplesAtOnce);
  const programs = new Map<number, FunctionProgram>();
  for (const size of new Set(sizes))
    programs.set(size, await device.compileFunction(gradientNormsFunction({ ...spec, data: specsOf(size) })));
  let blocks: Tensors[] | undefined;
  return {
    graphHash: combinedHash([...programs.values()]),
    bind(tensors) {
      blocks = cut(tensors);
    },
    async norms(tensors) {
      if (blocks === undefined)
        throw new EngineError("ENGINE_UNBOUND", `Program ${name}: expected bind() before norms()`);
      const all = new Float32Array(examples);
      for (const [i, block] of blocks.entries()) {
        const inputs = { ...withPrefix(tensors, PARAMS), ...withPrefix(block, DATA) };
        all.set((await programs.get(sizes[i])!.run(inputs)).norms.data, starts[i]);
      }
      return all;
    },
    async dispose() {
      for (const program of programs.values()) await program.dispose();
    },
  };
}

/** Of one block. */
function gradientNormsFunction({ name, loss, params, data }: GradientNormsSpec): FunctionSpec {
  return {
    name,
    inputs: { ...withPrefix(params, PARAMS), ...withPrefix(data, DATA) },
    fn: (args: JaxArrays) => ({
      norms: gradNormsPerExample(loss, withoutPrefix(args, PARAMS), withoutPrefix(args, DATA)),
    }),
    mayFactorNorms: true,
  };
}
