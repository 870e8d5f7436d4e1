/**
 * @file Our contestant's process, next to the peers' (same protocol, same core): `contestant.js FOLDER`. A line with a
 * number asks for that many steps, {"check": n} for the losses of the first n steps from the first state. A model that
 * the engine refuses is missing, with the engine's own words.
 */
import { EngineError } from "../../src/engine/index.ts";
import { OurRun } from "./ours.ts";
import { readProblem } from "./problem.ts";
import { sayMissing, serve } from "./serve.ts";

try {
  const run = await OurRun.open(readProblem(process.argv[2]));
  await serve({
    name: "ours",
    steps: (count) => run.advance(count),
    answer: async ({ check }) => {
      run.restart();
      return { losses: await run.advance(check as number) };
    },
  });
} catch (error) {
  if (!(error instanceof EngineError)) throw error;
  sayMissing(error.message);
}
