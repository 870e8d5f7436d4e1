export * from "./importedPoints.ts";
export * from "./jsonl.ts";
export * from "./points.ts";
export * from "./pointsParquet.ts";
export * from "./safetensors.ts";
export * from "./tolerantJson.ts";
