/**
 * @file compileLoop: a lowered step as one runtime session whose call is K optimizer steps, state never leaving it.
 */
import { sha256Hex } from "../../core/index.ts";
import type { LoopProgram, LoopSpec } from "../device.ts";
import { lowerLoop } from "../lowerLoop.ts";
import { leastLoopMemory, loopMemory } from "../memory.ts";
import { loopModel } from "../onnx/loopModel.ts";
import { initEngine } from "../program.ts";
import { openLoopProgram } from "./loopProgram.ts";
import { requireMemory } from "./requireMemory.ts";
import type { SessionOptions } from "./session.ts";
import { openSession } from "./session.ts";

export async function compileLoop(spec: LoopSpec, options: SessionOptions = {}): Promise<LoopProgram> {
  requireMemory(spec.name, leastLoopMemory(spec), options);
  await initEngine();
  const { step, layout } = lowerLoop(spec);
  const memory = loopMemory({ step, layout, steps: 1 });
  requireMemory(spec.name, memory, options);
  const model = loopModel(step, layout);
  const session = await openSession(spec.name, model, options);
  return openLoopProgram({ session, spec, layout, graphHash: sha256Hex(model), memoryBytes: memory.bytes });
}
