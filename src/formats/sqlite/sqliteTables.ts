/**
 * @file What a CREATE TABLE statement says of the order of the columns, which is all that a reader needs of it.
 *
 * undefined for what stores its rows otherwise: virtual tables, WITHOUT ROWID, generated columns, and text that is no such
 * statement. Nothing of the text is ever executed.
 */
import type { SqliteValue } from "./sqliteRecord.ts";

export interface TableColumn {
  readonly name: string;
  /** The column is the row's number, and its stored value is empty. */
  readonly isRowid: boolean;
  /** Of rows from before the column was added. */
  readonly missing: SqliteValue;
}

export function maybeColumns(sql: string): readonly TableColumn[] | undefined {
  const tokens = tokensOf(sql);
  const open = tokens.findIndex(({ text, isQuoted }) => text === "(" && !isQuoted);
  const words = (from: number, to: number) => tokens.slice(from, to).map(wordOf);
  if (open < 0 || !/^CREATE (?:TEMP |TEMPORARY )?TABLE /.test(`${words(0, open).join(" ")} `)) return undefined;
  const { parts, end } = splitAtCommas(tokens, open + 1);
  if (end === undefined || words(end + 1, tokens.length).includes("WITHOUT")) return undefined;
  const columns: { name: string; type: string; isKey: boolean; missing: SqliteValue }[] = [];
  let key: string | undefined;
  for (const part of parts) {
    const upper = part.map(wordOf);
    if (/^(?:CONSTRAINT|PRIMARY|UNIQUE|CHECK|FOREIGN)$/.test(upper[0] ?? "")) {
      key ??= maybeSingleKey(part, upper);
      continue;
    }
    const outside = outsideOfParentheses(part);
    const top = outside.map(wordOf);
    if (top.length === 0 || top.includes("GENERATED") || top.includes("AS")) return undefined;
    const isKey = top.some((word, i) => word === "PRIMARY" && top[i + 1] === "KEY" && top[i + 2] !== "DESC");
    columns.push({ name: part[0].text, type: top[1] ?? "", isKey, missing: defaultOf(outside, top) });
  }
  return columns.map(({ name, type, isKey, missing }) => ({
    name,
    isRowid: type === "INTEGER" && (isKey || name.toLowerCase() === key?.toLowerCase()),
    missing,
  }));
}

interface Token {
  readonly text: string;
  readonly isQuoted: boolean;
  readonly isText: boolean;
}

const TOKEN =
  /\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'((?:[^']|'')*)'|"((?:[^"]|"")*)"|`((?:[^`]|``)*)`|\[([^\]]*)\]|([A-Za-z0-9_$.\u0080-\uffff]+)|([\s\S])/g;

function tokensOf(sql: string): Token[] {
  const tokens: Token[] = [];
  for (const [whole, text, double, back, bracket, word, sign] of sql.matchAll(TOKEN)) {
    const quoted =
      text?.replaceAll("''", "'") ?? double?.replaceAll('""', '"') ?? back?.replaceAll("``", "`") ?? bracket;
    if (quoted !== undefined) tokens.push({ text: quoted, isQuoted: true, isText: whole.startsWith("'") });
    else if (word !== undefined || sign !== undefined)
      tokens.push({ text: word ?? sign, isQuoted: false, isText: false });
  }
  return tokens;
}

function wordOf({ text, isQuoted }: Token): string {
  return isQuoted ? `"${text}"` : text.toUpperCase();
}

function splitAtCommas(tokens: readonly Token[], from: number): { parts: Token[][]; end: number | undefined } {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (let i = from; i < tokens.length; i++) {
    const { text, isQuoted } = tokens[i];
    if (!isQuoted && text === ")" && depth-- === 0) return { parts, end: i };
    if (!isQuoted && text === "(") depth++;
    if (!isQuoted && text === "," && depth === 0) parts.push([]);
    else parts.at(-1)!.push(tokens[i]);
  }
  return { parts, end: undefined };
}

function outsideOfParentheses(part: readonly Token[]): Token[] {
  let depth = 0;
  return part.filter(({ text, isQuoted }) => {
    if (!isQuoted && text === ")") depth--;
    const isOutside = depth === 0;
    if (!isQuoted && text === "(") depth++;
    return isOutside;
  });
}

/** PRIMARY KEY (one) → "one". */
function maybeSingleKey(part: readonly Token[], upper: readonly string[]): string | undefined {
  const at = upper.findIndex((word, i) => word === "PRIMARY" && upper[i + 1] === "KEY" && upper[i + 2] === "(");
  return at >= 0 && upper[at + 4] === ")" ? part[at + 3].text : undefined;
}

function defaultOf(part: readonly Token[], upper: readonly string[]): SqliteValue {
  const at = upper.indexOf("DEFAULT");
  if (at < 0) return null;
  const sign = upper[at + 1] === "-" ? -1 : 1;
  const token = part[at + (upper[at + 1] === "-" || upper[at + 1] === "+" ? 2 : 1)];
  if (token === undefined) return null;
  if (token.isText) return token.text;
  const value = Number(token.text);
  return token.text !== "" && Number.isFinite(value) ? sign * value : null;
}
