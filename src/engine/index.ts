/**
 * @file The engine: differentiable programs, written against jax-js, run at native speed and exactly.
 */

export type { FunctionProgram, FunctionSpec } from "./compileFunction.ts";
export { compileFunction, lowerFunction } from "./compileFunction.ts";
export type { LoopSpec } from "./compileLoop.ts";
export { compileLoop, lowerLoop } from "./compileLoop.ts";
export { EngineError, UnsupportedPrimitiveError } from "./errors.ts";
export { printGraph } from "./ir/print.ts";
export { verifyGraph } from "./ir/verify.ts";
export { dense } from "./layers/dense.ts";
export { heNormal, normal, zeros } from "./layers/initialisers.ts";
export * from "./layers/losses.ts";
export * as ops from "./ops.ts";
export * from "./optim/adamw.ts";
export * from "./optim/sgd.ts";
export type { GatherSpec, JaxArrays, Specs } from "./program.ts";
export { initEngine } from "./program.ts";
export type { LoopProgram, LoopResult, LoopRun, Tensors } from "./runtime/loopProgram.ts";
export { ENGINE_VERSION, numericsOf } from "./runtime/numerics.ts";
export type { OptimizationLevel, SessionOptions } from "./runtime/session.ts";
export type { TensorSpec } from "./runtime/tensors.ts";
export * from "./schedule/schedule.ts";
export { scalarColumns, withoutPrefix, withPrefix } from "./stepTable.ts";
export { scoped } from "./trace/scope.ts";
