/**
 * @file What `import … from "ontogeny"` gives: the vocabulary, the use cases, the workspace, and the layers below as
 * namespaces.
 */
export { BRIDGES } from "./bridges/index.ts";
export * from "./core/index.ts";
export * as engine from "./engine/index.ts";
export { type NativeDevice, nativeDevice, type SessionOptions } from "./engine/native.ts";
export * as formats from "./formats/index.ts";
export * as lab from "./lab/index.ts";
export * as science from "./science/index.ts";
export * as store from "./store/index.ts";
export { Workspace } from "./store/index.ts";
export { type AuditReport, type AuditRunsOptions, auditRuns } from "./study/commands/auditRuns.ts";
export { type BranchOptions, type BranchResult, branchRun } from "./study/commands/branchRun.ts";
export { type EffectOptions, type EffectResult, effectOf } from "./study/commands/effectOf.ts";
export { type ForecastAnswer, type ForecastOptions, forecastRun } from "./study/commands/forecastRun.ts";
export { type RecordedEffect, type RecordedEffectOptions, recordedEffect } from "./study/commands/recordedEffect.ts";
export { type VerifyOptions, type VerifyResult, verifyRun } from "./study/commands/verifyRun.ts";
export {
  followTree,
  type ImportOptions,
  type ImportProgress,
  type ImportReport,
  importTree,
} from "./study/import/importTree.ts";
export { type ListedRun, listRuns, selectRun, selectRuns } from "./study/recorded/listRuns.ts";
export { type LoadOptions, loadRuns } from "./study/recorded/loadRuns.ts";
export { type ReducedSeries, reduceSeries } from "./study/recorded/reduceSeries.ts";
export { renderReport } from "./study/report/index.ts";
export type { StudyResults } from "./study/results.ts";
export { type RunStudyOptions, runStudy, type StudyOutcome } from "./study/runStudy.ts";
export type { StudyProgress } from "./study/session.ts";
