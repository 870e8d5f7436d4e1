/**
 * @file One run's model of `shortcut-digits`: what the native trainer drives.
 */
import { type Factors, type Numerics, Rng, type Seeds, type Tensor } from "../../../core/index.ts";

import { type Device, type LoopProgram, type LoopSpec, normal, zeros } from "../../../engine/index.ts";

import { initialState, optimizerColumns } from "../../adamwTraining.ts";
import { CLASSES, loadMnist, PIXELS, TRAIN_IMAGES } from "../../data/mnist.ts";
import type { MemberLoop } from "../../ensemble/memberLoop.ts";
import type { OpenModelOptions } from "../../nativeOrganism.ts";
import type { NativeModel, State } from "../../nativeTrainer.ts";
import { ProgramCache } from "../../programCache.ts";
import type { Regime } from "../../regime.ts";
import { patchTable } from "./cues.ts";
import { evaluate } from "./evaluation.ts";
import type { ShortcutSettings } from "./parameters.ts";
import { drawPresentations } from "./presentations.ts";
import { parameterSpecs, trainingLoop } from "./program.ts";
import { drawTrainingSet, type TrainingSet } from "./trainingSet.ts";

const loops = new ProgramCache<LoopProgram>(4);

const PATCHES: Tensor = { dtype: "uint8", shape: [CLASSES + 1, PIXELS], data: patchTable() };

export async function openShortcutModel(options: OpenModelOptions): Promise<NativeModel> {
  const model = new ShortcutModel(options);
  await model.compile();
  return model;
}

class ShortcutModel implements NativeModel {
  private readonly settings: ShortcutSettings;
  private readonly device: Device;
  private readonly seeds: Seeds;
  private readonly sets = new Map<number, TrainingSet>();
  trainingBytes: number | undefined;
  private numericsKept: Numerics | undefined;

  constructor({ factors, seeds, device }: OpenModelOptions) {
    this.device = device;
    this.settings = settingsOf(factors);
    this.seeds = seeds;
  }

  get numerics(): Numerics {
    return this.numericsKept!;
  }

  /** The images are the same for all; what is drawn and set is each member's own. */
  get member(): MemberLoop {
    const spec = this.spec();
    return {
      spec,
      perMember: Object.keys(spec.perStep),
      resident: residentTensors(),
      table: (options) => this.tableOf(options),
    };
  }

  async compile(): Promise<void> {
    const loop = await this.loop();
    this.numericsKept = this.device.numericsOf(loop);
    this.trainingBytes = loop.memoryBytes;
  }

  /** Weights normal with variance 2/fan-in, biases 0. */
  initialState(): State {
    const specs = parameterSpecs(this.settings.architecture.hidden);
    const draw = (name: string): Tensor =>
      normal(Rng.of(this.seeds.init, "init", name), specs[name].shape, Math.sqrt(2 / specs[name].shape[0]));
    return initialState({ W1: draw("W1"), b1: zeros(specs.b1.shape), W2: draw("W2"), b2: zeros(specs.b2.shape) });
  }

  async update({ state, step, steps, regime }: { state: State; step: number; steps: number; regime: Regime }) {
    const loop = await this.loop();
    loop.bind(residentTensors());
    const result = await loop.run({ steps, state, table: this.tableOf({ step, steps, regime }) });
    return { state: result.state, batchLossNats: result.outputs.loss.data as Float32Array };
  }

  async firstNonFinite({ state, step, regime }: { state: State; step: number; regime: Regime }) {
    const table = this.tableOf({ step, steps: 1, regime });
    return this.device.firstNonFinite?.(this.spec(), { resident: residentTensors(), state, table });
  }

  measure(options: { state: State; only?: readonly string[]; detail: "quick" | "full" }) {
    const { data, architecture } = this.settings;
    return evaluate({
      ...options,
      device: this.device,
      hidden: architecture.hidden,
      trainingSet: this.trainingSet(data.cueAgreement),
      cueAgreement: data.cueAgreement,
    });
  }

  /** Programs belong to the process, not to the run. */
  async close(): Promise<void> {}

  private loop(): Promise<LoopProgram> {
    return loops.get(this.device, shapeOf(this.settings), () => this.device.compileLoop(this.spec()));
  }

  private spec(): LoopSpec {
    const { hidden } = this.settings.architecture;
    const { batchSize, beta1, beta2 } = this.settings.optimizer;
    return trainingLoop({ hidden, batchSize, beta1, beta2 });
  }

  private tableOf({ step, steps, regime }: { step: number; steps: number; regime: Regime }): Record<string, Tensor> {
    const settings = settingsOf(regime.factors);
    const drawn = drawPresentations({
      set: this.trainingSet(settings.data.cueAgreement),
      settings,
      orderSeed: regime.seeds.order,
      firstStep: step,
      steps,
    });
    const shape = [steps, settings.optimizer.batchSize];
    const smoothing = new Float32Array(steps).fill(settings.objective.labelSmoothing);
    return {
      index: { dtype: "int32", shape, data: drawn.index },
      cue: { dtype: "int32", shape, data: drawn.cue },
      label: { dtype: "int32", shape, data: drawn.label },
      weight: { dtype: "float32", shape, data: drawn.weight },
      smoothing: { dtype: "float32", shape: [steps], data: smoothing },
      ...optimizerColumns({ settings: settings.optimizer, firstStep: step, steps }),
    };
  }

  private trainingSet(cueAgreement: number): TrainingSet {
    let set = this.sets.get(cueAgreement);
    if (set === undefined) {
      set = drawTrainingSet({ dataSeed: this.seeds.data, trainSize: this.settings.data.trainSize, cueAgreement });
      this.sets.set(cueAgreement, set);
    }
    return set;
  }
}

function residentTensors(): Record<string, Tensor> {
  const { images } = loadMnist().train;
  return { images: { dtype: "uint8", shape: [TRAIN_IMAGES, PIXELS], data: images }, patches: PATCHES };
}

/** What the training program is made of. */
function shapeOf({ architecture: { hidden }, optimizer: { batchSize, beta1, beta2 } }: ShortcutSettings): string {
  return JSON.stringify({ hidden, batchSize, beta1, beta2 });
}

export const shortcutShapeOf = (factors: Factors): string => shapeOf(settingsOf(factors));

function settingsOf(factors: Factors): ShortcutSettings {
  return factors as unknown as ShortcutSettings;
}
