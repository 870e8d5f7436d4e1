/**
 * @file The engine: differentiable programs, written against jax-js, run at native speed and exactly.
 */

export type { FunctionProgram, FunctionSpec } from "./compileFunction.ts";
export { compileFunction, lowerFunction } from "./compileFunction.ts";
export type { LoopSpec } from "./compileLoop.ts";
export { compileLoop, lowerLoop } from "./compileLoop.ts";
export { EngineError, UnsupportedPrimitiveError } from "./errors.ts";
export { normal, zeros } from "./initialisers/draw.ts";
export type { Fans, Initialiser } from "./initialisers/initialiser.ts";
export { onesInit, zerosInit } from "./initialisers/initialiser.ts";
export * from "./initialisers/jax.ts";
export * from "./initialisers/orthogonal.ts";
export * from "./initialisers/torch.ts";
export { printGraph } from "./ir/print.ts";
export { verifyGraph } from "./ir/verify.ts";
export * from "./layers/activations.ts";
export * from "./layers/attention.ts";
export * from "./layers/conv2d.ts";
export * from "./layers/convNet.ts";
export * from "./layers/dense.ts";
export * from "./layers/embedding.ts";
export * from "./layers/layer.ts";
export * from "./layers/losses.ts";
export * from "./layers/mlp.ts";
export * from "./layers/norms.ts";
export * from "./layers/pool2d.ts";
export * from "./layers/rotary.ts";
export * from "./layers/transformer.ts";
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
