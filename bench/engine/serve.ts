/**
 * @file Our processes' side of PeerProcess: says that it is ready, then answers one request a line, timing what it is
 * asked to time by both clocks.
 */
import { createInterface } from "node:readline";

const say = (message: object): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`);
};

/** A number asks for `step` that many times over; anything else goes to `answer`. */
export async function serve(options: {
  readonly name: string;
  readonly steps: (count: number) => Promise<unknown>;
  readonly answer: (request: Readonly<Record<string, unknown>>) => Promise<object>;
}): Promise<void> {
  const { name, steps, answer } = options;
  say({ ready: name });
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as number | Readonly<Record<string, unknown>>;
    if (typeof request !== "number") {
      say(await answer(request));
      continue;
    }
    const begun = performance.now();
    const cpuBegun = process.cpuUsage();
    await steps(request);
    const { user, system } = process.cpuUsage(cpuBegun);
    say({ msPerStep: (performance.now() - begun) / request, cpuMsPerStep: (user + system) / 1000 / request });
  }
}

export const sayMissing = (why: string): void => say({ missing: why });
