/**
 * @file What one case trains: initial parameters, resident data, batches and settings, from one seed; and its form on
 * disk (problem.json beside data.bin), from which ours and the peers all start.
 *
 * Only float32, int32 and uint8 tensors. A folder that does not hold a problem is an error of the reader.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Tensor } from "../../src/core/index.ts";

export interface Problem {
  /** Key into the models of every contestant. */
  readonly model: string;
  /** Sizes that the model needs besides the shapes of its parameters. */
  readonly sizes: Readonly<Record<string, number>>;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** Kept in memory by everyone; rows are gathered from it, or all of it is the batch. */
  readonly resident: Readonly<Record<string, Tensor>>;
  /** One row per step, used in turn and from the start again; empty for full batches. */
  readonly perStep: Readonly<Record<string, Tensor>>;
}

type Group = "parameters" | "resident" | "perStep";
const GROUPS: readonly Group[] = ["parameters", "resident", "perStep"];

interface Entry {
  readonly dtype: "float32" | "int32" | "uint8";
  readonly shape: readonly number[];
  readonly offset: number;
}

interface Header extends Omit<Problem, Group> {
  readonly tensors: Readonly<Record<Group, Readonly<Record<string, Entry>>>>;
}

const ARRAYS = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array } as const;

export function writeProblem(folder: string, problem: Problem): void {
  const chunks: Uint8Array[] = [];
  let offset = 0;
  const describe = (tensors: Readonly<Record<string, Tensor>>): Record<string, Entry> =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, { dtype, shape, data }]) => {
        const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
        const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
        padded.set(bytes);
        chunks.push(padded);
        const entry: Entry = { dtype: dtype as Entry["dtype"], shape, offset };
        offset += padded.length;
        return [name, entry];
      }),
    );
  const { parameters, resident, perStep, ...rest } = problem;
  const tensors = {
    parameters: describe(parameters),
    resident: describe(resident),
    perStep: describe(perStep),
  };
  writeFileSync(join(folder, "problem.json"), JSON.stringify({ ...rest, tensors } satisfies Header));
  writeFileSync(join(folder, "data.bin"), Buffer.concat(chunks));
}

export function readProblem(folder: string): Problem {
  const { tensors, ...rest } = JSON.parse(readFileSync(join(folder, "problem.json"), "utf8")) as Header;
  const file = readFileSync(join(folder, "data.bin"));
  const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer;
  const read = (entries: Readonly<Record<string, Entry>>): Record<string, Tensor> =>
    Object.fromEntries(
      Object.entries(entries).map(([name, { dtype, shape, offset }]) => {
        const length = shape.reduce((product, extent) => product * extent, 1);
        return [name, { dtype, shape, data: new ARRAYS[dtype](bytes, offset, length) }];
      }),
    );
  const [parameters, resident, perStep] = GROUPS.map((group) => read(tensors[group]));
  return { ...rest, parameters, resident, perStep };
}
