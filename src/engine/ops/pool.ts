/**
 * @file Pooling over windows of the last axes that can be mapped over (jax-js's own `reduceWindow` cannot). Nothing is
 * consumed.
 *
 * Elements that do not fill a window at the end are dropped, as PyTorch does; pad before where zeros are wanted. Where
 * several elements of a window share its maximum, the gradient is shared evenly (JAX's rule for max; PyTorch gives it to
 * the first). A maximum may ignore a NaN on the native device, a mean spreads it over its window.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { numpy as np } from "@jax-js/jax";
import { DomainError, ShapeError } from "../../core/index.ts";

export interface PoolOptions {
  /** Extents of a window along the last axes. */
  readonly window: readonly number[];
  /** Distance between windows; default: the window, side by side. */
  readonly strides?: readonly number[];
}

/** [..., ...n] → [..., ...⌊(n − window)/stride⌋ + 1]. */
export const maxPool = (x: JaxArray, options: PoolOptions): JaxArray => {
  const { array, axes } = windowsOf("maxPool", x, options);
  return np.max(array, axes);
};

export const averagePool = (x: JaxArray, options: PoolOptions): JaxArray => {
  const { array, axes } = windowsOf("averagePool", x, options);
  return np.mean(array, axes);
};

/** An array whose given axes run over the elements of windows. */
function windowsOf(what: string, x: JaxArray, { window, strides = window }: PoolOptions) {
  const lead = x.ndim - window.length;
  const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1;
  if (window.length === 0 || ![...window, ...strides].every(isCount) || strides.length !== window.length)
    throw new DomainError(`${what}, window and strides`, "equally many integers ≥ 1", `[${window}] and [${strides}]`);
  if (lead < 0 || window.some((size, i) => size > x.shape[lead + i]))
    throw new ShapeError(what, `[..., at least ${window.join(", at least ")}]`, x.shape);
  const isTiled = window.every((size, i) => size === strides[i]);
  return isTiled ? tiles(x, window, lead) : stackedWindows(x, window, strides, lead);
}

/** [..., h, s, w, t]: a reshape, which the native device lays out well (engine/trace/patterns). */
function tiles(x: JaxArray, window: readonly number[], lead: number) {
  const counts = window.map((size, i) => Math.floor(x.shape[lead + i] / size));
  const whole = [...x.shape.slice(0, lead), ...counts.map((count, i) => count * window[i])];
  const cut = x.ref.slice(...whole.map((end): [number, number] => [0, end]));
  const shape = [...x.shape.slice(0, lead), ...counts.flatMap((count, i) => [count, window[i]])];
  return { array: cut.reshape(shape), axes: window.map((_, i) => lead + 2 * i + 1) };
}

/** [positions, ..., counts]: for each position of a window its element of every window. */
function stackedWindows(x: JaxArray, window: readonly number[], strides: readonly number[], lead: number) {
  const counts = window.map((size, i) => Math.floor((x.shape[lead + i] - size) / strides[i]) + 1);
  const rows = counts.map((count, i) => count + Math.floor((window[i] - 1) / strides[i]));
  const before = x.shape.slice(0, lead);
  const covered = rows.map((count, i) => count * strides[i]);
  const fitted = np.pad(
    x.ref.slice(
      ...before.map((): [] => []),
      ...covered.map((end, i): [number, number] => [0, Math.min(end, x.shape[lead + i])]),
    ),
    [
      ...before.map((): [number, number] => [0, 0]),
      ...covered.map((end, i): [number, number] => [0, Math.max(0, end - x.shape[lead + i])]),
    ],
  );
  const apart = fitted.reshape([...before, ...rows.flatMap((count, i) => [count, strides[i]])]);
  const slices = positionsOf(window).map((position) =>
    apart.ref.slice(
      ...before.map((): [] => []),
      ...position.flatMap((at, i): [[number, number], number] => {
        const first = Math.floor(at / strides[i]);
        return [[first, first + counts[i]], at % strides[i]];
      }),
    ),
  );
  apart.dispose();
  return { array: np.stack(slices, 0), axes: [0] };
}

function positionsOf(window: readonly number[]): number[][] {
  return window.reduce<number[][]>(
    (all, size) => all.flatMap((position) => Array.from({ length: size }, (_, at) => [...position, at])),
    [[]],
  );
}
