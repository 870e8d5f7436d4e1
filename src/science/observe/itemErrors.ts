/**
 * @file The standard error of each value over its items, as well as the files let it be known.
 *
 * A stated 0 at a share of 0 or 1 claims certainty from finitely many items; it is replaced by what as many items leave
 * open. NaN: not known.
 */
import { betaSd, ShapeError } from "../../core/index.ts";

/**
 * `values`, `ses`, `ns` [n]; NaN: not stated. Stated errors are taken as they are, but where `isShare` and 0 < se is
 * false (or se is absent and n is stated) the Beta(k + 1, n − k + 1) sd is used, with n as stated or as the other
 * errors imply (p(1 − p)/se² + 1, their median). Undefined when nothing is known of any value.
 */
export function itemErrors({
  values,
  ses,
  ns,
  isShare,
}: {
  readonly values: readonly number[];
  readonly ses?: readonly number[];
  readonly ns?: readonly number[];
  /** Values are shares in [0, 1]. */
  readonly isShare: boolean;
}): readonly number[] | undefined {
  for (const column of [ses, ns])
    if (column !== undefined && column.length !== values.length)
      throw new ShapeError("itemErrors", `[${values.length}]`, [column.length]);
  if (ses === undefined && (ns === undefined || !isShare)) return undefined;
  const implied = values
    .map((p, i) => (p * (1 - p)) / (ses?.[i] ?? Number.NaN) ** 2 + 1)
    .filter((n) => Number.isFinite(n) && n > 1)
    .sort((a, b) => a - b);
  const usual = implied[implied.length >> 1] ?? Number.NaN;
  const errors = values.map((p, i) => {
    const se = ses?.[i] ?? Number.NaN;
    if (se > 0 || !isShare || !(p >= 0 && p <= 1)) return se >= 0 ? se : Number.NaN;
    const n = ns !== undefined && ns[i] >= 1 ? ns[i] : usual;
    return n >= 1 ? betaSd(p * n, n) : se;
  });
  return errors.some((se) => se > 0) ? errors : undefined;
}
