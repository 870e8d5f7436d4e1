/**
 * @file Finds where NaN or ±∞ first arises inside one training step: runs the lowered step once, with every float value
 * that it computes as an output, and walks back from a bad result to a node whose operands are all finite.
 *
 * The graph is run as it was lowered, without the runtime's own optimizations, which may round differently: when everything
 * is finite then, there is no answer, and undefined says so. Needs finite states to give a useful answer.
 */
import type { Tensor } from "../../core/index.ts";
import type { LoopSpec, NonFiniteOrigin, Tensors } from "../device.ts";
import { computedFloats, inPortions, originOf, probeGraph, probePort, rowPort } from "../diagnose/probeGraph.ts";
import type { Graph, Value } from "../ir/types.ts";
import { lowerLoop } from "../lowerLoop.ts";
import { FUNCTION_NAMES, functionModel } from "../onnx/functionModel.ts";
import { STEP_PORTS } from "../onnx/loopModel.ts";
import { initEngine } from "../program.ts";
import { SCALARS_TABLE, scalarNames } from "../stepTable.ts";
import { openSession, type ort } from "./session.ts";
import { fromRuntime, toRuntime } from "./tensors.ts";

/** Values handed out by one run. */
const PORTION_BYTES = 256 * 2 ** 20;

interface Contents {
  readonly nans: number;
  readonly infinities: number;
  /** Largest magnitude of the finite ones. */
  readonly reach: number;
  readonly of: number;
}

/** `table` has one row: that of the step in question. */
export async function firstNonFinite(
  spec: LoopSpec,
  { resident, state, table }: { readonly resident: Tensors; readonly state: Tensors; readonly table: Tensors },
): Promise<NonFiniteOrigin | undefined> {
  await initEngine();
  const { step } = lowerLoop(spec);
  const inputs = inputsOf(spec, { resident, state, table });
  const contents = new Map<Value, Contents>();
  const note = (value: Value, data: Tensor["data"]): void => {
    if (data instanceof Float32Array) contents.set(value, contentsOf(data));
  };
  const isBad = (value: Value): boolean => {
    const { nans, infinities } = contents.get(value) ?? { nans: 0, infinities: 0 };
    return nans + infinities > 0;
  };
  const names = new Map<Value, string>();
  for (const { name, value } of probeGraph(step, computedFloats(step)).inputs) {
    names.set(value, name);
    note(value, inputs[name].data);
  }
  for (const values of inPortions(computedFloats(step), PORTION_BYTES))
    for (const [value, data] of await valuesOf(probeGraph(step, values), inputs)) note(value, data);
  const result = step.outputs.find(({ value }) => isBad(value));
  if (result === undefined) return undefined;
  const origin = originOf(step, result.value, isBad);
  return described(origin, contents, names.get(origin));
}

async function valuesOf(probe: Graph, inputs: Tensors): Promise<[Value, Tensor["data"]][]> {
  const session = await openSession(probe.name, functionModel(probe), { optimization: "disabled" });
  try {
    const feeds = Object.fromEntries(
      probe.inputs.map(({ name, value: { type, shape } }) => [
        FUNCTION_NAMES.input(name),
        toRuntime(`Program ${probe.name}, "${name}"`, { dtype: type as Tensor["dtype"], shape }, inputs[name]),
      ]),
    );
    const results = await session.run(feeds);
    return probe.outputs.map(({ value }) => [
      value,
      fromRuntime(results[FUNCTION_NAMES.output(probePort(value))] as ort.Tensor).data,
    ]);
  } finally {
    await session.release();
  }
}

/** By the names that the step's graph gives them. */
function inputsOf(
  { perStep }: LoopSpec,
  { resident, state, table }: { readonly resident: Tensors; readonly state: Tensors; readonly table: Tensors },
): Tensors {
  const inputs: Tensors = {};
  for (const [name, tensor] of Object.entries(resident)) inputs[STEP_PORTS.resident(name)] = tensor;
  for (const [name, tensor] of Object.entries(state)) inputs[STEP_PORTS.state(name)] = tensor;
  const scalars = scalarNames(perStep);
  inputs[rowPort(SCALARS_TABLE)] = {
    dtype: "float32",
    shape: [scalars.length],
    data: Float32Array.from(scalars, (name) => table[name].data[0]),
  };
  for (const [name, { dtype, shape }] of Object.entries(perStep))
    inputs[rowPort(name)] = { dtype, shape, data: table[name].data };
  return inputs;
}

function contentsOf(data: Float32Array): Contents {
  let nans = 0;
  let infinities = 0;
  let reach = 0;
  for (const value of data)
    if (Number.isNaN(value)) nans++;
    else if (!Number.isFinite(value)) infinities++;
    else if (Math.abs(value) > reach) reach = Math.abs(value);
  return { nans, infinities, reach, of: data.length };
}

function described(
  value: Value,
  contents: ReadonlyMap<Value, Contents>,
  inputName: string | undefined,
): NonFiniteOrigin {
  const { producer, type, shape } = value;
  const { nans, infinities, of } = contents.get(value)!;
  const where = inputName ?? `${producer!.op} in ${placeOf(producer!.scope)}`;
  const parts = [nans > 0 ? `${nans} NaN` : "", infinities > 0 ? `${infinities} infinite` : ""].filter(Boolean);
  const reach = (producer?.inputs ?? []).flatMap((input) => contents.get(input)?.reach ?? []);
  const operands = reach.length === 0 ? "" : `, from operands up to ${Math.max(...reach).toPrecision(3)}`;
  return { where, text: `${where}, ${type} [${shape.join(", ")}]: ${parts.join(" and ")} of ${of} values${operands}` };
}

/** "mlp/hidden_jvp_resid_t" as jax-js calls the backward half of a layer under a gradient: "mlp/hidden, backward". */
function placeOf(scope: string): string {
  const isBackward = /_jvp\w*_t(\/|$)/.test(scope);
  return `${scope.replace(/_jvp(_[a-z]+)*(?=\/|$)/g, "")}${isBackward ? ", backward" : ""}`;
}
