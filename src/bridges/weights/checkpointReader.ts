/**
 * @file One checkpoint, opened: its tensors by name over all its files, their values through one fixed buffer.
 *
 * Headers are checked whole before anything is read. Errors: SAFETENSORS_INVALID with the path, READ_FAILED.
 */

import { type FileHandle, open } from "node:fs/promises";
import { OntogenyError } from "../../core/index.ts";
import { maybeValueType, parseSafetensorsHeader, safetensorsHeaderBytes, type ValueType } from "../../formats/index.ts";
import type { SourceFile } from "../bridge.ts";
import { readFailed } from "../readFailed.ts";
import type { CheckpointFiles } from "./checkpoints.ts";

const CHUNK_VALUES = 2 ** 17;
/** Some 100,000 tensors; parsed it takes about 20 times that. */
const HEADER_BYTES_AT_MOST = 16 * 2 ** 20;

export interface OpenTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly count: number;
  /** undefined: of a data type that is not read. */
  readonly type: ValueType | undefined;
  readonly handle: FileHandle;
  /** In its file. */
  readonly start: number;
}

export class CheckpointReader {
  readonly files: CheckpointFiles;
  /** In the order of the files and of the data in them. */
  readonly tensors = new Map<string, OpenTensor>();
  bytesRead = 0;
  private readonly handles: FileHandle[] = [];
  private buffer = new Uint8Array(0);

  private constructor(files: CheckpointFiles) {
    this.files = files;
  }

  static async open(files: CheckpointFiles): Promise<CheckpointReader> {
    const reader = new CheckpointReader(files);
    try {
      for (const file of files.files) await reader.addFile(file);
      reader.buffer = new Uint8Array(8 * reader.valuesAtMost);
      return reader;
    } catch (error) {
      await reader.close();
      throw error;
    }
  }

  /** Of the largest piece that `read` reads. */
  get valuesAtMost(): number {
    let most = 0;
    for (const { count } of this.tensors.values()) most = Math.max(most, count);
    return Math.min(most, CHUNK_VALUES);
  }

  /** Values `from` … into `out`, at most `CHUNK_VALUES` of them; how many there were. */
  async read({ handle, start, count, type, name }: OpenTensor, from: number, out: Float64Array): Promise<number> {
    if (type === undefined) return 0;
    const take = Math.min(CHUNK_VALUES, count - from);
    const { bytesRead } = await handle.read(this.buffer, 0, take * type.bytes, start + from * type.bytes);
    this.bytesRead += bytesRead;
    if (bytesRead < take * type.bytes)
      throw new OntogenyError(
        "SAFETENSORS_INVALID",
        `safetensors tensor "${name}": expected ${take * type.bytes} bytes, got ${bytesRead}; the file was cut off meanwhile`,
      );
    type.read(this.buffer, take, out);
    return take;
  }

  async close(): Promise<void> {
    for (const handle of this.handles) await handle.close();
  }

  private async addFile({ path, relative }: SourceFile): Promise<void> {
    const handle = await open(path, "r").catch((cause: unknown) => {
      throw readFailed(path, cause);
    });
    this.handles.push(handle);
    const { size } = await handle.stat();
    const start = new Uint8Array(8);
    const { bytesRead } = await handle.read(start, 0, 8, 0);
    const headerBytes = safetensorsHeaderBytes(start.subarray(0, bytesRead), size);
    if (headerBytes > HEADER_BYTES_AT_MOST)
      throw new OntogenyError(
        "SAFETENSORS_INVALID",
        `safetensors header: expected at most ${HEADER_BYTES_AT_MOST} bytes, got ${headerBytes}`,
      );
    const head = new Uint8Array(8 + headerBytes);
    await handle.read(head, 0, head.length, 0);
    this.bytesRead += head.length;
    const { tensors, dataStart } = parseSafetensorsHeader(head, size);
    const inOrder = [...tensors].sort(([, a], [, b]) => a.begin - b.begin);
    for (const [name, { dtype, shape, count, begin }] of inOrder) {
      if (this.tensors.has(name))
        throw new OntogenyError(
          "SAFETENSORS_INVALID",
          `safetensors tensor "${name}": expected once, got twice (${relative})`,
        );
      const type = maybeValueType(dtype);
      this.tensors.set(name, { name, dtype, shape, count, type, handle, start: dataStart + begin });
    }
  }
}
