/**
 * @file What a page may import (`import … from "ontogeny/browser"`): the vocabulary, pure numerics and codecs, the engine
 * with its jax device, and the organisms that need no files. Nothing here leads to a `node:` module or a native package.
 */
export * from "./core/index.ts";
export * as engine from "./engine/index.ts";
export * as formats from "./formats/index.ts";
export { grokking } from "./lab/organisms/grokking/organism.ts";
export * as science from "./science/index.ts";
