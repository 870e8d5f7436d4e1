/**
 * @file Matrices with orthonormal rows or columns, uniform over all of them (Haar measure), as
 * jax.nn.initializers.orthogonal and torch.nn.init.orthogonal_ draw them.
 *
 * Source: Saxe, McClelland, Ganguli, ICLR 2014; Mezzadri, Notices AMS 54 (2007): normals orthogonalised with positive
 * diagonal. Refuses fewer than two axes.
 */
import type { Rng, Tensor } from "../../core/index.ts";
import { ShapeError } from "../../core/index.ts";
import type { Initialiser } from "./initialiser.ts";
import { requirePositive } from "./initialiser.ts";

/** gain times a matrix whose shorter side is orthonormal; more than two axes are read as [first, the rest]. */
export function orthogonal(gain = 1): Initialiser {
  requirePositive("orthogonal, gain", gain);
  return (rng, shape) => {
    if (shape.length < 2) throw new ShapeError("orthogonal", "at least two axes", shape);
    const size = shape.reduce((product, extent) => product * extent, 1);
    return fill(rng, shape, { rows: shape[0], columns: size / shape[0], gain });
  };
}

function fill(
  rng: Rng,
  shape: readonly number[],
  { rows, columns, gain }: { rows: number; columns: number; gain: number },
): Tensor {
  const [count, length] = rows <= columns ? [rows, columns] : [columns, rows];
  const vectors = orthonormalVectors(rng, count, length);
  const data = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const [vector, place] = rows <= columns ? [row, column] : [column, row];
      data[row * columns + column] = gain * vectors[vector][place];
    }
  return { dtype: "float32", shape: [...shape], data };
}

/** Normal vectors, each freed of those before it, twice over for orthogonality to rounding (Gram–Schmidt). */
function orthonormalVectors(rng: Rng, count: number, length: number): Float64Array[] {
  const vectors: Float64Array[] = [];
  for (let i = 0; i < count; i++) {
    const vector = Float64Array.from({ length }, () => rng.normal());
    for (let round = 0; round < 2; round++)
      for (const other of vectors) {
        const overlap = dot(vector, other);
        for (let k = 0; k < length; k++) vector[k] -= overlap * other[k];
      }
    const norm = Math.sqrt(dot(vector, vector));
    for (let k = 0; k < length; k++) vector[k] /= norm;
    vectors.push(vector);
  }
  return vectors;
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let k = 0; k < a.length; k++) total += a[k] * b[k];
  return total;
}
