import type { Bridge } from "./bridge.ts";

export * from "./bridge.ts";

/** In the order in which they are asked: those that know a format by its bytes first, the generic tables last. */
export const BRIDGES: readonly Bridge[] = [];
