/**
 * @file Measures a state of `shortcut-digits`: asks the network for its answers and hands them to the measures.
 *
 * Reads the state and changes nothing. Only what the wanted measures need is computed.
 */
import type { MeasuredValue, Tensor } from "../../../core/index.ts";
import type { Device, FunctionProgram, FunctionSpec } from "../../../engine/index.ts";
import { CLASSES, loadMnist, PIXELS, TEST_IMAGES, TRAIN_IMAGES } from "../../data/mnist.ts";
import type { State } from "../../nativeTrainer.ts";
import { countMatches, type Readout, readLogits } from "../../probes/logits.ts";
import { ProgramCache } from "../../programCache.ts";
import { CUE_PIXELS, patchTable, takeColumns } from "./cues.ts";
import { FULL_IMAGES, heldOut, QUICK_IMAGES } from "./heldOut.ts";
import { lossOf, measuresOfAnswers, shareOf } from "./measures.ts";
import { attackedFunction, heldOutAnswers, trainingAnswers } from "./program.ts";
import type { TrainingSet } from "./trainingSet.ts";

const TRAIN_LOSS_IMAGES = 1000;
const ATTACKED_QUICK = 500;
const ATTACKED_FULL = 2000;
const RENDERINGS = ["own", "conflict", "clean"] as const;

const functions = new ProgramCache<FunctionProgram>(6);

export interface EvaluationOptions {
  readonly device: Device;
  readonly state: State;
  readonly hidden: number;
  /** The run's training set at the agreement that its process began with. */
  readonly trainingSet: TrainingSet;
  readonly cueAgreement: number;
  readonly only?: readonly string[];
  readonly detail: "quick" | "full";
}

export async function evaluate(options: EvaluationOptions): Promise<MeasuredValue[]> {
  const { only } = options;
  const wanted = (name: string): boolean => only === undefined || only.includes(name);
  const values: MeasuredValue[] = [];
  if (wanted("train.loss")) values.push(lossOf("train.loss", await answersInTraining(options)));
  if (only === undefined || only.some((name) => name !== "train.loss" && name !== "robust.accuracy"))
    values.push(...(await answersHeldOut(options)).filter(({ measure }) => wanted(measure)));
  if (wanted("robust.accuracy")) values.push(await underAttack(options));
  return values;
}

async function answersInTraining({ device, state, hidden, trainingSet }: EvaluationOptions): Promise<Readout> {
  const count = Math.min(TRAIN_LOSS_IMAGES, trainingSet.size);
  const program = await compiled(device, trainingAnswers({ hidden, count }));
  program.bind({
    images: bytes(loadMnist().train.images, TRAIN_IMAGES),
    patches: bytes(patchTable(), CLASSES + 1),
  });
  const { logits } = await program.run({
    ...parametersOf(state),
    index: int32(trainingSet.indices.subarray(0, count)),
    cue: int32(trainingSet.cues.subarray(0, count)),
  });
  return readLogits(logits.data as Float32Array, trainingSet.labels.subarray(0, count), CLASSES);
}

async function answersHeldOut(options: EvaluationOptions): Promise<MeasuredValue[]> {
  const { device, state, hidden, cueAgreement, detail } = options;
  const set = heldOut(detail === "full" ? FULL_IMAGES : QUICK_IMAGES);
  const program = await compiled(device, heldOutAnswers({ hidden, count: QUICK_IMAGES }));
  const W1edge = edgeRows(state.W1, hidden);
  const logits = RENDERINGS.map(() => new Float32Array(set.count * CLASSES));
  for (let from = 0; from < set.count; from += QUICK_IMAGES) {
    const part = (values: Int32Array | Uint8Array): Tensor => int32(values.subarray(from, from + QUICK_IMAGES));
    program.bind(heldOutResident());
    const answers = await program.run({
      ...parametersOf(state),
      W1edge,
      index: part(set.indices),
      ownCue: part(set.labels),
      conflictCue: part(set.conflictCues),
    });
    for (const [i, name] of RENDERINGS.entries()) logits[i].set(answers[name].data as Float32Array, from * CLASSES);
  }
  const [own, conflict, clean] = logits.map((rows) => readLogits(rows, set.labels, CLASSES));
  return measuresOfAnswers({ heldOut: set, own, conflict, clean, cueAgreement });
}

async function underAttack({ device, state, hidden, detail }: EvaluationOptions): Promise<MeasuredValue> {
  const count = detail === "full" ? ATTACKED_FULL : ATTACKED_QUICK;
  const set = heldOut(QUICK_IMAGES);
  const program = await compiled(device, attackedFunction({ hidden, count }));
  program.bind({ images: bytes(loadMnist().test.images, TEST_IMAGES) });
  const labels = set.labels.subarray(0, count);
  const { logits } = await program.run({
    ...parametersOf(state),
    index: int32(set.indices.subarray(0, count)),
    label: int32(labels),
  });
  const { answers } = readLogits(logits.data as Float32Array, labels, CLASSES);
  return shareOf("robust.accuracy", countMatches(answers, labels), count);
}

/** Names say everything that a program's graph depends on. */
function compiled(device: Device, spec: FunctionSpec): Promise<FunctionProgram> {
  return functions.get(device, spec.name, () => device.compileFunction(spec));
}

let edges: { edges: Tensor; patches: Tensor } | undefined;

function heldOutResident(): Record<string, Tensor> {
  const { images } = loadMnist().test;
  edges ??= {
    edges: bytes(takeColumns(images, PIXELS, CUE_PIXELS), TEST_IMAGES, CUE_PIXELS.length),
    patches: bytes(takeColumns(patchTable(), PIXELS, CUE_PIXELS), CLASSES + 1, CUE_PIXELS.length),
  };
  return { images: bytes(images, TEST_IMAGES), ...edges };
}

/** The rows of W1 that belong to the pixels of the cues. */
function edgeRows({ data }: Tensor, hidden: number): Tensor {
  const rows = new Float32Array(CUE_PIXELS.length * hidden);
  for (const [row, pixel] of CUE_PIXELS.entries())
    rows.set(data.subarray(pixel * hidden, (pixel + 1) * hidden), row * hidden);
  return { dtype: "float32", shape: [CUE_PIXELS.length, hidden], data: rows };
}

function parametersOf({ W1, b1, W2, b2 }: State): Record<string, Tensor> {
  return { W1, b1, W2, b2 };
}

function bytes(data: Uint8Array, rows: number, columns = PIXELS): Tensor {
  return { dtype: "uint8", shape: [rows, columns], data };
}

function int32(values: ArrayLike<number>): Tensor {
  const data = values instanceof Int32Array ? values : Int32Array.from(values);
  return { dtype: "int32", shape: [data.length], data };
}
