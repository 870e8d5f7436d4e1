/**
 * @file A contestant in a process of its own: started once, it times a stretch each time it is asked and waits in between.
 *
 * It speaks JSON lines: first {"ready": "torch 2.13.0"} or {"missing": "why"}; then one answer to each request. One that
 * cannot be started says why; one that dies in mid-run is an error that quotes its last words.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createInterface, type Interface } from "node:readline";

/** One thread everywhere: for BLAS, OpenMP and XLA. */
const ONE_THREAD = {
  OMP_NUM_THREADS: "1",
  MKL_NUM_THREADS: "1",
  OPENBLAS_NUM_THREADS: "1",
  JAX_PLATFORMS: "cpu",
  XLA_FLAGS: "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
};

export type Clock = "wall" | "cpu";

export interface Missing {
  readonly missing: string;
}

export class PeerProcess {
  readonly name: string;
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  private readonly lastWords: () => string;

  private constructor(name: string, child: ChildProcess, lines: AsyncIterator<string>, lastWords: () => string) {
    this.name = name;
    this.child = child;
    this.lines = lines;
    this.lastWords = lastWords;
  }

  /** The process, or why there is none. `core` pins it where taskset exists. */
  static async start(command: readonly string[], core?: number): Promise<PeerProcess | Missing> {
    const [file, ...args] = core === undefined || !canPin() ? command : ["taskset", "-c", String(core), ...command];
    const child = spawn(file, args, { stdio: "pipe", env: { ...process.env, ...ONE_THREAD } });
    let words = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      words = (words + text).slice(-2000);
    });
    const lastWords = () => words.trim();
    const failed = new Promise<string>((resolve) => {
      child.once("error", ({ message }) => resolve(`${file}: ${message}`));
      child.once("exit", (code) => resolve(`${command[0]} ended with exit code ${code} ${lastWords()}`));
    });
    child.stdin.on("error", () => {}); // the process is gone; the answer that never comes says so
    const reader: Interface = createInterface({ input: child.stdout });
    const lines = reader[Symbol.asyncIterator]();
    const first = await Promise.race([lines.next(), failed]);
    if (typeof first === "string" || first.done) return { missing: typeof first === "string" ? first : await failed };
    const hello = JSON.parse(first.value) as { ready?: string; missing?: string };
    if (hello.ready === undefined) {
      child.kill();
      return { missing: hello.missing ?? "it did not start" };
    }
    return new PeerProcess(hello.ready, child, lines, lastWords);
  }

  async ask<Answer>(request: unknown): Promise<Answer> {
    this.child.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`${this.name} ended in the middle of a run: ${this.lastWords()}`);
    return JSON.parse(value) as Answer;
  }

  /** Milliseconds a step, over `steps` steps; by the processor's clock where asked, which a busy machine disturbs less. */
  async time(steps: number, clock: Clock = "wall"): Promise<number> {
    const { msPerStep, cpuMsPerStep = msPerStep } = await this.ask<{ msPerStep: number; cpuMsPerStep?: number }>(steps);
    return clock === "wall" ? msPerStep : cpuMsPerStep;
  }

  stop(): void {
    this.child.kill();
  }
}

let pins: boolean | undefined;

/** Whether a process can be held on one core here. */
export function canPin(): boolean {
  pins ??= spawnSync("taskset", ["-c", "0", "true"]).status === 0;
  return pins;
}

/** The interpreter for peers: ONTOGENY_PYTHON, otherwise python3. */
export function python(): string {
  return process.env.ONTOGENY_PYTHON ?? "python3";
}
