/**
 * @file Runs one primitive's case in its three forms (value, gradient, mapped over a new axis) on the native device and
 * on jax-js's own CPU device, and says how far they are apart; gradients also against central differences in float64.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { DType, grad, numpy as np, vmap } from "@jax-js/jax";
import type { Tensor } from "../../core/index.ts";
import { Rng } from "../../core/index.ts";
import type { FunctionSpec } from "../device.ts";
import { UnsupportedPrimitiveError } from "../errors.ts";
import { onBackend } from "../jax/backend.ts";
import { traceFunction } from "../lowerFunction.ts";
import { compileFunction } from "../native/compileFunction.ts";
import { onJax } from "../reference.suite.ts";
import type { ProgramType } from "../trace/program.ts";
import { ROUTINES } from "../trace/segments.ts";
import type { Case, Draw } from "./cases.fixture.ts";

export const FORMS = ["forward", "gradient", "batched"] as const;
export type Form = (typeof FORMS)[number];

export interface Outcome {
  readonly status: "native" | "by fallback" | "refused" | "not defined by jax-js";
  /** Largest |difference| / (1 + |value|) from jax-js; undefined where nothing was computed. */
  readonly error: number | undefined;
}

/** What jax-js says of a form that it has no rule for. */
const NOT_DEFINED = /No vmap rule|No JVP rule|rule not implemented|Backward pass not implemented|Nonlinear operation/;
const BATCH = 3;
/** Step of the central differences: the error of the quotient is about step² and 10⁻¹⁶/step. */
const STEP = 1e-5;

type Operands = Readonly<Record<string, Tensor>>;
type Fn = (args: Record<string, JaxArray>) => Record<string, JaxArray>;

interface Program {
  readonly inputs: Operands;
  readonly fn: Fn;
}

export function programOf({ fn, inputs }: Case, draw: Draw, form: Form): Program {
  const operands = inputs(draw);
  const named = (results: readonly JaxArray[]) => Object.fromEntries(results.map((result, i) => [`out${i}`, result]));
  switch (form) {
    case "forward":
      return { inputs: operands, fn: (args) => named(fn(inOrder(operands, args), draw)) };
    case "gradient":
      return { inputs: operands, fn: (args) => slopes(fn, draw, operands, args) };
    case "batched": {
      // Every second time only the first operand is mapped over, so that shared ones are met.
      const isShared = (i: number): boolean => i > 0 && draw.variant % 2 === 1;
      const stacked = Object.fromEntries(
        Object.entries(operands).map(([name, tensor], i) => [name, isShared(i) ? tensor : stack(name, draw, inputs)]),
      );
      const axes = Object.keys(operands).map((_, i) => (isShared(i) ? null : 0));
      return {
        inputs: stacked,
        fn: (args) => {
          const mapped = vmap((...each: JaxArray[]) => [...fn(each, draw)], axes as number[]);
          return named(mapped(...inOrder(operands, args).map((array) => array.ref)) as JaxArray[]);
        },
      };
    }
  }
}

export async function check(primitive: string, own: Case, draw: Draw, form: Form): Promise<Outcome> {
  const { inputs, fn } = programOf(own, draw, form);
  let expected: Record<string, Tensor>;
  try {
    expected = onJax(fn, inputs);
  } catch (error) {
    if (error instanceof Error && NOT_DEFINED.test(error.message))
      return { status: "not defined by jax-js", error: undefined };
    throw error;
  }
  const status = ROUTINES.has(primitive) ? "by fallback" : "native";
  try {
    const program = await compileFunction(specOf(primitive, inputs, fn));
    const got = await program.run(inputs);
    await program.dispose();
    return { status, error: distance(got, expected) };
  } catch (error) {
    if (error instanceof UnsupportedPrimitiveError) return { status: "refused", error: undefined };
    throw error;
  }
}

/** Whether the form's own trace has the primitive in it: a case that does not shows nothing. */
export function contains(primitive: string, own: Case, draw: Draw): boolean {
  const { inputs, fn } = programOf(own, draw, "forward");
  return traceFunction(specOf(primitive, inputs, fn)).equations.some((equation) => equation.primitive === primitive);
}

/** How far the native gradient along a random direction is from the central difference, relative to what it sums. */
export async function differenceError(primitive: string, own: Case, draw: Draw): Promise<number> {
  const { inputs, fn } = programOf(own, draw, "gradient");
  const program = await compileFunction(specOf(primitive, inputs, fn));
  const gradients = await program.run(inputs);
  await program.dispose();
  const rng = Rng.of("direction", primitive, draw.variant);
  const names = floatsOf(inputs);
  const directions = new Map(names.map((name) => [name, Array.from(inputs[name].data, () => rng.normal())]));
  const at = (step: number): number =>
    onBackend("cpu", () => {
      const operands = Object.entries(inputs).map(([name, tensor]) => inDouble(tensor, directions.get(name), step));
      return lossOf(own.fn(operands, draw)[0]).item() as number;
    });
  const quotient = (at(STEP) - at(-STEP)) / (2 * STEP);
  const terms = names.flatMap((name) =>
    Array.from(gradients[name].data, (slope, i) => slope * directions.get(name)![i]),
  );
  const scale = 1 + terms.reduce((sum, term) => sum + Math.abs(term), 0);
  return Math.abs(terms.reduce((sum, term) => sum + term, 0) - quotient) / scale;
}

const floatsOf = (operands: Operands): string[] =>
  Object.keys(operands).filter((name) => operands[name].dtype === "float32");

const inOrder = (operands: Operands, args: Record<string, JaxArray>): JaxArray[] =>
  Object.keys(operands).map((name) => args[name]);

/** Gradients of all float operands, by name. */
function slopes(
  fn: Case["fn"],
  draw: Draw,
  operands: Operands,
  args: Record<string, JaxArray>,
): Record<string, JaxArray> {
  const names = floatsOf(operands);
  const loss = (...floats: JaxArray[]): JaxArray => {
    const given = { ...args, ...Object.fromEntries(names.map((name, i) => [name, floats[i]])) };
    return lossOf(fn(inOrder(operands, given), draw)[0]);
  };
  const argnums = names.map((_, i) => i);
  const gradients = grad(loss as never, { argnums } as never) as unknown as (...floats: JaxArray[]) => JaxArray[];
  return Object.fromEntries(gradients(...names.map((name) => args[name].ref)).map((slope, i) => [names[i], slope]));
}

/** A weighted sum, with other weights for every element. Consumes. */
function lossOf(result: JaxArray): JaxArray {
  const size = result.shape.reduce((n, extent) => n * extent, 1);
  const weights = np.array(Float32Array.from({ length: size }, (_, i) => Math.cos(1 + 2 * i))).reshape(result.shape);
  return np.sum(result.mul(weights));
}

/**
 * A tensor of jax-js's CPU device, moved along a direction; floats in float64, as the sum of two float32: jax-js cannot
 * take float64 in on Node 20, which has no Float16Array for it to compare with.
 */
function inDouble({ dtype, shape, data }: Tensor, direction: readonly number[] | undefined, step: number): JaxArray {
  if (dtype === "float32") {
    const moved = Array.from(data, (value, i) => value + step * (direction?.[i] ?? 0));
    const part = (of: readonly number[]): JaxArray => np.array(Float32Array.from(of)).astype(DType.Float64);
    const rest = moved.map((value) => value - Math.fround(value));
    return part(moved)
      .add(part(rest))
      .reshape([...shape]);
  }
  const type = { int32: DType.Int32, uint32: DType.Uint32, bool: DType.Bool }[dtype as "int32"];
  const values = dtype === "bool" ? Int32Array.from(data) : data;
  return np.array(values as Int32Array<ArrayBuffer>, { dtype: type }).reshape([...shape]);
}

function stack(name: string, draw: Draw, inputs: Case["inputs"]): Tensor {
  const parts = Array.from(
    { length: BATCH },
    (_, i) => inputs({ ...draw, rng: Rng.of("stack", name, i, draw.variant) })[name],
  );
  const [{ dtype, shape, data }] = parts;
  const all = parts.flatMap((part) => Array.from(part.data));
  const typed = data.constructor as unknown as { from(values: readonly number[]): Tensor["data"] };
  return { dtype, shape: [BATCH, ...shape], data: typed.from(all) };
}

const specOf = (primitive: string, inputs: Operands, fn: Fn): FunctionSpec => ({
  name: primitive,
  inputs: Object.fromEntries(
    Object.entries(inputs).map(([name, { dtype, shape }]) => [name, { dtype: dtype as ProgramType, shape }]),
  ),
  fn,
});

function distance(got: Operands, expected: Operands): number {
  let largest = 0;
  for (const [name, { dtype, shape, data }] of Object.entries(expected)) {
    const own = got[name];
    if (own.dtype !== dtype || String(own.shape) !== String(shape)) return Number.POSITIVE_INFINITY;
    for (let i = 0; i < data.length; i++) {
      if (Object.is(own.data[i], data[i])) continue;
      const error = Math.abs(own.data[i] - data[i]) / (1 + Math.abs(data[i]));
      largest = Math.max(largest, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
    }
  }
  return largest;
}
