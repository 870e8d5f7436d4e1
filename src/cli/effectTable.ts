/**
 * @file Effects as a table: the means of both arms, their difference with its interval, and how it was made.
 */
import { type Estimate, formatEstimate } from "../core/index.ts";
import { renderTable, shortNumber } from "./table.ts";

export interface EffectRow {
  readonly measure: string;
  readonly treated: readonly number[];
  readonly control: readonly number[];
  readonly effect: Estimate;
}

export function effectTable(rows: readonly EffectRow[]): string {
  const methods = [
    ...new Set(rows.map(({ effect }) => `${100 * effect.level}% intervals: ${effect.method}, n = ${effect.n}`)),
  ];
  const table = renderTable(rows, [
    { title: "MEASURE", text: ({ measure }) => measure },
    { title: "TREATED", text: ({ treated }) => shortNumber(mean(treated)), align: "right" },
    { title: "CONTROL", text: ({ control }) => shortNumber(mean(control)), align: "right" },
    { title: "DIFFERENCE", text: ({ effect }) => formatEstimate(effect), align: "right" },
  ]);
  return `${table}\n\n${methods.join("\n")}`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
