/**
 * @file One trajectory from several attempts at it.
 *
 * A later attempt replaces what earlier ones wrote beyond the step that it resumed from; where it measured an old
 * step again, its value counts. What was replaced is counted as superseded; what lies beyond the committed step is
 * held back as uncommitted. Pure.
 */
import type { Point } from "../core/index.ts";
import { comparePoints } from "../formats/index.ts";

export interface Layer {
  readonly points: readonly Point[];
  /** null: it began anew, nothing earlier counts. */
  readonly resumedFrom: number | null;
}

export interface MergedPoints {
  /** By step, then measure; one a pair. */
  readonly points: Point[];
  readonly superseded: number;
  readonly uncommitted: number;
}

/** `layers` in the order of the attempts. */
export function mergeLayers(layers: readonly Layer[], { committedStep }: { committedStep: number }): MergedPoints {
  let kept = new Map<string, Point>();
  let superseded = 0;
  for (const { points, resumedFrom } of layers) {
    const before = kept.size;
    if (resumedFrom === null) kept = new Map();
    else for (const [key, point] of kept) if (point.step > resumedFrom) kept.delete(key);
    superseded += before - kept.size;
    for (const point of points) {
      const key = `${point.step} ${point.measure}`;
      if (kept.has(key)) superseded += 1;
      kept.set(key, point);
    }
  }
  const all = [...kept.values()];
  const points = all.filter(({ step }) => step <= committedStep).sort(comparePoints);
  return { points, superseded, uncommitted: all.length - points.length };
}
