/**
 * @file Lets the event loop turn once: rendering, messages and cancellation get their chance between calls.
 */

/** Resolves after what is already waiting has run. Costs microseconds; unlike setTimeout it is never slowed down. */
export function pauseForEvents(): Promise<void> {
  if (typeof setImmediate === "function") return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
