/**
 * @file What the engine refuses, before any training starts: a primitive, a type or a shape that it cannot lower.
 */
import { OntogenyError } from "../core/index.ts";

export class EngineError extends OntogenyError {}

/** The primitive has no lowering; `scope` is the program's name and the named layers around it. */
export class UnsupportedPrimitiveError extends EngineError {
  constructor(primitive: string, scope: string, detail = "it has no lowering to ONNX") {
    super(
      "ENGINE_UNSUPPORTED",
      `Program ${scope}: expected primitives that can be lowered, got "${primitive}": ${detail}; write it with other operations, or compute it on the host`,
    );
  }
}

/** A condition that our own passes guarantee does not hold: a defect of ours, never of the user's program. */
export class InternalEngineError extends EngineError {
  constructor(what: string) {
    super("ENGINE_INTERNAL", `${what}; this is a defect of Ontogeny's engine, please report it with the program`);
  }
}
