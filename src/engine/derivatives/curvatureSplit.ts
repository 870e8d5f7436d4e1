/**
 * @file Curvature of one block of examples as a split function: once a point, loss and gradient; with every direction,
 * the product.
 */
import type { SplitSpec } from "../device.ts";
import type { JaxArrays, Specs } from "../program.ts";
import { withoutPrefix, withPrefix } from "../stepTable.ts";
import type { CurvatureMatrix } from "./curvatureMatrix.ts";
import { lossOf, productOf } from "./curvatureMatrix.ts";
import { valueAndGradient } from "./gradient.ts";

/** Before the names of the inputs, and of the gradient's parts among the outputs. */
export const CURVATURE_PORTS = { params: "param.", data: "data.", direction: "direction.", gradient: "gradient." };

export interface CurvatureSplitOptions {
  readonly name: string;
  readonly matrix: CurvatureMatrix;
  readonly params: Specs;
  /** Of one block. */
  readonly data: Specs;
  /** In one call. */
  readonly directions: number;
}

/** Outputs: "loss" and "gradient.…" once; products under the parameters' names, with a leading axis for several. */
export function curvatureSplit({ name, matrix, params, data, directions }: CurvatureSplitOptions): SplitSpec {
  const ports = CURVATURE_PORTS;
  const lead = directions === 1 ? [] : [directions];
  const along = Object.fromEntries(
    Object.entries(params).map(([key, { dtype, shape }]) => [key, { dtype, shape: [...lead, ...shape] }]),
  );
  const parts = (args: JaxArrays) => ({
    params: withoutPrefix(args, ports.params),
    data: withoutPrefix(args, ports.data),
    directions: withoutPrefix(args, ports.direction),
  });
  return {
    name,
    fixed: { ...withPrefix(params, ports.params), ...withPrefix(data, ports.data) },
    varying: withPrefix(along, ports.direction),
    once(args) {
      const { params: p, data: d } = parts(args);
      const { value, gradient } = valueAndGradient((q) => lossOf(matrix, q, d), p);
      return { loss: value, ...withPrefix(gradient, ports.gradient) };
    },
    each: (args) => productOf(matrix, parts(args), directions === 1 ? "one" : "many"),
  };
}
