/**
 * @file The engine: differentiable programs, written against jax-js, run exactly on a device. Everything here runs in
 * browsers; the native device is in ./native.ts.
 */

export type {
  Device,
  FunctionProgram,
  FunctionSpec,
  HashedProgram,
  LoopProgram,
  LoopResult,
  LoopRun,
  LoopSpec,
  NonFiniteOrigin,
  Tensors,
} from "./device.ts";
export { EngineError, UnsupportedPrimitiveError } from "./errors.ts";
export { printGraph } from "./ir/print.ts";
export { verifyGraph } from "./ir/verify.ts";
export { dense } from "./layers/dense.ts";
export { heNormal, normal, zeros } from "./layers/initialisers.ts";
export * from "./layers/losses.ts";
export { lowerFunction } from "./lowerFunction.ts";
export { lowerLoop } from "./lowerLoop.ts";
export * as ops from "./ops.ts";
export * from "./optim/adamw.ts";
export * from "./optim/sgd.ts";
export { pauseForEvents } from "./pause.ts";
export type { GatherSpec, JaxArrays, Specs, TensorSpec } from "./program.ts";
export { initEngine } from "./program.ts";
export * from "./schedule/schedule.ts";
export { StepPacer } from "./stepPacer.ts";
export { scalarColumns, withoutPrefix, withPrefix } from "./stepTable.ts";
export { scoped } from "./trace/scope.ts";
export { ENGINE_VERSION } from "./version.ts";
