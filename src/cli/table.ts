/**
 * @file Plain text tables: columns aligned by width, numbers to the right. Nothing is cut off; NaN and ∞ are printed.
 */

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly align?: "left" | "right";
}

/** Title row and one line a row, two spaces between columns. */
export function renderTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ text }) => text(row)))];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => widthOf(line[i]))));
  return cells
    .map((line) =>
      line
        .map((cell, i) => {
          const space = " ".repeat(widths[i] - widthOf(cell));
          return columns[i].align === "right" ? space + cell : cell + space;
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Names left, values right: `label: value` lines with the values in one column. */
export function renderPairs(pairs: readonly (readonly [label: string, value: string])[]): string {
  const width = Math.max(0, ...pairs.map(([label]) => widthOf(label)));
  return pairs.map(([label, value]) => `${label}${" ".repeat(width - widthOf(label))}  ${value}`.trimEnd()).join("\n");
}

/** Four significant digits; whole numbers as they are. */
export function shortNumber(value: number | null | undefined): string {
  if (value === null || value === undefined) return "—";
  if (!Number.isFinite(value) || Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(4)));
}

function widthOf(text: string): number {
  return [...text].length;
}

/** Names and values come from files: no control characters reach the terminal. */
export function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, " ");
}
