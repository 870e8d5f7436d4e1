/**
 * @file A function with routines of linear algebra in it: its stretches as runtime sessions, and the routines between
 * them on jax-js's own CPU device. The values in between leave the runtime, so this is for functions; a training loop
 * refuses routines before it starts.
 */
import type { Tensor } from "../../core/index.ts";
import { sha256Hex } from "../../core/index.ts";
import { requireOpen } from "../checks.ts";
import type { FunctionProgram, FunctionSpec } from "../device.ts";
import { lowerTraced } from "../lowerFunction.ts";
import type { Equation } from "../trace/program.ts";
import type { SegmentedProgram } from "../trace/segments.ts";
import { nameOf } from "../trace/segments.ts";
import { openFunction } from "./openFunction.ts";
import { runRoutine } from "./routines.ts";
import type { SessionOptions } from "./session.ts";

interface Stage {
  /** Undefined where there is nothing to compute before the routines. */
  readonly function: FunctionProgram | undefined;
  readonly routines: readonly Equation[];
}

export async function openSegments(
  spec: FunctionSpec,
  { segments, outputs }: SegmentedProgram,
  options: SessionOptions,
): Promise<FunctionProgram> {
  const stages: Stage[] = [];
  for (const { program, given, routines } of segments) {
    const own = { ...spec, inputs: { ...spec.inputs, ...given } };
    const isEmpty = program.outputs.length === 0;
    stages.push({
      function: isEmpty ? undefined : await openFunction(own, lowerTraced(own, program), options),
      routines,
    });
  }
  const sessions = stages.flatMap((stage) => (stage.function === undefined ? [] : [stage.function]));
  let isDisposed = false;
  return {
    name: spec.name,
    graphHash: sha256Hex(stages.map(describeStage).join("\n")),
    bind(tensors) {
      for (const session of sessions) session.bind(tensors);
    },
    async run(tensors) {
      requireOpen(spec.name, isDisposed);
      const known: Record<string, Tensor> = { ...tensors };
      for (const stage of stages) {
        Object.assign(known, await stage.function?.run(known));
        for (const routine of stage.routines) {
          const operands = routine.inputs.map((operand) => known[operand.kind === "variable" ? nameOf(operand) : ""]);
          const results = await runRoutine(routine, operands);
          for (const [i, variable] of routine.outputs.entries()) known[nameOf(variable)] = results[i];
        }
      }
      return Object.fromEntries(Object.entries(outputs).map(([key, name]) => [key, known[name]]));
    },
    async dispose() {
      isDisposed = true;
      for (const session of sessions) await session.dispose();
    },
  };
}

function describeStage({ function: program, routines }: Stage): string {
  const calls = routines.map(({ primitive, params }) => `${primitive} ${JSON.stringify(params)}`);
  return [program?.graphHash ?? "", ...calls].join(" ");
}
