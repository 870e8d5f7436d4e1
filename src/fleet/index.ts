export * from "./executor.ts";
export * from "./local.ts";
export * from "./workerLoop.ts";
