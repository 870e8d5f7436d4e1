/**
 * @file Checks that layers make while they are traced: each failure names the layer, what was expected and what came.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { ShapeError } from "../../core/index.ts";
import { EngineError } from "../errors.ts";

/** Extents in order; a name stands for any extent. "..." as the first stands for any number of leading axes. */
export type ShapePattern = readonly (number | string)[];

/** Throws ShapeError unless the array's shape fits the pattern. */
export function expectShape(layer: string, what: string, pattern: ShapePattern, { shape }: JaxArray): void {
  const open = pattern[0] === "...";
  const extents = open ? pattern.slice(1) : pattern;
  const from = shape.length - extents.length;
  const fits =
    (open ? from >= 0 : from === 0) &&
    extents.every((extent, i) => typeof extent === "string" || shape[from + i] === extent);
  if (!fits) throw new ShapeError(`Layer ${layer}, ${what}`, `[${pattern.join(", ")}]`, shape);
}

/** Throws EngineError ENGINE_TYPE unless the array has this type. */
export function expectType(layer: string, what: string, dtype: "float32" | "int32", x: JaxArray): void {
  if (x.dtype !== dtype)
    throw new EngineError("ENGINE_TYPE", `Layer ${layer}, ${what}: expected ${dtype}, got ${x.dtype}; cast it first`);
}

/** The parameter of this name. Throws EngineError ENGINE_PARAMETER where there is none. */
export function expectParameter(layer: string, parameters: Readonly<Record<string, JaxArray>>, name: string): JaxArray {
  const value = parameters[name];
  if (value === undefined)
    throw new EngineError(
      "ENGINE_PARAMETER",
      `Layer ${layer}: expected a parameter "${name}", got {${Object.keys(parameters).join(", ")}}`,
    );
  return value;
}
