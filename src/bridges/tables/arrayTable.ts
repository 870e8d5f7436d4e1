/**
 * @file An array of numbers in JSON as a table, where a JSON document beside it names its axes: lists of as many labels as the
 * axis is long, e.g. `[[0.5, 0.4], [0.6, 0.5]]` with `{"learners": ["a", "b"], "anchors": [16, 32]}`.
 *
 * Each axis needs exactly one list of its length, and no two axes the same one: otherwise it is no table, nothing is guessed.
 * The lists' names become columns; an axis that names statistics (mean, stderr, …) becomes a column each. null is no value.
 */
import type { Cell } from "./rowSource.ts";

export interface Axis {
  readonly name: string;
  readonly labels: readonly (string | number)[];
}

const CELLS_AT_MOST = 5_000_000;

/** Lengths of its axes, two at least; undefined: no regular array of numbers. */
export function maybeArrayShape(value: unknown): number[] | undefined {
  const shape: number[] = [];
  for (let level = value; Array.isArray(level); level = level[0]) shape.push(level.length);
  const cells = shape.reduce((product, length) => product * length, 1);
  return shape.length < 2 || cells === 0 || cells > CELLS_AT_MOST || !isRegular(value, shape, 0) ? undefined : shape;
}

function isRegular(value: unknown, shape: readonly number[], depth: number): boolean {
  if (depth === shape.length) return value === null || typeof value === "number";
  return (
    Array.isArray(value) && value.length === shape[depth] && value.every((item) => isRegular(item, shape, depth + 1))
  );
}

/** From the lists of a document; undefined where they do not say which axis is which. */
export function maybeAxes(shape: readonly number[], document: Readonly<Record<string, unknown>>): Axis[] | undefined {
  const lists = Object.entries(document).filter((entry): entry is [string, (string | number)[]] => isLabels(entry[1]));
  const axes = shape.map((length) => {
    const fitting = lists.filter(([, labels]) => labels.length === length);
    return fitting.length === 1 ? { name: fitting[0][0], labels: fitting[0][1] } : undefined;
  });
  const known = axes.filter((axis) => axis !== undefined);
  return known.length === shape.length && new Set(known).size === shape.length && new Set(shape).size === shape.length
    ? known
    : undefined;
}

function isLabels(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0) return false;
  const isText = value.every((label) => typeof label === "string");
  return (isText || value.every((label) => typeof label === "number")) && new Set<unknown>(value).size === value.length;
}

export interface ArrayTable {
  readonly header: readonly string[];
  readonly rows: Iterable<Cell[]>;
}

export function arrayTable(value: unknown, axes: readonly Axis[]): ArrayTable {
  const statistics = axes.findIndex(({ labels }) =>
    labels.some((label) => /^(?:mean|avg|average|median|value)$/i.test(String(label))),
  );
  const indexed = axes.filter((_, place) => place !== statistics);
  const columns = statistics === -1 ? ["value"] : axes[statistics].labels.map(String);
  return {
    header: [...indexed.map(({ name }) => name), ...columns],
    rows: {
      *[Symbol.iterator]() {
        const at = new Array<number>(axes.length).fill(0);
        const shape = axes.map(({ labels }) => labels.length);
        const order = [...axes.keys()].filter((place) => place !== statistics);
        do {
          const labels = order.map((place) => axes[place].labels[at[place]]);
          yield [
            ...labels,
            ...columns.map((_, column) => cellAt(value, statistics === -1 ? at : replaced(at, statistics, column))),
          ];
        } while (advance(at, shape, order));
      },
    },
  };
}

function replaced(at: readonly number[], place: number, index: number): number[] {
  const changed = [...at];
  changed[place] = index;
  return changed;
}

function cellAt(value: unknown, at: readonly number[]): Cell {
  let level = value;
  for (const index of at) level = (level as unknown[])[index];
  return level as Cell;
}

/** The last axis runs fastest. */
function advance(at: number[], shape: readonly number[], order: readonly number[]): boolean {
  for (const place of [...order].reverse()) {
    if (++at[place] < shape[place]) return true;
    at[place] = 0;
  }
  return false;
}
