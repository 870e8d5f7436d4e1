/**
 * @file Batches under one header: columns that a changed header brought join at the end, cells stand under their names.
 */
import type { Cell, RowBatch, RowSource } from "./rowSource.ts";

export async function* unifiedBatches(source: RowSource): AsyncGenerator<RowBatch> {
  const header: string[] = [];
  const places = new Map<string, number>();
  let [known, width]: [readonly string[], number] = [header, 0];
  let order: number[] = [];
  for await (const batch of source.batches()) {
    if (batch.header !== known || batch.header.length !== width) {
      order = batch.header.map((name) => {
        const place = places.get(name) ?? header.push(name) - 1;
        places.set(name, place);
        return place;
      });
      [known, width] = [batch.header, batch.header.length];
    }
    const isInOrder = order.every((place, i) => place === i);
    yield { ...batch, header: [...header], rows: isInOrder ? batch.rows : batch.rows.map((row) => placed(row, order)) };
  }
}

function placed(row: readonly Cell[], order: readonly number[]): Cell[] {
  const cells: Cell[] = [];
  for (let i = 0; i < row.length; i++) cells[order[i]] = row[i];
  for (let i = 0; i < cells.length; i++) cells[i] ??= null;
  return cells;
}
