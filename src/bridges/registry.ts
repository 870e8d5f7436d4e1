/**
 * @file All bridges, in the order in which they are asked: those that know a format by its bytes or names first, the generic
 * tables last, since they would read anything.
 */
import type { Bridge } from "./bridge.ts";
import { lmEvalBridge } from "./lmEval/lmEvalBridge.ts";
import { mlflowDatabaseBridge } from "./mlflow/mlflowDatabaseBridge.ts";
import { mlflowStoreBridge } from "./mlflow/mlflowStoreBridge.ts";
import { tablesBridge } from "./tables/tablesBridge.ts";
import { textLogBridge } from "./textLog/textLogBridge.ts";
import { tfeventsBridge } from "./tfevents/tfeventsBridge.ts";
import { trainerStateBridge } from "./trainerState/trainerStateBridge.ts";
import { trainingCsvBridge } from "./trainingCsv/trainingCsvBridge.ts";
import { wandbBridge } from "./wandb/wandbBridge.ts";
import { safetensorsBridge } from "./weights/safetensorsBridge.ts";

export const BRIDGES: readonly Bridge[] = [
  tfeventsBridge,
  wandbBridge,
  mlflowStoreBridge,
  mlflowDatabaseBridge,
  trainingCsvBridge,
  lmEvalBridge,
  trainerStateBridge,
  safetensorsBridge,
  textLogBridge,
  tablesBridge,
];
