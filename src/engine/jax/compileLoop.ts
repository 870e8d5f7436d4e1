/**
 * @file A loop specification as a program on one of jax-js's devices: the step is jitted once and called K times, with
 * pauses in which the page can draw and cancel.
 */
import type { Tensor } from "../../core/index.ts";
import { requireFits, requireOpen, requireRows, requireSameKeys, requireSteps, requireTensor } from "../checks.ts";
import type { LoopProgram, LoopRun, LoopSpec, Tensors } from "../device.ts";
import { pauseForEvents } from "../pause.ts";
import type { JaxArrays } from "../program.ts";
import { directOf, gatheredSpecs, requireDistinct } from "../program.ts";
import { withoutPrefix, withPrefix } from "../stepTable.ts";
import { download, type JaxBackend, upload } from "./backend.ts";
import { requireIndices } from "./indexLimits.ts";
import { Residents } from "./residents.ts";
import { takeRows } from "./takeRows.ts";
import { type TracedFunction, traceFunction } from "./traced.ts";

/** Work between two pauses: one frame of a page at 60 Hz, as far as steps are shorter than that. */
const SLICE_MS = 12;
const STATE = "state:";
const OUTPUT = "output:";

export function compileLoop(backend: JaxBackend, spec: LoopSpec): LoopProgram {
  const { name, resident, state, perStep, gathers } = spec;
  requireDistinct(name, [resident, state, perStep, gathers]);
  const gathered = gatheredSpecs(name, gathers, resident, perStep);
  const traced = traceFunction({
    name,
    backend,
    inputs: { ...directOf(resident), ...state, ...perStep, ...gathered },
    hashed: { resident, gathers },
    fn: (args) => {
      const { state: next, outputs } = spec.step(args);
      requireSameKeys(name, state, next);
      return { ...withPrefix(next, STATE), ...withPrefix(outputs, OUTPUT) };
    },
  });
  for (const [key, each] of Object.entries(state)) requireFits(name, key, each, traced.outputs[STATE + key]);
  const { reads, limits } = traced;
  const residents = new Residents({ program: name, backend, specs: resident, traced, gathers });
  const usedGathers = Object.entries(gathers).filter(([key]) => reads.has(key));
  let isDisposed = false;

  /** One step's arrays from the host: rows of the table and gathered rows, as far as the step reads them. */
  function rowArrays(sources: Readonly<Tensors>, table: Readonly<Tensors>, step: number): JaxArrays {
    const arrays: JaxArrays = {};
    for (const key of Object.keys(perStep)) if (reads.has(key)) arrays[key] = upload(backend, rowOf(table[key], step));
    for (const [key, gather] of usedGathers) {
      const rows = rowOf(table[gather.by], step).data;
      arrays[key] = upload(backend, takeRows(gather, sources[gather.from], rows, gathered[key]));
    }
    return arrays;
  }

  return {
    name,
    graphHash: traced.hash,
    bind(tensors) {
      requireOpen(name, isDisposed);
      residents.bind(tensors);
    },
    async run({ state: first, table, steps }) {
      requireOpen(name, isDisposed);
      requireSteps(name, steps);
      const indices = tableOf(spec, table, steps);
      for (const key of Object.keys(perStep))
        requireIndices(`Program ${name}, table "${key}"`, limits[key], table[key]);
      requireRows({ program: name, kind: "table", gathers, resident, indices });
      const outputs = stacked(traced, steps);
      const sources = residents.tensors;
      let carried = uploadState(backend, spec, first);
      const held = residents.refs();
      let sliceBegan = performance.now();
      for (let step = 0; step < steps; step++) {
        for (const key of Object.keys(state)) if (!reads.has(key)) carried[key].dispose();
        const results = traced.call({ ...refsOf(held), ...carried, ...rowArrays(sources, table, step) });
        carried = withoutPrefix(results, STATE);
        for (const [key, { data }] of Object.entries(outputs))
          data.set(await download(backend, results[OUTPUT + key]), (step * data.length) / steps);
        if (performance.now() - sliceBegan < SLICE_MS) continue;
        await pauseForEvents();
        sliceBegan = performance.now();
      }
      for (const array of Object.values(held)) array.dispose();
      return { state: await downloadState(backend, spec, carried), outputs };
    },
    async dispose() {
      if (isDisposed) return;
      isDisposed = true;
      residents.dispose();
      traced.dispose();
    },
  };
}

function tableOf({ name, perStep }: LoopSpec, table: LoopRun["table"], steps: number): Readonly<Tensors> {
  for (const [key, { dtype, shape }] of Object.entries(perStep))
    requireTensor(`Program ${name}, table "${key}"`, { dtype, shape: [steps, ...shape] }, table[key]);
  return table;
}

const refsOf = (arrays: JaxArrays): JaxArrays =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.ref]));

function rowOf({ dtype, shape, data }: Tensor, step: number): Tensor {
  const size = data.length / shape[0];
  return { dtype, shape: shape.slice(1), data: data.subarray(step * size, (step + 1) * size) };
}

function uploadState(backend: JaxBackend, { name, state }: LoopSpec, tensors: Readonly<Tensors>): JaxArrays {
  const checked = Object.entries(state).map(
    ([key, spec]) => [key, requireTensor(`Program ${name}, state "${key}"`, spec, tensors[key])] as const,
  );
  return Object.fromEntries(checked.map(([key, tensor]) => [key, upload(backend, tensor)]));
}

async function downloadState(backend: JaxBackend, { state }: LoopSpec, arrays: JaxArrays): Promise<Tensors> {
  const tensors: Tensors = {};
  for (const [key, { dtype, shape }] of Object.entries(state))
    tensors[key] = { dtype, shape, data: await download(backend, arrays[key]) };
  return tensors;
}

/** Room for every step's outputs. */
function stacked({ outputs }: TracedFunction, steps: number): Tensors {
  const room = {
    float32: Float32Array,
    int32: Int32Array,
    uint32: Uint32Array,
    bool: Uint8Array,
    uint8: Uint8Array,
  };
  return Object.fromEntries(
    Object.entries(withoutPrefix(outputs, OUTPUT)).map(([key, { type, shape }]): [string, Tensor] => {
      const size = shape.reduce((product, extent) => product * extent, steps);
      return [key, { dtype: type, shape: [steps, ...shape], data: new room[type](size) }];
    }),
  );
}
