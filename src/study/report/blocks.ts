/**
 * @file The blocks a section is made of: figures with captions, tables of estimates, notes, and lists of source runs.
 *
 * A table that shows estimates always ends with their n and is followed by a line that states level and method.
 */
import type { Estimate } from "../../core/index.ts";
import {
  counted,
  formatCount,
  formatLevel,
  formatValueAndInterval,
  MISSING,
  type NumberKind,
  shortId,
} from "./format.ts";
import { type Content, EMPTY, type Html, html } from "./html.ts";

export interface FigureOptions {
  readonly title: string;
  readonly caption: Content;
  readonly drawing: Content;
  /** Key to colours and shapes, above the drawing. */
  readonly key?: Content;
  readonly runs?: readonly string[];
  /** "margin": caption beside the drawing where there is room; "full": below it. */
  readonly layout?: "margin" | "full";
}

export function figure({ title, caption, drawing, key, runs, layout = "margin" }: FigureOptions): Html {
  return html`<figure class="fig ${layout}"><div class="canvas">${key}${drawing}</div><figcaption><strong>${title}.</strong> ${caption}${runs && sourceRuns(runs)}</figcaption></figure>`;
}

/** Where a number comes from: the runs, folded. Ids are shortened; the full one is in the title. */
export function sourceRuns(runs: readonly string[], what = "from"): Html {
  const distinct = [...new Set(runs)];
  if (distinct.length === 0) return EMPTY;
  return html`<details class="source"><summary>${what} ${counted(distinct.length, "run")}</summary><p class="ids">${distinct.map(
    (run) => html`<code title="${run}">${shortId(run)}</code> `,
  )}</p></details>`;
}

export interface Column<Row> {
  readonly head: Content;
  /** Plain cell, or what stands where an estimate is absent; numbers are set right-aligned with `numeric`. */
  readonly cell?: (row: Row) => Content;
  readonly numeric?: boolean;
  /** Cell with value and interval. */
  readonly estimate?: (row: Row) => Estimate | undefined;
  readonly kind?: NumberKind;
  /** Value and interval on one line. */
  readonly inline?: boolean;
  /** Class of the cells, head included. */
  readonly className?: string;
  /** Name in the line of methods; default: the head, when it is text. */
  readonly name?: string;
}

export interface TableOptions<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowClass?: (row: Row, index: number) => string;
  /** Rows that follow each other with the same text stand under it as a heading. */
  readonly groupBy?: (row: Row) => string;
  readonly runs?: readonly string[];
  readonly notes?: Content;
}

export function dataTable<Row>(options: TableOptions<Row>): Html {
  const { caption, columns, rows, rowClass, groupBy, runs, notes } = options;
  const estimates = columns.filter((column) => column.estimate !== undefined);
  const units: Column<Row> = {
    head: html`<i>n</i>`,
    numeric: true,
    cell: (row) => unitsOf(estimates.map((column) => column.estimate!(row))),
  };
  const all = estimates.length === 0 ? columns : [...columns, units];
  const heading = (row: Row, i: number): Content => {
    const text = groupBy?.(row);
    if (text === undefined || (i > 0 && groupBy?.(rows[i - 1]) === text)) return "";
    return html`<tr class="head"><th scope="rowgroup" colspan="${all.length}">${text}</th></tr>`;
  };
  return html`<div class="table-block"><div class="table-scroll" tabindex="0" role="region" aria-label="${caption}"><table><caption>${caption}</caption><thead><tr>${all.map(
    (column) => html`<th scope="col"${classAttribute(classOf(column))}>${column.head}</th>`,
  )}</tr></thead><tbody>${rows.map(
    (row, i) =>
      html`${heading(row, i)}<tr${classAttribute(rowClass?.(row, i))}>${all.map(
        (column) => html`<td${classAttribute(classOf(column))}>${cellOf(column, row)}</td>`,
      )}</tr>`,
  )}</tbody></table></div>${methodsLine(estimates, rows)}${notes && html`<p class="note">${notes}</p>`}${runs && sourceRuns(runs)}</div>`;
}

/** Value, interval below it; n, level and method in the title. */
export function estimateCell(estimate: Estimate | undefined | null, kind: NumberKind = "plain"): Html {
  if (estimate === undefined || estimate === null) return html`${MISSING}`;
  const { value, interval } = formatValueAndInterval(estimate, kind);
  return html`<span class="est" title="n = ${formatCount(estimate.n)}; ${formatLevel(estimate.level)}; ${estimate.method}"><span class="v">${value}</span><span class="ci">${interval}</span></span>`;
}

/** In running text: value [low, high] (level, n; method). */
export function estimateText(estimate: Estimate, kind: NumberKind = "plain", unit = "n"): Html {
  const { value, interval } = formatValueAndInterval(estimate, kind);
  return html`<span class="num">${value} ${interval}</span> (${formatLevel(estimate.level)}, ${unit} = ${formatCount(estimate.n)}; ${estimate.method})`;
}

export function note(content: Content): Html {
  return html`<p class="note">${content}</p>`;
}

export function folded(summary: Content, content: Content): Html {
  return html`<details class="fold"><summary>${summary}</summary>${content}</details>`;
}

function classOf<Row>(column: Column<Row>): string {
  const numeric = column.numeric === true || column.estimate !== undefined;
  return [numeric && "num", column.inline && "inline", column.className].filter(Boolean).join(" ");
}

function classAttribute(names: string | undefined): Html {
  return names ? html` class="${names}"` : EMPTY;
}

function cellOf<Row>(column: Column<Row>, row: Row): Content {
  const estimate = column.estimate?.(row);
  if (estimate) return estimateCell(estimate, column.kind);
  return column.cell?.(row) ?? (column.estimate ? MISSING : "");
}

function unitsOf(estimates: readonly (Estimate | undefined | null)[]): string {
  const counts = estimates.flatMap((estimate) => (estimate ? [estimate.n] : []));
  if (counts.length === 0) return MISSING;
  const low = Math.min(...counts);
  const high = Math.max(...counts);
  return low === high ? formatCount(low) : `${formatCount(low)}–${formatCount(high)}`;
}

/** "Intervals: mean, sd — bootstrap, 95%; coverage — Wilson, 95%." Columns with one method are named together. */
function methodsLine<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): Html {
  const columnsByMethod = new Map<string, Set<string>>();
  for (const column of columns)
    for (const row of rows) {
      const estimate = column.estimate!(row);
      if (!estimate) continue;
      const method = `${formatLevel(estimate.level)}, ${estimate.method}`;
      const names = columnsByMethod.get(method) ?? new Set();
      columnsByMethod.set(method, names.add(column.name ?? (typeof column.head === "string" ? column.head : "value")));
    }
  if (columnsByMethod.size === 0) return EMPTY;
  const parts = [...columnsByMethod].map(
    ([method, names], i) => html`${i > 0 && "; "}<b>${[...names].join(", ")}</b>: ${method}`,
  );
  return html`<p class="methods">Intervals. ${parts}.</p>`;
}
