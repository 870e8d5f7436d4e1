/**
 * @file Whether runs are seeds of one configuration. What a tool wrote when a run had ended (`summary.…`) is its outcome, no
 * setting of it. Runs without any configuration are not taken for alike, nor are runs whose names differ in more than a seed, an
 * id or a running number: a setting that the files forgot often stands in the name.
 */
import { canonicalJson, type RecordedRun } from "../../core/index.ts";

/** True for a key of the configuration that states how the run ended, not how it was set up. */
export function isOutcomeKey(key: string): boolean {
  return /^summary\./i.test(key);
}

/** One configuration, and one name, but for what is a seed. */
export function isExchangeable(runs: readonly Pick<RecordedRun, "configuration" | "name">[]): boolean {
  const settings = runs.map(({ configuration }) =>
    Object.entries(configuration).filter(([name]) => !/seed/i.test(name) && !isOutcomeKey(name)),
  );
  const kinds = new Set(settings.map((entries) => canonicalJson(Object.fromEntries(entries))));
  const names = new Set(runs.map(({ name }) => withoutSeed(name)));
  return (
    runs.every(({ configuration }) => Object.keys(configuration).length > 0) && kinds.size === 1 && names.size === 1
  );
}

/** "k3_s0" and "k3_s12" → "k3_"; "version_4" → "version"; ids of six or more hex digits go too. */
function withoutSeed(name: string): string {
  return name
    .replaceAll(/(?<=^|[^a-z0-9])s(?:eed)?[-_=]?\d+(?=$|[^a-z0-9])/gi, "")
    .replaceAll(/(?<=^|[^a-z0-9])(?=[a-f]*\d)[a-f0-9]{6,}(?:-[a-f0-9]{4,})*(?=$|[^a-z0-9])/gi, "")
    .replace(/[-_ ]*\d+$/, "");
}
