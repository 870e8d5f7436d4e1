/**
 * @file What an optimizer is: slots carried beside the parameters, a host-made row of scalars for every step, and one
 * traced update that reads both.
 *
 * Whatever may differ between steps or between arms of a study stands in the row, folded on the host in double
 * precision; what is fixed for a run (momentum, betas) is part of the graph. Slots start at zero. An update consumes
 * nothing; non-finite gradients propagate to the parameters that they belong to.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import type { Tensor } from "../../core/index.ts";
import { DomainError } from "../../core/index.ts";
import { zeros } from "../initialisers/draw.ts";
import type { JaxArrays, Specs } from "../program.ts";

export type Arrays = Readonly<Record<string, JaxArray>>;

/** What a step's row is made of. */
export interface StepSettings {
  readonly learningRate: number;
  /** As in PyTorch, coupled or decoupled as the optimizer says. Default 0. */
  readonly weightDecay?: number;
  /** 1 for the first update since the slots were zero. */
  readonly update: number;
}

export interface UpdateInput {
  readonly params: Arrays;
  /** Keys as in `params`. */
  readonly grads: Arrays;
  /** Keyed "slot.parameter", as `slots` names them. */
  readonly slots: Arrays;
  /** Traced scalars named by `columns`: pass the step's arguments. */
  readonly row: Arrays;
}

export interface Optimizer {
  readonly name: string;
  /** float32 tensors that the loop carries beside these parameters. */
  slots(parameters: Specs): Specs;
  /** float32 scalars of the loop's table. */
  readonly columns: readonly string[];
  /** One value per column. Throws OUT_OF_DOMAIN for settings that no update can be made of. */
  row(step: StepSettings): Readonly<Record<string, number>>;
  /** One update, inside a traced function. */
  update(input: UpdateInput): { readonly params: JaxArrays; readonly slots: JaxArrays };
}

/** Whether a rule holds for a parameter, by its name and shape. */
export type ParameterRule = (name: string, shape: readonly number[]) => boolean;

export const everyParameter: ParameterRule = () => true;

/** The `perStep` entries for these columns. */
export function scalarTable(columns: readonly string[]): Specs {
  return Object.fromEntries(columns.map((column) => [column, { dtype: "float32" as const, shape: [] }]));
}

/** One tensor like each parameter for every kind of slot: "m.w1". */
export function slotsLike(parameters: Specs, kinds: readonly string[]): Specs {
  const named = kinds.flatMap((kind) => Object.entries(parameters).map(([name, spec]) => [`${kind}.${name}`, spec]));
  return Object.fromEntries(named);
}

/** The slots at the start. */
export function initialSlots(optimizer: Optimizer, parameters: Specs): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(optimizer.slots(parameters)).map(([name, { shape }]) => [name, zeros(shape)]),
  );
}

export function requireUpdate(what: string, { learningRate, weightDecay = 0, update }: StepSettings): void {
  if (!Number.isInteger(update) || update < 1) throw new DomainError(`${what}, update`, "an integer ≥ 1", update);
  for (const [name, value] of Object.entries({ learningRate, weightDecay }))
    if (!Number.isFinite(value)) throw new DomainError(`${what}, ${name}`, "a finite number", value);
}

/** Throws OUT_OF_DOMAIN unless it is in [0, 1). */
export function requireShare(what: string, value: number): void {
  if (!(value >= 0 && value < 1)) throw new DomainError(what, "a number in [0, 1)", value);
}
