/**
 * @file Which curvature matrix a program multiplies with, as traced functions: the Hessian of a loss, or the generalised
 * Gauss–Newton matrix of a loss of a model's output.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import type { JaxArrays } from "../program.ts";
import { gaussNewtonVp, gaussNewtonVpMany } from "./gaussNewton.ts";
import { hvp, hvpMany } from "./hvp.ts";

export interface HessianMatrix {
  readonly kind: "hessian";
  /** Rank 0: the mean over the examples of `data`, whatever their number. */
  readonly loss: (params: JaxArrays, data: JaxArrays) => JaxArray;
}

export interface GaussNewtonMatrix {
  readonly kind: "gauss-newton";
  readonly output: (params: JaxArrays, data: JaxArrays) => JaxArray;
  /** Rank 0: the mean over the examples of `data`, convex in the output. */
  readonly lossOfOutput: (output: JaxArray, data: JaxArrays) => JaxArray;
}

export type CurvatureMatrix = HessianMatrix | GaussNewtonMatrix;

export function lossOf(matrix: CurvatureMatrix, params: JaxArrays, data: JaxArrays): JaxArray {
  if (matrix.kind === "hessian") return matrix.loss(params, data);
  return matrix.lossOfOutput(matrix.output(params, data), data);
}

/** The matrix times one direction or, with a leading axis on every array, times several. */
export function productOf(
  matrix: CurvatureMatrix,
  arrays: { readonly params: JaxArrays; readonly data: JaxArrays; readonly directions: JaxArrays },
  count: "one" | "many",
): JaxArrays {
  const { params, data, directions } = arrays;
  switch (matrix.kind) {
    case "hessian": {
      const loss = (p: JaxArrays): JaxArray => matrix.loss(p, data);
      return count === "one" ? hvp(loss, params, directions) : hvpMany(loss, params, directions);
    }
    case "gauss-newton": {
      const loss = {
        output: (p: JaxArrays) => matrix.output(p, data),
        lossOfOutput: (output: JaxArray) => matrix.lossOfOutput(output, data),
      };
      return count === "one" ? gaussNewtonVp(loss, params, directions) : gaussNewtonVpMany(loss, params, directions);
    }
  }
}
