export * from "./bridge.ts";
export { lmEvalBridge } from "./lmEval/lmEvalBridge.ts";
export { mlflowDatabaseBridge } from "./mlflow/mlflowDatabaseBridge.ts";
export { mlflowStoreBridge } from "./mlflow/mlflowStoreBridge.ts";
export { BRIDGES } from "./registry.ts";
export { tablesBridge } from "./tables/tablesBridge.ts";
export { textLogBridge } from "./textLog/textLogBridge.ts";
export { trainerStateBridge } from "./trainerState/trainerStateBridge.ts";
export { trainingCsvBridge } from "./trainingCsv/trainingCsvBridge.ts";
