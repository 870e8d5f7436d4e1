export * from "./bridge.ts";
export { lmEvalBridge } from "./lmEval/lmEvalBridge.ts";
export { trainerStateBridge } from "./trainerState/trainerStateBridge.ts";
