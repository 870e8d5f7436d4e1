/**
 * @file compileSplit: the two halves of a split function as two runtime sessions; what the first computes for the second
 * stays in memory between calls and is not copied again.
 */
import { sha256Hex } from "../../core/index.ts";
import type { FunctionProgram, SplitProgram, SplitSpec, Tensors } from "../device.ts";
import type { Graph, IrType } from "../ir/types.ts";
import { sizeOf } from "../ir/types.ts";
import { lowerSplit, SPLIT_PORTS } from "../lowerSplit.ts";
import type { TensorSpec } from "../program.ts";
import { initEngine } from "../program.ts";
import { withoutPrefix } from "../stepTable.ts";
import { openFunction } from "./openFunction.ts";
import type { SessionOptions } from "./session.ts";

export async function compileSplit(spec: SplitSpec, options: SessionOptions = {}): Promise<SplitProgram> {
  await initEngine();
  const { fixed, varying, kept } = lowerSplit(spec);
  const { name } = spec;
  const first = await open(name, fixed, options);
  // No output may vary, as with a product of zeros: then there is nothing to run.
  const second = varying.outputs.length > 0 ? await open(name, varying, options) : undefined;
  return {
    name,
    graphHash: sha256Hex(`${first.graphHash}\n${second?.graphHash ?? ""}`),
    keptBytes: kept.reduce((bytes, { value: { type, shape } }) => bytes + bytesOf(type) * sizeOf(shape), 0),
    async fix(inputs) {
      const results = await first.run(inputs);
      const still = withoutPrefix(results, SPLIT_PORTS.each);
      const held = Object.fromEntries(kept.map((port) => [port.name, results[port.name]]));
      return {
        outputs: withoutPrefix(results, SPLIT_PORTS.once),
        async run(moving): Promise<Tensors> {
          const outputs = await second?.run({ ...inputs, ...moving, ...held });
          return { ...still, ...withoutPrefix(outputs ?? {}, SPLIT_PORTS.each) };
        },
      };
    },
    async dispose() {
      await first.dispose();
      await second?.dispose();
    },
  };
}

function open(name: string, graph: Graph, options: SessionOptions): Promise<FunctionProgram> {
  const specs = graph.inputs.map(({ name: input, value: { type, shape } }): [string, TensorSpec] => [
    input,
    { dtype: type as TensorSpec["dtype"], shape },
  ]);
  return openFunction({ name, inputs: Object.fromEntries(specs) }, graph, options);
}

const bytesOf = (type: IrType): number => (type === "bool" || type === "uint8" ? 1 : type === "int64" ? 8 : 4);
