/**
 * @file Ctrl-C: the first asks the work to stop at the next safe place, the second ends the process at once. Either way
 * nothing that was committed is lost.
 */
import { constants } from "node:os";

/** `npm run` passes on a signal that the terminal sent to all: two within this time are one. */
const SAME_PRESS_MS = 300;

/** Runs `work` with a signal that the first SIGINT or SIGTERM raises. `say` tells the user what will happen. */
export async function withInterrupt<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { say }: { say: (line: string) => void },
): Promise<T> {
  const controller = new AbortController();
  let firstMs = 0;
  const onSignal = (name: "SIGINT" | "SIGTERM") => {
    if (controller.signal.aborted) {
      if (Date.now() - firstMs > SAME_PRESS_MS) process.exit(128 + constants.signals[name]);
      return;
    }
    firstMs = Date.now();
    say("Stopping at the next safe place; nothing is lost. Press Ctrl-C again to end at once.");
    controller.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  try {
    return await work(controller.signal);
  } finally {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  }
}
