/**
 * @file Messages between the local executor and its child processes (JSON over Node's IPC channel).
 */

export type ToWorker =
  | { readonly type: "job"; readonly id: number; readonly payload: unknown }
  | { readonly type: "stop"; readonly id: number };

export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "progress"; readonly id: number; readonly value: unknown; readonly rssBytes: number }
  | { readonly type: "done"; readonly id: number; readonly result: unknown; readonly rssBytes: number }
  | { readonly type: "stopped"; readonly id: number }
  | {
      readonly type: "failed";
      readonly id: number;
      readonly code: string;
      readonly message: string;
      readonly stack?: string;
    };
