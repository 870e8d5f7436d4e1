/**
 * @file One run's model of `grokking`: what the native trainer drives.
 */
import { type Factors, type MeasuredValue, type Numerics, Rng, type Seeds, type Tensor } from "../../../core/index.ts";
import { type Device, type FunctionProgram, type LoopProgram, type LoopSpec, normal } from "../../../engine/index.ts";
import { initialState, optimizerColumns } from "../../adamwTraining.ts";
import type { MemberLoop } from "../../ensemble/memberLoop.ts";
import type { OpenModelOptions } from "../../nativeOrganism.ts";
import type { NativeModel, State } from "../../nativeTrainer.ts";
import { ProgramCache } from "../../programCache.ts";
import type { Regime } from "../../regime.ts";
import { measuresOfState } from "./measures.ts";
import type { GrokkingSettings } from "./parameters.ts";
import { answerFunction, type GrokkingShape, parameterSpecs, trainingLoop } from "./program.ts";
import { type ModularAddition, modularAddition } from "./task.ts";

const loops = new ProgramCache<LoopProgram>(6);
const functions = new ProgramCache<FunctionProgram>(3);

export async function openGrokkingModel(options: OpenModelOptions): Promise<NativeModel> {
  const model = new GrokkingModel(options);
  await model.compile();
  return model;
}

class GrokkingModel implements NativeModel {
  private readonly settings: GrokkingSettings;
  private readonly device: Device;
  private readonly seeds: Seeds;
  private readonly shape: GrokkingShape;
  private readonly task: ModularAddition;
  private readonly resident: Record<string, Tensor>;
  trainingBytes: number | undefined;
  private numericsKept: Numerics | undefined;

  constructor({ factors, seeds, device }: OpenModelOptions) {
    this.device = device;
    this.settings = settingsOf(factors);
    this.seeds = seeds;
    const { data, architecture } = this.settings;
    this.shape = { modulus: data.modulus, ...architecture };
    this.task = modularAddition({ ...data, dataSeed: seeds.data });
    const rows = this.task.trainRows;
    const ofRows = (values: Int32Array): Tensor => integers(Int32Array.from(rows, (row) => values[row]));
    const { first, second, labels } = this.task;
    this.resident = { first: ofRows(first), second: ofRows(second), labels: ofRows(labels) };
  }

  get numerics(): Numerics {
    return this.numericsKept!;
  }

  /** The training set is drawn by seed and every setting of the optimizer may change: all is each member's own. */
  get member(): MemberLoop {
    const spec = this.spec();
    const perMember = [...Object.keys(spec.resident), ...Object.keys(spec.perStep)];
    return { spec, perMember, resident: this.resident, table: tableOf };
  }

  async compile(): Promise<void> {
    const loop = await this.loop();
    this.numericsKept = this.device.numericsOf(loop);
    this.trainingBytes = loop.memoryBytes;
  }

  /** Normal with variances 1/embedding, 1/embedding, 1/hidden. */
  initialState(): State {
    const specs = parameterSpecs(this.shape);
    const { embedding, hidden } = this.shape;
    const draw = (name: string, variance: number): Tensor =>
      normal(Rng.of(this.seeds.init, "init", name), specs[name].shape, Math.sqrt(variance));
    return initialState({ E: draw("E", 1 / embedding), W1: draw("W1", 1 / embedding), W2: draw("W2", 1 / hidden) });
  }

  async update({ state, step, steps, regime }: { state: State; step: number; steps: number; regime: Regime }) {
    const loop = await this.loop();
    loop.bind(this.resident);
    const result = await loop.run({ steps, state, table: tableOf({ step, steps, regime }) });
    return { state: result.state, batchLossNats: result.outputs.loss.data as Float32Array };
  }

  async firstNonFinite({ state, step, regime }: { state: State; step: number; regime: Regime }) {
    const table = tableOf({ step, steps: 1, regime });
    return this.device.firstNonFinite?.(this.spec(), { resident: this.resident, state, table });
  }

  async measure({ state, only }: { state: State; only?: readonly string[] }): Promise<readonly MeasuredValue[]> {
    const program = await functions.get(this.device, JSON.stringify(this.shape), () =>
      this.device.compileFunction(answerFunction(this.shape)),
    );
    program.bind({ first: integers(this.task.first), second: integers(this.task.second) });
    const { E, W1, W2 } = state;
    const { logits } = await program.run({ E, W1, W2 });
    const values = measuresOfState({
      task: this.task,
      logits: logits.data as Float32Array,
      parameters: { E: E.data as Float32Array, W1: W1.data as Float32Array, W2: W2.data as Float32Array },
    });
    return only === undefined ? values : values.filter(({ measure }) => only.includes(measure));
  }

  /** Programs belong to the process, not to the run. */
  async close(): Promise<void> {}

  private loop(): Promise<LoopProgram> {
    return loops.get(this.device, shapeOf(this.settings), () => this.device.compileLoop(this.spec()));
  }

  private spec(): LoopSpec {
    const { beta1, beta2 } = this.settings.optimizer;
    return trainingLoop({ ...this.shape, pairs: this.task.trainRows.length, beta1, beta2 });
  }
}

function tableOf({ step, steps, regime }: { step: number; steps: number; regime: Regime }): Record<string, Tensor> {
  return optimizerColumns({ settings: settingsOf(regime.factors).optimizer, firstStep: step, steps });
}

const integers = (data: Int32Array): Tensor => ({ dtype: "int32", shape: [data.length], data });

/** What the training program is made of. */
function shapeOf({ data, architecture, optimizer: { beta1, beta2 } }: GrokkingSettings): string {
  return JSON.stringify({ ...data, ...architecture, beta1, beta2 });
}

export const grokkingShapeOf = (factors: Factors): string => shapeOf(settingsOf(factors));

function settingsOf(factors: Factors): GrokkingSettings {
  return factors as unknown as GrokkingSettings;
}
