/**
 * @file `ontogeny observe --live`: reads the runs again and again while something else imports into them, and tells of
 * changes as they come.
 *
 * What a restart withdrew and replaced is not watched again: only steps beyond the last one seen count. Ends when
 * stopped.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Event, RecordedRun } from "../../core/index.ts";
import { LiveWatch } from "../../science/index.ts";
import { isWanted } from "./observeRuns.ts";

export interface Alarm {
  readonly id: string;
  readonly run: string;
  readonly event: Event;
  /** It was there when watching began. */
  readonly isPast: boolean;
}

export interface WatchRequest {
  readonly load: () => Promise<readonly RecordedRun[]>;
  readonly measures?: readonly string[];
  readonly everyMs: number;
  readonly signal: AbortSignal;
  readonly onAlarm: (alarm: Alarm) => void;
  /** After each reading, with the number of points that were new. */
  readonly onRound?: (points: number) => void;
}

interface Watched {
  readonly watch: LiveWatch;
  last: number;
}

export async function watchRuns({
  load,
  measures = [],
  everyMs,
  signal,
  onAlarm,
  onRound,
}: WatchRequest): Promise<void> {
  const watched = new Map<string, Watched>();
  for (let isPast = true; !signal.aborted; isPast = false) {
    let points = 0;
    for (const run of await load())
      for (const series of run.series.values()) {
        if (!isWanted(run, series, measures)) continue;
        const key = JSON.stringify([run.id, series.measure]);
        const known = watched.get(key) ?? { watch: new LiveWatch(series.measure), last: Number.NEGATIVE_INFINITY };
        watched.set(key, known);
        for (let i = 0; i < series.steps.length; i++) {
          if (series.steps[i] <= known.last) continue;
          known.last = series.steps[i];
          points++;
          const event = known.watch.push(series.steps[i], series.values[i]);
          if (event !== undefined) onAlarm({ id: run.id, run: run.name, event, isPast });
        }
      }
    onRound?.(points);
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}
