/**
 * @file Conversions between the types of a program.
 */
import type { Builder } from "../ir/builder.ts";
import type { IrType } from "../ir/types.ts";
import type { ProgramType } from "../trace/program.ts";
import { unaryOn } from "./elementwise.ts";
import type { View } from "./view.ts";

export function castTo(builder: Builder, view: View, type: ProgramType): View {
  return view.storage.type === type ? view : unaryOn(builder, "Cast", view, { to: type satisfies IrType });
}
