/**
 * @file What every suite shares: rows, alternating measurement, medians. Ours and the peers take turns within one run,
 * so that a slow spell of the machine falls on all of them.
 */

export interface BenchRow {
  readonly suite: string;
  readonly case: string;
  readonly ours: number;
  /** Null when there is no peer, or it could not be run: then `note` says why. */
  readonly peer: number | null;
  readonly peerName: string | null;
  /** ours / peer. */
  readonly ratio: number | null;
  /** The bound that `ours` is held to; null: none. */
  readonly goal: number | null;
  readonly unit: string;
  /** Turns that the medians are taken over. */
  readonly runs: number;
  readonly note?: string;
}

export interface Contestant {
  readonly name: string;
  /** One turn: the cost in the suite's unit. */
  readonly turn: () => Promise<number>;
}

/** Everyone takes `turns` turns, in rotation; the median of each, by name. */
export async function alternate(contestants: readonly Contestant[], turns: number): Promise<Map<string, number>> {
  const costs = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  for (let turn = 0; turn < turns; turn++)
    for (const { name, turn: take } of contestants) costs.get(name)!.push(await take());
  return new Map([...costs].map(([name, values]) => [name, median(values)]));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
