/**
 * @file `trainer_state.json` of Hugging Face's Trainer: the log of a run, written again with every checkpoint.
 *
 * All files of one run (`run/checkpoint-*\/trainer_state.json` and `run/trainer_state.json`) are one run: they are read by
 * `global_step`, and what an earlier file already told is not pushed again. Where what a later file adds goes back in steps, a
 * restart withdrew what was told from there on: it is the next segment. The format is rewritten, not appended to, and is read
 * whole each time.
 *
 * Names: `eval_loss` is `eval/loss`, `test_x` is `test/x`, everything else `train/loss`, `train/learning_rate`, …; so what is
 * logged while training and in evaluation never meets, though they share steps. `epoch` is a measure of its own. The entry
 * that ends the log (the one with `train_runtime`) is about the whole run: it becomes configuration `final.*`. An entry
 * without a whole step, and values that are no numbers, are counted; NaN and Infinity are values.
 */
import type { Json } from "../../core/index.ts";
import type {
  Bridge,
  ImportSink,
  ImportUnit,
  ReadOptions,
  RunFacts,
  RunSink,
  SourceFile,
  SourceTree,
} from "../bridge.ts";
import { isJsonObject, readJsonFile } from "../jsonFile.ts";
import { trajectoryOf } from "../stepNames.ts";
import { entriesOf, type LogEntry } from "./trainerLog.ts";

export const trainerStateBridge: Bridge = {
  format: "trainer-state",
  title: "Hugging Face trainer_state.json",
  claim,
  read,
};

async function claim(tree: SourceTree): Promise<ImportUnit[]> {
  const units = new Map<string, SourceFile[]>();
  for (const file of tree.files) {
    if (!file.relative.endsWith(".json")) continue;
    const isNamed = /(?:^|\/)trainer_state\.json$/.test(file.relative);
    if (!looksLikeState(await tree.head(file))) {
      if (isNamed) tree.skip(file, "TRAINER_STATE_INVALID", "expected JSON with log_history, got something else");
      continue;
    }
    const { folder, stem } = trajectoryOf(file.relative);
    const key = [folder, isNamed ? "" : stem].filter((part) => part !== "").join("/") || "trainer_state";
    units.set(key, [...(units.get(key) ?? []), file]);
  }
  return [...units].map(([key, files]) => ({ format: trainerStateBridge.format, key, files }));
}

function looksLikeState(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString("latin1");
  return (
    /^(?:\xef\xbb\xbf)?\s*\{/.test(text) &&
    (/"log_history"\s*:\s*\[/.test(text) ||
      (/"global_step"\s*:/.test(text) && /"(?:is_world_process_zero|num_train_epochs)"\s*:/.test(text)))
  );
}

interface State {
  readonly file: SourceFile;
  readonly document: Readonly<Record<string, unknown>>;
  readonly globalStep: number;
}

async function read(unit: ImportUnit, { sink }: ReadOptions): Promise<undefined> {
  const order: { file: SourceFile; globalStep: number }[] = [];
  // Two passes, so that one parsed file is held at a time: first their steps, then their logs.
  for (const file of unit.files) {
    const state = await opened(file, sink);
    if (state !== undefined) order.push({ file, globalStep: state.globalStep });
    await sink.drain(0);
  }
  order.sort((a, b) => a.globalStep - b.globalStep || (a.file.relative < b.file.relative ? -1 : 1));
  const log = new RunLog(unit, sink);
  let bytesRead = 0;
  for (const { file } of order) {
    const state = await opened(file);
    if (state !== undefined) log.take(state);
    bytesRead += file.bytes;
    await sink.drain(bytesRead);
  }
}

/** Reports only where it is given a sink. */
async function opened(file: SourceFile, sink?: ImportSink): Promise<State | undefined> {
  const json = await readJsonFile(file);
  if ("code" in json) {
    sink?.skip(json.code, json.why);
    return undefined;
  }
  const { value } = json;
  if (!isJsonObject(value) || !Array.isArray(value.log_history)) {
    sink?.skip("TRAINER_STATE_INVALID", `${file.relative}: expected an object with the list log_history`);
    return undefined;
  }
  const { global_step: globalStep } = value;
  return { file, document: value, globalStep: typeof globalStep === "number" ? globalStep : 0 };
}

/** One run, told by several files. */
class RunLog {
  private readonly run: RunSink;
  private readonly sink: ImportSink;
  /** How often each (measure, step, value) was told at most by one file. */
  private readonly told = new Map<string, number>();
  private lastStep = Number.NEGATIVE_INFINITY;
  private segment = 0;

  constructor(unit: ImportUnit, sink: ImportSink) {
    this.run = sink.run("");
    this.sink = sink;
    this.run.describe({ name: unit.key });
  }

  take({ file, document }: State): void {
    const { entries, finals, withoutStep, notNumbers, firstNotNumber } = entriesOf(document.log_history as unknown[]);
    if (withoutStep > 0)
      this.sink.skip("STEP_MISSING", `${file.relative}: entries of log_history without a step`, withoutStep);
    if (notNumbers > 0) this.sink.skip("NOT_A_NUMBER", `${file.relative}: ${firstNotNumber}`, notNumbers);
    const index = this.run.file(file);
    const here = new Map<string, number>();
    for (const entry of entries) {
      const key = `${entry.measure}\0${entry.step}\0${entry.value}`;
      const count = (here.get(key) ?? 0) + 1;
      here.set(key, count);
      if (count <= (this.told.get(key) ?? 0)) continue;
      this.told.set(key, count);
      this.push(entry, index);
    }
    this.run.describe(factsOf(document, finals));
  }

  private push({ measure, step, value }: LogEntry, file: number): void {
    if (step < this.lastStep) this.segment++;
    this.lastStep = step;
    this.run.series(measure).pushPoint({ step, value, segment: this.segment, file });
  }
}

const SETTINGS = [
  "max_steps",
  "num_train_epochs",
  "logging_steps",
  "eval_steps",
  "save_steps",
  "train_batch_size",
  "num_input_tokens_seen",
  "total_flos",
  "best_metric",
  "best_global_step",
  "best_model_checkpoint",
  "trial_name",
] as const;

function factsOf(document: State["document"], finals: Readonly<Record<string, Json>> | undefined): RunFacts {
  const configuration: [string, Json][] = SETTINGS.flatMap((name) => {
    const value = document[name];
    return value === null || value === undefined ? [] : [[name, value as Json] as [string, Json]];
  });
  if (isJsonObject(document.trial_params))
    for (const [name, value] of Object.entries(document.trial_params))
      configuration.push([`trial_params.${name}`, value as Json]);
  for (const [name, value] of Object.entries(finals ?? {})) configuration.push([`final.${name}`, value]);
  const { global_step: at, max_steps: of } = document;
  if (typeof at !== "number" || typeof of !== "number" || of <= 0)
    return { configuration: Object.fromEntries(configuration) };
  const hasEnded = at >= of || finals !== undefined;
  return {
    configuration: Object.fromEntries(configuration),
    // Without a last entry it may run still, or have been killed: the file cannot tell.
    status: hasEnded ? "complete" : "unknown",
    tags: { stopped: at >= of ? "" : `at step ${at} of ${of}` },
  };
}
