/**
 * @file Compiled programs, kept for the life of the process: a worker trains hundreds of runs with a few shapes.
 *
 * The least recently asked for is disposed of when more than `limit` are kept; a program in use must therefore be asked
 * for again before every use, which is cheap.
 */
interface Disposable {
  dispose(): Promise<void>;
}

export class ProgramCache<P extends Disposable> {
  private readonly limit: number;
  private readonly kept = new Map<string, Promise<P>>();

  constructor(limit: number) {
    this.limit = limit;
  }

  /** The program for a key, compiled on first use. A failed compilation is not kept. */
  async get(key: string, compile: () => Promise<P>): Promise<P> {
    let program = this.kept.get(key);
    if (program === undefined) {
      program = compile();
      program.catch(() => this.kept.delete(key));
    }
    this.kept.delete(key);
    this.kept.set(key, program);
    if (this.kept.size > this.limit) {
      const [oldest, old] = this.kept.entries().next().value as [string, Promise<P>];
      this.kept.delete(oldest);
      await (await old).dispose();
    }
    return program;
  }
}
