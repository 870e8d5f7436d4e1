/**
 * @file The engine's version, a part of every numerics key.
 */

/** Raised whenever the engine may change bits: lowering rules, rewrites, optimizers. */
export const ENGINE_VERSION = "1";
