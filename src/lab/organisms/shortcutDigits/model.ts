/**
 * @file One run's model of `shortcut-digits`: what the native trainer drives.
 */
import { type Factors, type MeasuredValue, Rng, type Seeds, type Tensor } from "../../../core/index.ts";
import {
  compileFunction,
  compileLoop,
  type FunctionProgram,
  heNormal,
  type LoopProgram,
  numericsOf,
  zeros,
} from "../../../engine/index.ts";
import { initialState, optimizerColumns } from "../../adamwTraining.ts";
import { CLASSES, loadMnist, PIXELS, TEST_IMAGES, TRAIN_IMAGES } from "../../data/mnist.ts";
import type { NativeModel, State } from "../../nativeTrainer.ts";
import { countMatches, type Readout, readLogits } from "../../probes/logits.ts";
import { ProgramCache } from "../../programCache.ts";
import type { Regime } from "../../regime.ts";
import { NO_CUE, patchTable } from "./cues.ts";
import { FULL_IMAGES, heldOut, QUICK_IMAGES } from "./heldOut.ts";
import { lossOf, measuresOfAnswers, shareOf } from "./measures.ts";
import type { ShortcutSettings } from "./parameters.ts";
import { drawPresentations } from "./presentations.ts";
import { answerFunction, attackedFunction, parameterSpecs, trainingLoop } from "./program.ts";
import { drawTrainingSet, type TrainingSet } from "./trainingSet.ts";

const TRAIN_LOSS_IMAGES = 1000;
const ATTACKED_QUICK = 500;
const ATTACKED_FULL = 2000;
/** Multiplications per call of the training loop: about 50 ms on a core of 2020. */
const CALL_WORK = 4e9;

const loops = new ProgramCache<LoopProgram>(4);
const functions = new ProgramCache<FunctionProgram>(6);

const uint8 = (data: Uint8Array, rows: number): Tensor => ({ dtype: "uint8", shape: [rows, PIXELS], data });
const int32 = (values: ArrayLike<number>): Tensor => ({
  dtype: "int32",
  shape: [values.length],
  data: values instanceof Int32Array ? values : Int32Array.from(values),
});
const PATCHES = uint8(patchTable(), CLASSES + 1);

export async function openShortcutModel(options: { factors: Factors; seeds: Seeds }): Promise<NativeModel> {
  const model = new ShortcutModel(options);
  await model.compile();
  return model;
}

class ShortcutModel implements NativeModel {
  private readonly settings: ShortcutSettings;
  private readonly seeds: Seeds;
  private readonly sets = new Map<number, TrainingSet>();
  private numericsKept: ReturnType<typeof numericsOf> | undefined;

  constructor({ factors, seeds }: { factors: Factors; seeds: Seeds }) {
    this.settings = settingsOf(factors);
    this.seeds = seeds;
  }

  get numerics() {
    return this.numericsKept!;
  }

  async compile(): Promise<void> {
    this.numericsKept = numericsOf(await this.loop());
  }

  initialState(): State {
    const specs = parameterSpecs(this.settings.architecture.hidden);
    const draw = (name: string): Tensor => heNormal(Rng.of(this.seeds.init, "init", name), specs[name].shape);
    return initialState({ W1: draw("W1"), b1: zeros(specs.b1.shape), W2: draw("W2"), b2: zeros(specs.b2.shape) });
  }

  stepsPerCall(): number {
    const { architecture, optimizer } = this.settings;
    return Math.max(1, Math.round(CALL_WORK / (3 * optimizer.batchSize * architecture.hidden * (PIXELS + CLASSES))));
  }

  async update({ state, step, steps, regime }: { state: State; step: number; steps: number; regime: Regime }) {
    const settings = settingsOf(regime.factors);
    const drawn = drawPresentations({
      set: this.trainingSet(settings.data.cueAgreement),
      settings,
      orderSeed: regime.seeds.order,
      firstStep: step,
      steps,
    });
    const shape = [steps, settings.optimizer.batchSize];
    const { train } = loadMnist();
    const loop = await this.loop();
    loop.bind({ images: uint8(train.images, TRAIN_IMAGES), patches: PATCHES });
    const result = await loop.run({
      steps,
      state,
      table: {
        index: { dtype: "int32", shape, data: drawn.index },
        cue: { dtype: "int32", shape, data: drawn.cue },
        label: { dtype: "int32", shape, data: drawn.label },
        weight: { dtype: "float32", shape, data: drawn.weight },
        smoothing: {
          dtype: "float32",
          shape: [steps],
          data: new Float32Array(steps).fill(settings.objective.labelSmoothing),
        },
        ...optimizerColumns({ settings: settings.optimizer, firstStep: step, steps }),
      },
    });
    return { state: result.state, batchLossNats: result.outputs.loss.data as Float32Array };
  }

  async measure(options: { state: State; only?: readonly string[]; detail: "quick" | "full" }) {
    const { state, only, detail } = options;
    const wanted = (name: string): boolean => only === undefined || only.includes(name);
    const values: MeasuredValue[] = [];
    if (wanted("train.loss")) values.push(lossOf("train.loss", await this.answersInTraining(state)));
    if (only === undefined || only.some((name) => name !== "train.loss" && name !== "robust.accuracy"))
      values.push(...(await this.answersHeldOut(state, detail)).filter(({ measure }) => wanted(measure)));
    if (wanted("robust.accuracy")) values.push(await this.underAttack(state, detail));
    return values;
  }

  /** Programs belong to the process, not to the run. */
  async close(): Promise<void> {}

  private loop(): Promise<LoopProgram> {
    const { hidden } = this.settings.architecture;
    const { batchSize, beta1, beta2 } = this.settings.optimizer;
    return loops.get(`${hidden}/${batchSize}/${beta1}/${beta2}`, () =>
      compileLoop(trainingLoop({ hidden, batchSize, beta1, beta2 })),
    );
  }

  private trainingSet(cueAgreement: number): TrainingSet {
    let set = this.sets.get(cueAgreement);
    if (set === undefined) {
      set = drawTrainingSet({ dataSeed: this.seeds.data, trainSize: this.settings.data.trainSize, cueAgreement });
      this.sets.set(cueAgreement, set);
    }
    return set;
  }

  private async answersInTraining(state: State): Promise<Readout> {
    const set = this.trainingSet(this.settings.data.cueAgreement);
    const count = Math.min(TRAIN_LOSS_IMAGES, set.size);
    const [indices, cues, labels] = [set.indices, set.cues, set.labels].map((all) => all.subarray(0, count));
    return readLogits(await this.answers({ state, file: "train", indices, cues }), labels, CLASSES);
  }

  private async answersHeldOut(state: State, detail: "quick" | "full"): Promise<MeasuredValue[]> {
    const set = heldOut(detail === "full" ? FULL_IMAGES : QUICK_IMAGES);
    const render = async (cues: Uint8Array): Promise<Readout> => {
      const logits = new Float32Array(set.count * CLASSES);
      for (let from = 0; from < set.count; from += QUICK_IMAGES) {
        const part = (values: Int32Array | Uint8Array) => values.subarray(from, from + QUICK_IMAGES);
        const own = await this.answers({ state, file: "test", indices: part(set.indices), cues: part(cues) });
        logits.set(own, from * CLASSES);
      }
      return readLogits(logits, set.labels, CLASSES);
    };
    return measuresOfAnswers({
      heldOut: set,
      own: await render(set.labels),
      conflict: await render(set.conflictCues),
      clean: await render(new Uint8Array(set.count).fill(NO_CUE)),
      cueAgreement: this.settings.data.cueAgreement,
    });
  }

  private async answers(options: {
    state: State;
    file: "train" | "test";
    indices: ArrayLike<number>;
    cues: ArrayLike<number>;
  }): Promise<Float32Array> {
    const { state, file, indices, cues } = options;
    const { hidden } = this.settings.architecture;
    const count = indices.length;
    const program = await functions.get(`answers/${hidden}/${count}/${file}`, () =>
      compileFunction(answerFunction({ hidden, count, file })),
    );
    const { images, count: rows } = loadMnist()[file];
    program.bind({ images: uint8(images, rows), patches: PATCHES });
    const { logits } = await program.run({ ...parametersOf(state), index: int32(indices), cue: int32(cues) });
    return logits.data as Float32Array;
  }

  private async underAttack(state: State, detail: "quick" | "full"): Promise<MeasuredValue> {
    const { hidden } = this.settings.architecture;
    const count = detail === "full" ? ATTACKED_FULL : ATTACKED_QUICK;
    const set = heldOut(QUICK_IMAGES);
    const program = await functions.get(`attack/${hidden}/${count}`, () =>
      compileFunction(attackedFunction({ hidden, count })),
    );
    program.bind({ images: uint8(loadMnist().test.images, TEST_IMAGES) });
    const labels = set.labels.subarray(0, count);
    const { logits } = await program.run({
      ...parametersOf(state),
      index: int32(set.indices.subarray(0, count)),
      label: int32(labels),
    });
    const { answers } = readLogits(logits.data as Float32Array, labels, CLASSES);
    return shareOf("robust.accuracy", countMatches(answers, labels), count);
  }
}

function settingsOf(factors: Factors): ShortcutSettings {
  return factors as unknown as ShortcutSettings;
}

function parametersOf({ W1, b1, W2, b2 }: State): Record<string, Tensor> {
  return { W1, b1, W2, b2 };
}
