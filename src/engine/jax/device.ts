/**
 * @file The jax device: the same specifications as the native device, run by jax-js itself, in browsers and in Node.
 *
 * Bits do not depend on how steps are cut into calls; they do depend on the backend, and agree with the native device
 * only within float rounding (docs/engine.md, "Devices").
 */
import type { Numerics } from "../../core/index.ts";
import type { Device, HashedProgram } from "../device.ts";
import { combinedHash, ENGINE_VERSION } from "../version.ts";
import { describeBackend, type JaxBackend, openBackend } from "./backend.ts";
import { compileFunction } from "./compileFunction.ts";
import { compileLoop } from "./compileLoop.ts";

/** Nothing is opened before the first compilation; a backend that this machine lacks is refused there. */
export function jaxDevice({ backend }: { readonly backend: JaxBackend }): Device {
  return {
    kind: "jax",
    async compileLoop(spec) {
      await openBackend(backend);
      return compileLoop(backend, spec);
    },
    async compileFunction(spec) {
      await openBackend(backend);
      return compileFunction(backend, spec);
    },
    numericsOf: (...programs: readonly HashedProgram[]): Numerics => ({
      engine: `ontogeny-engine/${ENGINE_VERSION}`,
      graph: combinedHash(programs),
      threads: 1,
      ...describeBackend(backend),
    }),
  };
}
