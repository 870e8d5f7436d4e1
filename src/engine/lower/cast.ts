/**
 * @file Conversions between the types of a program, as jax-js makes them: numbers beyond an integer type become its
 * nearest end and NaN becomes 0; between int32 and uint32 the 32 bits are kept; anything but 0 is true.
 *
 * The runtime leaves the first two to the processor, so floats go to integers by way of float64, which has both ends. (Not
 * of int64: its kernels for the smaller and the larger of two compare wrongly in ONNX Runtime 1.30.)
 */
import type { Builder } from "../ir/builder.ts";
import { maybeScalar } from "../ir/constants.ts";
import type { IrType } from "../ir/types.ts";
import type { ProgramType } from "../trace/program.ts";
import { elementwise, unaryOn } from "./elementwise.ts";
import type { View } from "./view.ts";
import { uniformView } from "./view.ts";

export function castTo(builder: Builder, view: View, type: ProgramType): View {
  const from = view.storage.type;
  if (from === type) return view;
  const constant = view.storage.value === undefined ? undefined : maybeScalar(view.storage.value);
  if (constant !== undefined)
    return {
      storage: { ...view.storage, type, value: builder.scalar(type, converted(constant, from, type)) },
      axes: view.axes,
    };
  if (from === "float32" && type in BOUNDS) return saturated(builder, view, type as keyof typeof BOUNDS);
  return unaryOn(builder, "Cast", view, { to: type });
}

const BOUNDS = {
  int32: { low: -(2 ** 31), high: 2 ** 31 - 1 },
  uint32: { low: 0, high: 2 ** 32 - 1 },
} as const;

function saturated(builder: Builder, view: View, type: keyof typeof BOUNDS): View {
  const uniform = (of: IrType, value: number): View => uniformView(builder.scalar(of, value), onesLike(view));
  const isNumber = elementwise(builder, "Equal", [view, view]);
  const number = elementwise(builder, "Where", [isNumber, view, uniform("float32", 0)]);
  const wide = unaryOn(builder, "Cast", number, { to: "float64" });
  const { low, high } = BOUNDS[type];
  const raised = elementwise(builder, "Max", [wide, uniform("float64", low)]);
  return unaryOn(builder, "Cast", elementwise(builder, "Min", [raised, uniform("float64", high)]), { to: type });
}

/** Integers keep their low 32 bits where they are stored. */
function converted(value: number, from: IrType, type: ProgramType): number {
  if (type === "bool") return Number(value !== 0);
  if (type === "float32" || from !== "float32") return value;
  const { low, high } = BOUNDS[type];
  return Number.isNaN(value) ? 0 : Math.trunc(Math.min(Math.max(value, low), high));
}

export const onesLike = (view: View): number[] => view.axes.map(() => 1);
