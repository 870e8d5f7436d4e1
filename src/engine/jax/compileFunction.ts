/**
 * @file A function specification as a program on one of jax-js's devices.
 */
import type { Tensor } from "../../core/index.ts";
import { requireOpen, requireRows, requireTensor } from "../checks.ts";
import type { FunctionProgram, FunctionSpec } from "../device.ts";
import type { JaxArrays } from "../program.ts";
import { directOf, gatheredSpecs, requireDistinct } from "../program.ts";
import { download, type JaxBackend, upload } from "./backend.ts";
import { requireIndices } from "./indexLimits.ts";
import { Residents } from "./residents.ts";
import { takeRows } from "./takeRows.ts";
import { traceFunction } from "./traced.ts";

export function compileFunction(backend: JaxBackend, spec: FunctionSpec): FunctionProgram {
  const { name, inputs, resident = {}, gathers = {}, fn } = spec;
  requireDistinct(name, [inputs, resident, gathers]);
  const gathered = gatheredSpecs(name, gathers, resident, inputs);
  const traced = traceFunction({
    name,
    backend,
    inputs: { ...directOf(resident), ...inputs, ...gathered },
    hashed: { resident, gathers },
    fn,
  });
  const { reads, limits } = traced;
  const residents = new Residents({ program: name, backend, specs: resident, traced, gathers });
  const usedGathers = Object.fromEntries(Object.entries(gathers).filter(([key]) => reads.has(key)));
  let isDisposed = false;
  return {
    name,
    graphHash: traced.hash,
    bind(tensors) {
      requireOpen(name, isDisposed);
      residents.bind(tensors);
    },
    async run(tensors) {
      requireOpen(name, isDisposed);
      const sources = residents.tensors;
      const given: Record<string, Tensor> = {};
      const asked = new Set([...reads, ...Object.values(usedGathers).map(({ by }) => by)]);
      for (const key of Object.keys(inputs))
        if (asked.has(key)) given[key] = requireTensor(`Program ${name}, input "${key}"`, inputs[key], tensors[key]);
      for (const [key, tensor] of Object.entries(given))
        requireIndices(`Program ${name}, input "${key}"`, limits[key], tensor);
      requireRows({ program: name, kind: "input", gathers: usedGathers, resident, indices: given });
      const args: JaxArrays = residents.refs();
      for (const [key, gather] of Object.entries(usedGathers))
        args[key] = upload(backend, takeRows(gather, sources[gather.from], given[gather.by].data, gathered[key]));
      for (const key of Object.keys(given)) if (reads.has(key)) args[key] = upload(backend, given[key]);
      const results = traced.call(args);
      const outputs: Record<string, Tensor> = {};
      for (const [key, { type, shape }] of Object.entries(traced.outputs))
        outputs[key] = { dtype: type, shape, data: await download(backend, results[key]) };
      return outputs;
    },
    async dispose() {
      if (isDisposed) return;
      isDisposed = true;
      residents.dispose();
      traced.dispose();
    },
  };
}
