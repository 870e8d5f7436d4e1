/**
 * @file The layer's only barrel: pure numerics on arrays and numbers. No I/O, no clock, no unseeded randomness.
 */

export * from "./forecast/baselines.ts";
export * from "./forecast/censoredRidge.ts";
export * from "./forecast/combination.ts";
export * from "./forecast/curveFamily.ts";
export * from "./forecast/curveShapes.ts";
export * from "./forecast/distribution.ts";
export * from "./forecast/earlyMeasures.ts";
export * from "./forecast/features.ts";
export * from "./forecast/forecaster.ts";
export * from "./forecast/onsetForecasters.ts";
export * from "./forecast/retrospective.ts";
export * from "./forecast/ridgeAverage.ts";
export * from "./forecast/scores.ts";
export * from "./forecast/scoreTable.ts";
export * from "./intervene/doseTrend.ts";
export * from "./intervene/effectForecast.ts";
export * from "./intervene/jointEffects.ts";
export * from "./intervene/pairedEffect.ts";
export * from "./observe/changePoints.ts";
export * from "./observe/collapse.ts";
export * from "./observe/divergence.ts";
export * from "./observe/kaplanMeier.ts";
export * from "./observe/onset.ts";
export * from "./observe/pelt.ts";
export * from "./observe/plateau.ts";
export * from "./observe/series.ts";
export * from "./observe/spikes.ts";
export * from "./stats/bootstrap.ts";
export * from "./stats/correlation.ts";
export * from "./stats/distributions.ts";
export * from "./stats/intervals.ts";
export * from "./stats/isotonic.ts";
export * from "./stats/linear.ts";
export * from "./stats/moments.ts";
export * from "./stats/varianceComponents.ts";
