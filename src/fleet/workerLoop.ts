/**
 * @file The child's side of the local executor: takes one job at a time, for as long as the parent lives.
 *
 * When the parent goes away (even by SIGKILL) the channel closes, the job in hand is told to stop at its next chance,
 * and the process ends.
 */
import { OntogenyError } from "../core/index.ts";
import type { WorkerFunction } from "./executor.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

export function serveJobs(work: WorkerFunction): void {
  const running = new Map<number, AbortController>();
  const send = (message: FromWorker) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => {});
  };
  process.on("SIGINT", () => {}); // Ctrl-C reaches the whole group; the parent decides what happens.
  process.on("disconnect", () => {
    for (const controller of running.values()) controller.abort();
    if (running.size === 0) process.exit(0);
  });
  process.on("message", (message: ToWorker) => {
    if (message.type === "stop") {
      running.get(message.id)?.abort();
      return;
    }
    const { id, payload } = message;
    const controller = new AbortController();
    running.set(id, controller);
    const rssBytes = () => process.memoryUsage.rss();
    work(payload, {
      signal: controller.signal,
      progress: (value) => send({ type: "progress", id, value, rssBytes: rssBytes() }),
    })
      .then((outcome) =>
        outcome === "stopped"
          ? send({ type: "stopped", id })
          : send({ type: "done", id, result: outcome.result, rssBytes: rssBytes() }),
      )
      .catch((error: unknown) =>
        send({
          type: "failed",
          id,
          code: error instanceof OntogenyError ? error.code : "WORKER_FAULT",
          message: error instanceof Error ? error.message : String(error),
          stack: error instanceof Error ? error.stack : undefined,
        }),
      )
      .finally(() => {
        running.delete(id);
        if (!process.connected) process.exit(0);
      });
  });
  send({ type: "ready" });
}
