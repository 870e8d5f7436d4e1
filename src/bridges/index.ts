export * from "./bridge.ts";
export { lmEvalBridge } from "./lmEval/lmEvalBridge.ts";
export { mlflowStoreBridge } from "./mlflow/mlflowStoreBridge.ts";
export { BRIDGES } from "./registry.ts";
