export * from "./bridge.ts";
export { lmEvalBridge } from "./lmEval/lmEvalBridge.ts";
export { BRIDGES } from "./registry.ts";
export { tfeventsBridge } from "./tfevents/tfeventsBridge.ts";
export { wandbBridge } from "./wandb/wandbBridge.ts";
