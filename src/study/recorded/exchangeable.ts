/**
 * @file Whether runs are seeds of one configuration. What a tool wrote when a run had ended (`summary.…`) is its outcome, no
 * setting of it. Runs without any configuration are not taken for alike.
 */
import { canonicalJson, type RecordedRun } from "../../core/index.ts";

/** True for a key of the configuration that states how the run ended, not how it was set up. */
export function isOutcomeKey(key: string): boolean {
  return /^summary\./i.test(key);
}

/** One configuration but for what is a seed. */
export function isExchangeable(runs: readonly Pick<RecordedRun, "configuration">[]): boolean {
  const settings = runs.map(({ configuration }) =>
    Object.entries(configuration).filter(([name]) => !/seed/i.test(name) && !isOutcomeKey(name)),
  );
  const kinds = new Set(settings.map((entries) => canonicalJson(Object.fromEntries(entries))));
  return runs.every(({ configuration }) => Object.keys(configuration).length > 0) && kinds.size === 1;
}
