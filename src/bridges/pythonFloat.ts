/**
 * @file Numbers as Python writes them into text: repr(float) and str(int), with nan and ±inf.
 */

const FLOAT = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i;
const SPECIAL: ReadonlyMap<string, number> = new Map([
  ["nan", Number.NaN],
  ["inf", Number.POSITIVE_INFINITY],
  ["infinity", Number.POSITIVE_INFINITY],
]);

/** What Python's float() reads, but for underscores and spaces around. undefined: no number. */
export function maybePythonFloat(text: string): number | undefined {
  if (FLOAT.test(text)) return Number(text);
  const [, sign, word] = /^([-+]?)([a-z]+)$/i.exec(text) ?? [];
  const special = SPECIAL.get(word?.toLowerCase());
  return special === undefined ? undefined : sign === "-" ? -special : special;
}
