/**
 * @file Where each metric file of an MLflow run stands: bytes read, last step, segment. Kept as plain arrays, for names of metrics
 * are other people's text, `__proto__` among them.
 */
import { z } from "zod";
import type { Json } from "../../core/index.ts";
import { boundedState, parseReadingState } from "../readingState.ts";

export interface MetricState {
  /** Behind the last whole line, bytes. */
  readonly offset: number;
  /** −∞: none yet. */
  readonly lastStep: number;
  readonly segment: number;
}

const StateSchema = z.array(z.tuple([z.string(), z.number(), z.number().nullable(), z.number()]));

/** Errors: IMPORT_STATE_INVALID. */
export function parseStoreState(json: Json | undefined): Map<string, MetricState> {
  const parsed = parseReadingState(StateSchema, json ?? [], "an MLflow run");
  return new Map(
    parsed.map(([measure, offset, lastStep, segment]) => [
      measure,
      { offset, lastStep: lastStep ?? Number.NEGATIVE_INFINITY, segment },
    ]),
  );
}

/** undefined: more than may be kept (some 10,000 metrics); such a run is read whole each time. */
export function maybeJsonOfState(states: ReadonlyMap<string, MetricState>): Json | undefined {
  return boundedState(
    [...states].map(([measure, { offset, lastStep, segment }]) => [
      measure,
      offset,
      Number.isFinite(lastStep) ? lastStep : null,
      segment,
    ]),
  );
}
