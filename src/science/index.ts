/**
 * @file The layer's only barrel: pure numerics on arrays and numbers. No I/O, no clock, no unseeded randomness.
 */
export * from "./stats/bootstrap.ts";
export * from "./stats/correlation.ts";
export * from "./stats/distributions.ts";
export * from "./stats/intervals.ts";
export * from "./stats/isotonic.ts";
export * from "./stats/linear.ts";
export * from "./stats/moments.ts";
export * from "./stats/varianceComponents.ts";
