/**
 * @file How long a training step takes to compile in a fresh process, part by part.
 */
import { initEngine, lowerLoop } from "../../src/engine/index.ts";
import { openSession } from "../../src/engine/native/session.ts";
import { loopModel } from "../../src/engine/onnx/loopModel.ts";
import type { Clock } from "../peerProcess.ts";
import { loopSpec } from "./ours.ts";
import type { Problem } from "./problem.ts";

/** Milliseconds. */
export interface CompileTimes {
  /** The tracer's own set-up, once per process. */
  readonly setUp: number;
  /** Tracing by jax-js, lowering and the passes. */
  readonly traceAndLower: number;
  readonly encode: number;
  readonly session: number;
}

export async function compileTimes(problem: Problem, clock: Clock): Promise<CompileTimes> {
  const spec = loopSpec(problem);
  const now = (): number => {
    if (clock === "wall") return performance.now();
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  const marks = [now()];
  const mark = (): number => marks.push(now());
  await initEngine();
  mark();
  const { step, layout } = lowerLoop(spec);
  mark();
  const model = loopModel(step, layout);
  mark();
  const session = await openSession(spec.name, model);
  mark();
  await session.release();
  const [setUp, traceAndLower, encode, opened] = marks.slice(1).map((at, i) => at - marks[i]);
  return { setUp, traceAndLower, encode, session: opened };
}
