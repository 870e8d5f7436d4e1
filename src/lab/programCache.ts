/**
 * @file Compiled programs, kept for the life of the process: a worker trains hundreds of runs with a few shapes.
 *
 * The least recently asked for is disposed of when more than `limit` are kept of a device; a program in use must
 * therefore be asked for again before every use, which is cheap.
 */
import type { Device } from "../engine/index.ts";

interface Disposable {
  dispose(): Promise<void>;
}

export class ProgramCache<P extends Disposable> {
  private readonly limit: number;
  private readonly byDevice = new WeakMap<Device, Map<string, Promise<P>>>();

  constructor(limit: number) {
    this.limit = limit;
  }

  /** The program for a device and a key, compiled on first use. A failed compilation is not kept. */
  async get(device: Device, key: string, compile: () => Promise<P>): Promise<P> {
    const kept = this.byDevice.get(device) ?? new Map<string, Promise<P>>();
    this.byDevice.set(device, kept);
    let program = kept.get(key);
    if (program === undefined) {
      program = compile();
      program.catch(() => kept.delete(key));
    }
    kept.delete(key);
    kept.set(key, program);
    if (kept.size > this.limit) {
      const [oldest, old] = kept.entries().next().value as [string, Promise<P>];
      kept.delete(oldest);
      await (await old).dispose();
    }
    return program;
  }
}
