/**
 * @file Boxes: a half-open range of indices per axis. Pure arithmetic; a box with an empty range on any axis is empty.
 */

export type Range = readonly [start: number, end: number];
export type Box = readonly Range[];

export const fullBox = (shape: readonly number[]): Box => shape.map((extent): Range => [0, extent]);

export const emptyBox = (shape: readonly number[]): Box => shape.map((): Range => [0, 0]);

export const sizesOf = (box: Box): number[] => box.map(([start, end]) => end - start);

export const isEmpty = (box: Box): boolean => box.some(([start, end]) => end <= start);

export const sameBox = (a: Box, b: Box): boolean =>
  a.every(([start, end], axis) => start === b[axis][0] && end === b[axis][1]);

export const intersectRanges = (a: Range, b: Range): Range => {
  const start = Math.max(a[0], b[0]);
  return [start, Math.max(start, Math.min(a[1], b[1]))];
};

export const intersect = (a: Box, b: Box): Box => a.map((range, axis) => intersectRanges(range, b[axis]));

/** The smallest box around both. */
export function hull(a: Box, b: Box): Box {
  if (isEmpty(a)) return b;
  if (isEmpty(b)) return a;
  return a.map(([start, end], axis): Range => [Math.min(start, b[axis][0]), Math.max(end, b[axis][1])]);
}

export const shift = ([start, end]: Range, by: number): Range => [start + by, end + by];
