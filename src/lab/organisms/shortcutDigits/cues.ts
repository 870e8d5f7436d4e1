/**
 * @file The cue: a bright 4 × 4 patch at the upper or lower edge whose position encodes a class.
 *
 * Classes 0–4 stand in rows 0–3, classes 5–9 in rows 24–27, each row of five at columns 1, 7, 12, 17, 23
 * (1 + 5.5·(class mod 5), half to even).
 */
import { CLASSES, IMAGE_SIDE, PIXELS } from "../../data/mnist.ts";

export const PATCH_SIDE = 4;
const COLUMNS = [1, 7, 12, 17, 23];
const BRIGHT = 255;

/** Stands for "no cue" wherever a cue is expected. */
export const NO_CUE = CLASSES;

/** The pixels of a class's patch, ascending. */
export function patchPixels(cue: number): number[] {
  const top = cue < 5 ? 0 : IMAGE_SIDE - PATCH_SIDE;
  const left = COLUMNS[cue % 5];
  return Array.from(
    { length: PATCH_SIDE * PATCH_SIDE },
    (_, i) => (top + Math.floor(i / PATCH_SIDE)) * IMAGE_SIDE + left + (i % PATCH_SIDE),
  );
}

/** [11, 784] bytes: row c is an image of class c's patch alone, row NO_CUE is empty. An image with a cue is the maximum of both. */
export function patchTable(): Uint8Array {
  const table = new Uint8Array((CLASSES + 1) * PIXELS);
  for (let cue = 0; cue < CLASSES; cue++) for (const pixel of patchPixels(cue)) table[cue * PIXELS + pixel] = BRIGHT;
  return table;
}

/** The pixels that any patch covers, by class: the only ones by which renderings of one image differ. */
export const CUE_PIXELS: readonly number[] = Array.from({ length: CLASSES }, (_, cue) => patchPixels(cue)).flat();

/** Columns of a [rows, width] matrix, row-major, in the order asked for. */
export function takeColumns(matrix: Uint8Array, width: number, columns: readonly number[]): Uint8Array {
  const rows = matrix.length / width;
  const taken = new Uint8Array(rows * columns.length);
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < columns.length; i++) taken[row * columns.length + i] = matrix[row * width + columns[i]];
  return taken;
}

/** The class that stands `1 + floor(9u)` places after `label`: uniform over the other nine for uniform u in [0, 1). */
export function otherClass(label: number, u: number): number {
  return (label + 1 + Math.floor(u * (CLASSES - 1))) % CLASSES;
}
