/**
 * @file How long a training step takes to compile in a fresh process: part by part from nothing, or as a whole where a
 * folder of lowered models holds it.
 */
import { sha256Hex } from "../../src/core/index.ts";
import { initEngine } from "../../src/engine/index.ts";
import { lowerTracedLoop, traceLoop } from "../../src/engine/lowerLoop.ts";
import { openSession } from "../../src/engine/native/session.ts";
import { nativeDevice } from "../../src/engine/native.ts";
import { loopModel } from "../../src/engine/onnx/loopModel.ts";
import type { Clock } from "../peerProcess.ts";
import { loopSpec } from "./ours.ts";
import type { Problem } from "./problem.ts";

/** Milliseconds; the tracer's set-up counts as tracing. */
export type CompileParts = Readonly<Record<"trace" | "lower" | "encode" | "session", number>>;

export async function compileParts(problem: Problem, clock: Clock): Promise<CompileParts> {
  const spec = loopSpec(problem);
  const marks = [now(clock)];
  const mark = (): number => marks.push(now(clock));
  await initEngine();
  const traced = traceLoop(spec);
  mark();
  const { step, layout } = lowerTracedLoop(spec, traced);
  mark();
  const model = loopModel(step, layout);
  sha256Hex(model);
  mark();
  const session = await openSession(spec.name, model);
  mark();
  await session.release();
  const [trace, lower, encode, opened] = marks.slice(1).map((at, i) => at - marks[i]);
  return { trace, lower, encode, session: opened };
}

/** Milliseconds until the program is ready. */
export async function compileMs(problem: Problem, clock: Clock, cacheFolder: string): Promise<number> {
  const spec = loopSpec(problem);
  const begun = now(clock);
  const program = await nativeDevice.compileLoop(spec, { cacheFolder });
  const ended = now(clock);
  await program.dispose();
  return ended - begun;
}

function now(clock: Clock): number {
  if (clock === "wall") return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
