/**
 * @file MLflow's words for a run, from either store, as this project's: status, parameters, tags, name.
 *
 * Parameters are text in MLflow: what reads as a finite number or as true/false is taken as that. Tags keep MLflow's names
 * ("mlflow.user", "mlflow.source.git.commit", "mlflow.parentRunId"); those that hold documents (log-model history) are left out.
 */
import type { Json } from "../../core/index.ts";
import type { RunFacts } from "../bridge.ts";

export interface MlflowRun {
  readonly id: string;
  readonly name?: string;
  readonly experiment?: string;
  readonly experimentId?: string;
  readonly user?: string;
  /** 3 in the file store, "FINISHED" in a database. */
  readonly status?: unknown;
  readonly startTimeMs?: unknown;
  readonly parameters: Iterable<readonly [name: string, text: string]>;
  readonly tags: Iterable<readonly [name: string, text: string]>;
}

export function factsOf(run: MlflowRun): RunFacts {
  const tags = new Map([...run.tags].filter(([name]) => !isDocument(name)));
  if (run.experiment !== undefined) tags.set("mlflow.experiment", run.experiment);
  if (run.experimentId !== undefined) tags.set("mlflow.experimentId", run.experimentId);
  if (run.user !== undefined && run.user !== "" && !tags.has("mlflow.user")) tags.set("mlflow.user", run.user);
  const name = run.name || tags.get("mlflow.runName") || run.id.slice(0, 8);
  const startedAtMs = numberOf(run.startTimeMs);
  return {
    name: run.experiment === undefined ? name : `${run.experiment}/${name}`,
    foreignId: run.id,
    configuration: Object.fromEntries([...run.parameters].map(([key, text]) => [key, parameterValue(text)])),
    tags: Object.fromEntries(tags),
    status: statusOf(run.status),
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
  };
}

/** A tag that holds a document. */
export function isDocument(tag: string): boolean {
  return /^mlflow\.(?:log-model\.history|loggedArtifacts|note\.content)$/.test(tag);
}

const STATUS: ReadonlyMap<string, RunFacts["status"]> = new Map([
  ["1", "running"],
  ["RUNNING", "running"],
  ["2", "running"],
  ["SCHEDULED", "running"],
  ["3", "complete"],
  ["FINISHED", "complete"],
  ["4", "failed"],
  ["FAILED", "failed"],
  ["5", "killed"],
  ["KILLED", "killed"],
]);

function statusOf(status: unknown): RunFacts["status"] {
  return STATUS.get(String(status).toUpperCase()) ?? "unknown";
}

/** "0.1" → 0.1, "True" → true; "007", "1_000" and what is longer than a double stay text. */
export function parameterValue(text: string): Json {
  if (/^-?(?:0|[1-9]\d{0,14})(?:\.\d+)?(?:e[-+]?\d{1,3})?$/i.test(text)) {
    const value = Number(text);
    if (Number.isFinite(value)) return value;
  }
  if (/^true$/i.test(text)) return true;
  return /^false$/i.test(text) ? false : text;
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === "number" ? value : typeof value === "bigint" ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}
