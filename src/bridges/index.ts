export * from "./bridge.ts";
export { lmEvalBridge } from "./lmEval/lmEvalBridge.ts";
