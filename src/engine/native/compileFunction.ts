/**
 * @file compileFunction: a function as a program of this device: forward passes, gradients, counts. One runtime session,
 * or several where routines of linear algebra stand between them (./segments.ts).
 */
import type { FunctionProgram, FunctionSpec } from "../device.ts";
import { lowerTraced, traceFunction } from "../lowerFunction.ts";
import { leastFunctionMemory } from "../memory.ts";
import { initEngine } from "../program.ts";
import { cutAtRoutines } from "../trace/segments.ts";
import { openFunction } from "./openFunction.ts";
import { requireMemory } from "./requireMemory.ts";
import { openSegments } from "./segments.ts";
import type { SessionOptions } from "./session.ts";

export async function compileFunction(spec: FunctionSpec, options: SessionOptions = {}): Promise<FunctionProgram> {
  requireMemory(spec.name, leastFunctionMemory(spec), options);
  await initEngine();
  const program = traceFunction(spec);
  const segments = cutAtRoutines(program);
  if (segments !== undefined) return openSegments(spec, segments, options);
  return openFunction(spec, lowerTraced(spec, program), options);
}
