/**
 * @file Our contestant's process, next to the peers' (same protocol, same core): `contestant.js FOLDER`. A line with a
 * number asks for that many steps, {"check": n} for the losses of the first n steps from the first state.
 */
import { createInterface } from "node:readline";
import { OurRun } from "./ours.ts";
import { readProblem } from "./problem.ts";

const run = await OurRun.open(readProblem(process.argv[2]));
const say = (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`);
say({ ready: "ours" });
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as number | { check: number };
  if (typeof request === "number") {
    const begun = performance.now();
    const cpuBegun = process.cpuUsage();
    await run.advance(request);
    const { user, system } = process.cpuUsage(cpuBegun);
    say({ msPerStep: (performance.now() - begun) / request, cpuMsPerStep: (user + system) / 1000 / request });
  } else {
    run.restart();
    say({ losses: await run.advance(request.check) });
  }
}
