/**
 * @file The worker of the executor suite. Test-only.
 */
import { existsSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { OntogenyError } from "../core/index.ts";
import type { WorkerContext } from "./executor.ts";
import { serveJobs } from "./workerLoop.ts";

type Payload =
  | { kind: "echo"; value: unknown }
  | { kind: "slow"; ms: number }
  | { kind: "fail" | "dieAlways" | "untilStopped" | "progress" }
  | { kind: "dieOnce"; marker: string };

async function work(payload: unknown, { signal, progress }: WorkerContext): Promise<{ result: unknown } | "stopped"> {
  const job = payload as Payload;
  switch (job.kind) {
    case "echo":
      return { result: job.value };
    case "slow": {
      const start = Date.now();
      await sleep(job.ms);
      return { result: { start, end: Date.now() } };
    }
    case "fail":
      throw new OntogenyError("TEST_FAILURE", "expected to fail");
    case "dieAlways":
      return process.kill(process.pid, "SIGKILL") as never;
    case "dieOnce":
      if (existsSync(job.marker)) return { result: "alive" };
      writeFileSync(job.marker, "");
      return process.kill(process.pid, "SIGKILL") as never;
    case "untilStopped":
      while (!signal.aborted) await sleep(5);
      return "stopped";
    case "progress":
      for (const value of [1, 2, 3]) progress(value);
      return { result: null };
  }
}

serveJobs(work);
