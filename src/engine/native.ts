/**
 * @file The native device: programs lowered to ONNX and run by ONNX Runtime, one thread, exactly. Node only.
 */
import type {
  Device,
  FunctionProgram,
  FunctionSpec,
  LoopProgram,
  LoopSpec,
  SplitProgram,
  SplitSpec,
} from "./device.ts";
import { compileFunction } from "./native/compileFunction.ts";
import { compileLoop } from "./native/compileLoop.ts";
import { compileSplit } from "./native/compileSplit.ts";
import { firstNonFinite } from "./native/firstNonFinite.ts";
import { numericsOf } from "./native/numerics.ts";
import type { SessionOptions } from "./native/session.ts";

export { availableMemoryBytes } from "./native/availableMemory.ts";
export { machineNumerics } from "./native/numerics.ts";
export type { OptimizationLevel, SessionOptions } from "./native/session.ts";

export interface NativeDevice extends Device {
  compileLoop(spec: LoopSpec, options?: SessionOptions): Promise<LoopProgram>;
  compileFunction(spec: FunctionSpec, options?: SessionOptions): Promise<FunctionProgram>;
  compileSplit(spec: SplitSpec, options?: SessionOptions): Promise<SplitProgram>;
  firstNonFinite: NonNullable<Device["firstNonFinite"]>;
}

/** The native device with these options wherever a call gives no others. */
export function nativeDeviceWith(defaults: SessionOptions): NativeDevice {
  return {
    ...nativeDevice,
    compileLoop: (spec, options) => compileLoop(spec, { ...defaults, ...options }),
    compileFunction: (spec, options) => compileFunction(spec, { ...defaults, ...options }),
  };
}

export const nativeDevice: NativeDevice = {
  kind: "native",
  compileLoop,
  compileFunction,
  compileSplit,
  numericsOf,
  firstNonFinite,
};
