/**
 * @file compileLoop: a lowered step as one runtime session whose call is K optimizer steps, state never leaving it.
 */
import { canonicalJson, sha256Hex } from "../../core/index.ts";
import type { LoopProgram, LoopSpec } from "../device.ts";
import { lowerTracedLoop, traceLoop } from "../lowerLoop.ts";
import { leastLoopMemory, loopMemory } from "../memory.ts";
import { loopModel } from "../onnx/loopModel.ts";
import { initEngine } from "../program.ts";
import { contentHashOf } from "../trace/contentHash.ts";
import type { TracedProgram } from "../trace/program.ts";
import { ENGINE_VERSION } from "../version.ts";
import { openLoopProgram } from "./loopProgram.ts";
import { cachedModel } from "./modelCache.ts";
import { requireMemory } from "./requireMemory.ts";
import type { SessionOptions } from "./session.ts";
import { openSession } from "./session.ts";

export async function compileLoop(spec: LoopSpec, options: SessionOptions = {}): Promise<LoopProgram> {
  requireMemory(spec.name, leastLoopMemory(spec), options);
  await initEngine();
  const traced = traceLoop(spec);
  const { model, layout, memory } = cachedModel(keyOf(spec, traced), options.cacheFolder, () => {
    const { step, layout } = lowerTracedLoop(spec, traced);
    return { model: loopModel(step, layout), layout, memory: loopMemory({ step, layout, steps: 1 }) };
  });
  requireMemory(spec.name, memory, options);
  const session = await openSession(spec.name, model, options);
  return openLoopProgram({ session, spec, layout, graphHash: sha256Hex(model), memoryBytes: memory.bytes });
}

/** What a lowered model depends on: the equations, what feeds them, and this engine. */
function keyOf({ resident, state, perStep, gathers }: LoopSpec, traced: TracedProgram): string {
  return sha256Hex(
    canonicalJson([ENGINE_VERSION, contentHashOf(traced), resident, state, perStep, gathers, Object.keys(state)]),
  );
}
