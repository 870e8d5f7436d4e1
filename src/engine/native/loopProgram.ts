/**
 * @file A compiled training loop, ready to run. One call blocks the event loop for its K steps; choose K for that.
 */
import { requireBound, requireOpen, requireRows, requireSteps } from "../checks.ts";
import type { LoopProgram, LoopSpec, Tensors } from "../device.ts";
import type { LoopLayout } from "../onnx/loopModel.ts";
import { LOOP_NAMES } from "../onnx/loopModel.ts";
import type { Specs } from "../program.ts";
import { SCALARS_TABLE, scalarNames } from "../stepTable.ts";
import { ort, runSession } from "./session.ts";
import { fromRuntime, toRuntime } from "./tensors.ts";

export function openLoopProgram(options: {
  readonly session: ort.InferenceSession;
  readonly spec: LoopSpec;
  readonly layout: LoopLayout;
  readonly graphHash: string;
  readonly memoryBytes: number;
}): LoopProgram {
  const { session, spec, layout, graphHash, memoryBytes } = options;
  const { name } = spec;
  let resident: Record<string, ort.Tensor> | undefined;
  let isDisposed = false;
  return {
    name,
    graphHash,
    memoryBytes,
    bind(tensors) {
      requireOpen(name, isDisposed);
      resident = {};
      for (const slot of layout.resident)
        resident[LOOP_NAMES.resident(slot.name)] = toRuntime(
          `Program ${name}, resident "${slot.name}"`,
          spec.resident[slot.name],
          tensors[slot.name],
        );
    },
    async run({ state, table, steps }) {
      requireOpen(name, isDisposed);
      requireSteps(name, steps);
      if (layout.resident.length > 0) requireBound(name, resident);
      const feeds: Record<string, ort.Tensor> = {
        ...resident,
        ...feedsOfState(name, spec.state, state),
        ...feedsOfTable(name, layout, spec.perStep, table, steps),
        [LOOP_NAMES.steps]: new ort.Tensor("int64", BigInt64Array.of(BigInt(steps)), []),
      };
      requireRows({ program: name, kind: "table", gathers: spec.gathers, resident: spec.resident, indices: table });
      const results = await runSession(name, session, feeds);
      return {
        state: pick(layout.state, results, LOOP_NAMES.finalState),
        outputs: pick(layout.outputs, results, LOOP_NAMES.output),
      };
    },
    async dispose() {
      if (isDisposed) return;
      isDisposed = true;
      await session.release();
    },
  };
}

function feedsOfState(program: string, specs: Specs, state: Readonly<Tensors>): Record<string, ort.Tensor> {
  return Object.fromEntries(
    Object.entries(specs).map(([key, spec]) => [
      LOOP_NAMES.state(key),
      toRuntime(`Program ${program}, state "${key}"`, spec, state[key]),
    ]),
  );
}

function feedsOfTable(
  program: string,
  layout: LoopLayout,
  perStep: Specs,
  table: Readonly<Tensors>,
  steps: number,
): Record<string, ort.Tensor> {
  const feeds: Record<string, ort.Tensor> = {};
  for (const [key, { dtype, shape }] of Object.entries(perStep))
    feeds[key] = toRuntime(`Program ${program}, table "${key}"`, { dtype, shape: [steps, ...shape] }, table[key]);
  return Object.fromEntries(
    layout.tables.map(({ name }) => [
      LOOP_NAMES.table(name),
      name === SCALARS_TABLE ? packScalars(scalarNames(perStep), feeds, steps) : feeds[name],
    ]),
  );
}

function packScalars(names: readonly string[], feeds: Readonly<Record<string, ort.Tensor>>, steps: number): ort.Tensor {
  const packed = new Float32Array(steps * names.length);
  for (const [column, name] of names.entries()) {
    const values = feeds[name].data as Float32Array;
    for (let step = 0; step < steps; step++) packed[step * names.length + column] = values[step];
  }
  return new ort.Tensor("float32", packed, [steps, names.length]);
}

function pick(
  slots: readonly { readonly name: string }[],
  results: ort.InferenceSession.OnnxValueMapType,
  nameOf: (name: string) => string,
): Tensors {
  return Object.fromEntries(slots.map(({ name }) => [name, fromRuntime(results[nameOf(name)] as ort.Tensor)]));
}
