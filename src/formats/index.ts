export * from "./csv.ts";
export * from "./jsonl.ts";
export * from "./parquetRows.ts";
export * from "./points.ts";
export * from "./pointsParquet.ts";
export * from "./safetensors.ts";
export * from "./tolerantJson.ts";
