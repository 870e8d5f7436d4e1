/**
 * @file Our process for the rows without peers, on the peers' core. `ownMeasures.js rate MODEL`: times steps, answers
 * {"rate": true} with the machine's own MatMul rate. `ownMeasures.js gradient FOLDER`, `… product FOLDER` and
 * `… pointProduct FOLDER`: time the transformer's gradients and Hessian–vector products; {"product": true} is answered
 * with the product's digest.
 * `ownMeasures.js compile MODEL CLOCK [FOLDER]`: compiles the step once, in this fresh process, and answers with the times
 * of the parts, or with the whole where FOLDER may hold the lowered model.
 */
import type { Clock } from "../peerProcess.ts";
import { compileMs, compileParts } from "./compileTimes.ts";
import { type CurvatureKind, CurvatureRun } from "./curvature.ts";
import { matmulRate } from "./matmulRate.ts";
import { MODELS } from "./models/index.ts";
import { loopSpec, OurRun } from "./ours.ts";
import { readProblem } from "./problem.ts";
import { serve } from "./serve.ts";

const [kind, model, clock, cacheFolder] = process.argv.slice(2);
if (kind === "rate") {
  const problem = MODELS[model].problem();
  const run = await OurRun.open(problem);
  await serve({ name: "ours", steps: (count) => run.advance(count), answer: () => matmulRate(loopSpec(problem)) });
} else if (kind === "compile") {
  const problem = MODELS[model].problem();
  const times =
    cacheFolder === undefined
      ? await compileParts(problem, clock as Clock)
      : { whole: await compileMs(problem, clock as Clock, cacheFolder) };
  await serve({ name: "ours", steps: async () => {}, answer: async () => times });
} else {
  const run = await CurvatureRun.open(kind as CurvatureKind, readProblem(model));
  await serve({
    name: kind,
    steps: (count) => run.advance(count),
    answer: async () => ({ product: await run.digest() }),
  });
}
