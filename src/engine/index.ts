/**
 * @file The engine: differentiable programs, written against jax-js, run exactly on a device. Everything here runs in
 * browsers; the native device is in ./native.ts.
 */

export * from "./derivatives/curvature.ts";
export type * from "./derivatives/curvatureMatrix.ts";
export type { CurvaturePoint } from "./derivatives/curvaturePoint.ts";
export * from "./derivatives/extremeEigenvalues.ts";
export * from "./derivatives/gaussNewton.ts";
export { valueAndGradient } from "./derivatives/gradient.ts";
export * from "./derivatives/gradientNorms.ts";
export * from "./derivatives/hutchinson.ts";
export * from "./derivatives/hutchPlusPlus.ts";
export * from "./derivatives/hvp.ts";
export * from "./derivatives/jvpAlong.ts";
export type { Quadrature } from "./derivatives/lanczos.ts";
export { lanczosQuadrature } from "./derivatives/lanczos.ts";
export type { RecordLayout } from "./derivatives/layout.ts";
export { flattenRecord, recordLayout, unflattenRecord } from "./derivatives/layout.ts";
export type { SymmetricOperator } from "./derivatives/operator.ts";
export { preconditioned } from "./derivatives/operator.ts";
export * from "./derivatives/perExample.ts";
export * from "./derivatives/powerIteration.ts";
export * from "./derivatives/probes.ts";
export type { RecordFunction, ScalarFunction } from "./derivatives/record.ts";
export type {
  Device,
  FixedPoint,
  FunctionProgram,
  FunctionSpec,
  HashedProgram,
  LoopProgram,
  LoopResult,
  LoopRun,
  LoopSpec,
  NonFiniteOrigin,
  SplitProgram,
  SplitSpec,
  Tensors,
} from "./device.ts";
export {
  type ChooseMembersOptions,
  chooseMembers,
  type MeasuredMembers,
  type MembersChoice,
} from "./ensemble/chooseMembers.ts";
export {
  compareMembers,
  type Exactness,
  exactnessOf,
  LARGEST_DIFFERENCE,
  type MemberData,
  type MembersCompared,
  runMembers,
} from "./ensemble/compareMembers.ts";
export { type Ensemble, type EnsembleOptions, ensembleLoop } from "./ensemble/ensembleLoop.ts";
export { memberOutputs, memberResult, memberState, stackResident, stackState, stackTables } from "./ensemble/stack.ts";
export { EngineError, UnsupportedPrimitiveError } from "./errors.ts";
export { normal, zeros } from "./initialisers/draw.ts";
export type { Fans, Initialiser } from "./initialisers/initialiser.ts";
export { onesInit, zerosInit } from "./initialisers/initialiser.ts";
export * from "./initialisers/jax.ts";
export * from "./initialisers/orthogonal.ts";
export * from "./initialisers/torch.ts";
export { printGraph } from "./ir/print.ts";
export { verifyGraph } from "./ir/verify.ts";
export type { JaxBackend } from "./jax/backend.ts";
export { jaxDevice } from "./jax/device.ts";
export * from "./layers/accuracy.ts";
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
export { lowerFunction } from "./lowerFunction.ts";
export { lowerLoop } from "./lowerLoop.ts";
export * as ops from "./ops.ts";
export * from "./optim/adam.ts";
export * from "./optim/adamw.ts";
export * from "./optim/average.ts";
export * from "./optim/clipping.ts";
export * from "./optim/lion.ts";
export * from "./optim/muon.ts";
export * from "./optim/optimizer.ts";
export * from "./optim/sgd.ts";
export * from "./optim/trainingLoop.ts";
export { pauseForEvents } from "./pause.ts";
export type { GatherSpec, JaxArrays, Specs, TensorSpec } from "./program.ts";
export { initEngine } from "./program.ts";
export * from "./schedule/schedule.ts";
export { StepPacer } from "./stepPacer.ts";
export { scalarColumns, withoutPrefix, withPrefix } from "./stepTable.ts";
export { scoped } from "./trace/scope.ts";
export { ENGINE_VERSION } from "./version.ts";
