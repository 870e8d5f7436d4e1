/**
 * @file A peer in Python: a script that is started once, times a stretch each time it is asked, and waits in between.
 *
 * The interpreter is the one named by ONTOGENY_PYTHON, otherwise python3. A peer that cannot be imported is skipped and
 * says why; one that dies in mid-run is an error.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";

export class PythonPeer {
  readonly name: string;
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  private constructor(name: string, child: ChildProcess, lines: AsyncIterator<string>) {
    this.name = name;
    this.child = child;
    this.lines = lines;
  }

  /** The peer, or why there is none. The script's first line is {"ready": "torch 2.13.0"} or {"missing": "…"}. */
  static async start(script: string, args: readonly string[]): Promise<PythonPeer | { readonly missing: string }> {
    const python = process.env.ONTOGENY_PYTHON ?? "python3";
    const child = spawn(python, [script, ...args], {
      stdio: ["pipe", "pipe", "ignore"],
      env: {
        ...process.env,
        OMP_NUM_THREADS: "1",
        MKL_NUM_THREADS: "1",
        JAX_PLATFORMS: "cpu",
        XLA_FLAGS: "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
      },
    });
    const failed = new Promise<string>((resolve) => {
      child.once("error", ({ message }) => resolve(`${python}: ${message}`));
      child.once("exit", (code) => resolve(`${python} ended with exit code ${code}`));
    });
    const reader: Interface = createInterface({ input: child.stdout! });
    const lines = reader[Symbol.asyncIterator]();
    const first = await Promise.race([lines.next(), failed]);
    if (typeof first === "string" || first.done) return { missing: typeof first === "string" ? first : await failed };
    const hello = JSON.parse(first.value) as { ready?: string; missing?: string };
    if (hello.ready === undefined) {
      child.kill();
      return { missing: hello.missing ?? "it did not start" };
    }
    return new PythonPeer(hello.ready, child, lines);
  }

  /** Milliseconds a step, over `steps` steps. */
  async time(steps: number): Promise<number> {
    this.child.stdin!.write(`${steps}\n`);
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`${this.name} ended in the middle of a run`);
    return (JSON.parse(value) as { msPerStep: number }).msPerStep;
  }

  stop(): void {
    this.child.kill();
  }
}
