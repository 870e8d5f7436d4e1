/**
 * @file Our side of a case: the problem's training loop on the engine, ready to be run from its first state.
 */
import type { Tensor } from "../../src/core/index.ts";
import {
  adamw,
  initialTrainingState,
  type LoopProgram,
  type LoopSpec,
  type Specs,
  type Tensors,
  trainingColumns,
  trainingLoop,
} from "../../src/engine/index.ts";
import { nativeDevice, type SessionOptions } from "../../src/engine/native.ts";
import { MODELS } from "./models/index.ts";
import type { Problem } from "./problem.ts";

const PARTS = { optimizer: adamw({ beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }) };

export function loopSpec(problem: Problem): LoopSpec {
  const { gathers, loss } = MODELS[problem.model];
  const gathered = new Set(Object.values(gathers).map(({ from }) => from));
  const resident = gathered.size === 0 ? problem.resident : pick(problem.resident, (name) => gathered.has(name));
  return trainingLoop({
    ...PARTS,
    name: problem.model,
    parameters: specsOf(problem.parameters),
    resident: specsOf(resident),
    perStep: specsOf(problem.perStep, 1),
    gathers,
    loss,
  });
}

/** A program that goes on from where it was, step after step, and can begin again. */
export class OurRun {
  private readonly program: LoopProgram;
  private readonly problem: Problem;
  private state: Tensors;
  private step = 0;

  private constructor(program: LoopProgram, problem: Problem) {
    this.program = program;
    this.problem = problem;
    this.state = initialTrainingState(problem.parameters, PARTS);
  }

  static async open(problem: Problem, options?: SessionOptions): Promise<OurRun> {
    const spec = loopSpec(problem);
    const program = await nativeDevice.compileLoop(spec, options);
    program.bind(pick(problem.resident, (name) => name in spec.resident));
    return new OurRun(program, problem);
  }

  /** Back to the first state and the first batch. */
  restart(): void {
    this.state = initialTrainingState(this.problem.parameters, PARTS);
    this.step = 0;
  }

  /** Loss of every step. */
  async advance(steps: number): Promise<number[]> {
    const { state, outputs } = await this.program.run({ state: this.state, table: this.table(steps), steps });
    this.state = state;
    this.step += steps;
    return Array.from(outputs.loss.data);
  }

  close(): Promise<void> {
    return this.program.dispose();
  }

  private table(steps: number): Record<string, Tensor> {
    const { learningRate, weightDecay, perStep } = this.problem;
    const rows = Object.entries(perStep).map(([name, rowsOf]) => [name, rowsFrom(rowsOf, this.step, steps)] as const);
    const settingsAt = () => ({ learningRate, weightDecay });
    return {
      ...Object.fromEntries(rows),
      ...trainingColumns({ parts: PARTS, firstStep: this.step, steps, settingsAt }),
    };
  }
}

/** Rows first … first + count, counted around the end. */
function rowsFrom({ dtype, shape, data }: Tensor, first: number, count: number): Tensor {
  const [rows, ...rest] = shape;
  const size = data.length / rows;
  const picked = new Int32Array(count * size);
  for (let i = 0; i < count; i++) {
    const row = (first + i) % rows;
    picked.set(data.subarray(row * size, (row + 1) * size) as Int32Array, i * size);
  }
  return { dtype, shape: [count, ...rest], data: picked };
}

export function specsOf(tensors: Readonly<Record<string, Tensor>>, skippedAxes = 0): Specs {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { dtype, shape }]) => [name, { dtype, shape: shape.slice(skippedAxes) }]),
  );
}

function pick<T>(record: Readonly<Record<string, T>>, keep: (name: string) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => keep(name)));
}
