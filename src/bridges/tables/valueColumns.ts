/**
 * @file Which columns of numbers are values, and which say how sure those are.
 */
import { isErrorName, isItemsName, maybeDeviationOf, maybeErrorOf } from "./columnNames.ts";
import type { TableMapping } from "./mapping.ts";
import type { ValueColumn } from "./tableShape.ts";

/** One column of items serves all values, where something asks for it: an error, a long table, a single value. */
export function itemsColumn(free: readonly string[], names: ReadonlySet<string>, isLong: boolean): string | undefined {
  const items = free.filter((name) => isItemsName(name));
  const hasErrors = free.some(
    (name) =>
      isErrorName(name) || maybeErrorOf(name, names) !== undefined || maybeDeviationOf(name, names) !== undefined,
  );
  return items.length === 1 && (hasErrors || isLong || free.length === 2) ? items[0] : undefined;
}

export interface ValueOptions {
  readonly names: ReadonlySet<string>;
  readonly mapping: TableMapping;
  readonly hasItems: boolean;
}

export function valueColumns(free: readonly string[], { names, mapping, hasItems }: ValueOptions): ValueColumn[] {
  const errorOf = mapping.se === undefined ? errorsByName(free, names) : mappedErrors(free, mapping);
  const errors = new Set(errorOf.values());
  const columns = mapping.value ?? free.filter((name) => !errors.has(name));
  return columns.map((column) => {
    const se = errorOf.get(column);
    const deviation =
      hasItems && se === undefined ? free.find((name) => maybeDeviationOf(name, names) === column) : undefined;
    return { column, ...(se !== undefined && { se }), ...(deviation !== undefined && { deviation }) };
  });
}

/** Value → its error. */
function errorsByName(free: readonly string[], names: ReadonlySet<string>): Map<string, string> {
  const errorOf = new Map<string, string>();
  for (const [i, name] of free.entries()) {
    const owner = maybeErrorOf(name, names) ?? (isErrorName(name) ? free[i - 1] : undefined);
    if (owner !== undefined && owner !== name && free.includes(owner)) errorOf.set(owner, name);
  }
  return errorOf;
}

function mappedErrors(free: readonly string[], { value, se = [] }: TableMapping): Map<string, string> {
  const owners = value ?? free;
  const errorOf = new Map<string, string>();
  for (const [i, error] of se.entries()) {
    const byName = owners.filter((name) => name !== error && error.startsWith(name));
    const owner = byName.sort((a, b) => b.length - a.length)[0] ?? value?.[i] ?? owners.find((name) => name !== error);
    if (owner !== undefined) errorOf.set(owner, error);
  }
  return errorOf;
}
