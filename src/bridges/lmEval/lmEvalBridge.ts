/**
 * @file Results of lm-evaluation-harness: one JSON file a checkpoint (all three shapes), or one table of many checkpoints.
 *
 * A unit is what is left of the paths without steps, dates and the word "results": the files of one trajectory, also when
 * each checkpoint has its own folder. Within it a run is one model under one setting (shots, limit) as the files state them.
 * Files are read in batches, by step and then by date: a step that was evaluated twice keeps both values, the later one last.
 * There are no segments: nothing that an evaluation says withdraws what was measured at later steps. A file without a step
 * is refused, not guessed. The state lists the files read, so that a grown
 * folder reads only new ones; with more than some thousand files it is too long, and the unit is read whole each time.
 * Per-sample files (`samples_*.jsonl`) are counted as skipped.
 */

import type { EvaluationContext, Json, MeasureSpec } from "../../core/index.ts";
import type { Bridge, ImportSink, ImportUnit, ReadOptions, RunSink, SourceFile, SourceTree } from "../bridge.ts";
import { folderOf } from "../folderOf.ts";
import { isJsonObject, type JsonFile, readJsonFile } from "../jsonFile.ts";
import { dateInName, maybeStepInFolders, maybeStepInName, trajectoryOf } from "../stepNames.ts";
import { type Reading, readingsOf } from "./lmEvalReadings.ts";
import { type EvaluationSetting, settingOf } from "./lmEvalSetting.ts";
import { LmEvalState } from "./lmEvalState.ts";
import { maybeCheckpointTable } from "./lmEvalTable.ts";

export const lmEvalBridge: Bridge = {
  format: "lm-eval",
  title: "lm-evaluation-harness results",
  segmentsAre: "repetitions",
  claim,
  read,
};

/** What claiming saw. The tree keeps it as long as its files: most results are not longer, and are not opened twice. */
const heads = new WeakMap<SourceFile, Uint8Array>();

const BATCH_FILES = 32;
const BATCH_BYTES = 8 * 2 ** 20;

async function claim(tree: SourceTree): Promise<ImportUnit[]> {
  const byKey = new Map<string, { folder: string; stem: string; files: SourceFile[] }>();
  const samples: SourceFile[] = [];
  for (const file of tree.files) {
    if (/(?:^|\/)samples_[^/]*\.jsonl$/.test(file.relative)) samples.push(file);
    if (!mayHoldResults(file.relative)) continue;
    const head = await tree.head(file);
    if (!looksLikeResults(head)) continue;
    heads.set(file, head);
    const { folder, stem } = trajectoryOf(file.relative);
    const key = [folder, stem].filter((part) => part !== "").join("/");
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, { folder, stem, files: [file] });
    else known.files.push(file);
  }
  const stems = new Map<string, number>();
  for (const { folder } of byKey.values()) stems.set(folder, (stems.get(folder) ?? 0) + 1);
  return [...byKey].map(([key, { folder, files }]) => {
    const folders = new Set(files.map(({ relative }) => folderOf(relative)));
    const isAlone = stems.get(folder) === 1 && folder !== "";
    return {
      format: lmEvalBridge.format,
      key: key === "" ? lmEvalBridge.format : key,
      files,
      companions: samples.filter(({ relative }) => folders.has(folderOf(relative))),
      hints: { name: isAlone ? folder : key },
    };
  });
}

function mayHoldResults(relative: string): boolean {
  return /(?:\.json|\.txt|\/[^./]+|^[^./]+)$/i.test(relative);
}

/** By the file's beginning: an object with results, and something that only this harness writes beside them. */
function looksLikeResults(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString("latin1");
  if (!/^(?:\xef\xbb\xbf)?\s*\{/.test(text) || !/"(?:table_)?results"\s*:\s*[[{]/.test(text)) return false;
  return (
    /_stderr(?:,[^"\n]{1,80})?"\s*:/.test(text) ||
    /"(?:table_results|lm_eval_version|prompt_name|n-shot|num_fewshot)"\s*:/.test(text) ||
    /"[a-z_0-9]{1,40},none"\s*:/.test(text)
  );
}

async function read(unit: ImportUnit, { sink, from }: ReadOptions): Promise<Json | undefined> {
  const state = LmEvalState.parse(from);
  for (const { relative } of unit.companions ?? []) if (from === undefined) sink.skip("LM_EVAL_SAMPLES", relative);
  const files = inOrder(unit.files.filter(({ relative }) => !state.has(relative)));
  const reader = new UnitReader(unit, sink, state);
  let bytesRead = 0;
  for (const batch of batches(files)) {
    const parsed = await Promise.all(batch.map((file) => readJsonFile(file, heads.get(file))));
    reader.take(batch.map((file, index) => ({ file, json: parsed[index] })));
    bytesRead += batch.reduce((bytes, file) => bytes + file.bytes, 0);
    await sink.drain(bytesRead, () => state.toJson());
  }
  return state.toJson();
}

/** By the step that names state, then by date, then by name. */
function inOrder(files: readonly SourceFile[]): SourceFile[] {
  const keyed = files.map((file) => {
    const { relative } = file;
    const name = relative.slice(relative.lastIndexOf("/") + 1);
    return { file, step: maybeStepInName(name) ?? maybeStepInFolders(relative) ?? 0, date: dateInName(relative) };
  });
  keyed.sort((a, b) => a.step - b.step || compareText(a.date, b.date) || compareText(a.file.relative, b.file.relative));
  return keyed.map(({ file }) => file);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a === b ? 0 : 1;
}

function* batches(files: readonly SourceFile[]): Generator<SourceFile[]> {
  let [batch, bytes]: [SourceFile[], number] = [[], 0];
  for (const file of files) {
    if (batch.length === BATCH_FILES || (batch.length > 0 && bytes + file.bytes > BATCH_BYTES)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(file);
    bytes += file.bytes;
  }
  if (batch.length > 0) yield batch;
}

type Fields = Readonly<Record<string, unknown>>;

interface Evaluation {
  readonly file: SourceFile;
  readonly document: Fields;
  readonly setting: EvaluationSetting;
  readonly step: number;
}

class UnitReader {
  private readonly unit: ImportUnit;
  private readonly sink: ImportSink;
  private readonly state: LmEvalState;

  constructor(unit: ImportUnit, sink: ImportSink, state: LmEvalState) {
    this.unit = unit;
    this.sink = sink;
    this.state = state;
  }

  take(batch: readonly { file: SourceFile; json: JsonFile }[]): void {
    const evaluations: Evaluation[] = [];
    for (const { file, json } of batch) {
      if ("code" in json) {
        this.sink.skip(json.code, json.why);
        // A file that cannot be read now may be whole next time.
        continue;
      }
      const evaluation = isJsonObject(json.value) ? this.opened(file, json.value) : undefined;
      if (evaluation !== undefined) evaluations.push(evaluation);
    }
    evaluations.sort((a, b) => a.step - b.step);
    for (const evaluation of evaluations) this.push(evaluation);
  }

  private opened(file: SourceFile, document: Fields): Evaluation | undefined {
    const { relative } = file;
    if (maybeCheckpointTable(document) !== undefined) {
      this.pushTable(file, document);
      this.state.add(relative);
      return undefined;
    }
    const setting = settingOf(document, relative);
    const [stated, ...others] = setting.steps;
    if (stated === undefined) {
      this.state.add(relative);
      this.sink.skip(
        "STEP_UNKNOWN",
        `${relative}: no step in its name, revision or configuration; rename it, e.g. "model_step1000.json"`,
      );
      return undefined;
    }
    const other = others.find(({ step }) => step !== stated.step);
    if (other !== undefined)
      this.sink.skip(
        "STEP_CONFLICT",
        `${relative}: ${stated.source} says ${stated.step}, ${other.source} says ${other.step}; taken: ${stated.step}`,
      );
    return { file, document, setting, step: stated.step };
  }

  private push({ file, document, setting, step }: Evaluation): void {
    const { readings, missing, firstMissing } = readingsOf(document);
    if (missing > 0) this.sink.skip("VALUE_MISSING", `${file.relative}: ${firstMissing} is no number`, missing);
    if (readings.length === 0) this.sink.skip("NO_RESULTS", `${file.relative}: no task with a number`);
    const { key, isNew } = this.state.place(file.relative, identityOf(setting));
    if (readings.length === 0) return;
    const run = this.sink.run(key);
    if (isNew) run.describe({ name: this.nameOf(key), configuration: setting.configuration });
    const contexts = new Contexts(run, document, setting);
    const [index, { wallMs }] = [run.file(file), setting];
    for (const reading of readings) {
      const { value, se, n } = reading;
      const spec = directionOf(document.higher_is_better, reading);
      run
        .series(reading.measure, spec)
        .pushPoint({ step, value, se, n, wallMs, context: contexts.of(reading), file: index });
    }
  }

  private pushTable(file: SourceFile, document: Fields): void {
    const table = maybeCheckpointTable(document)!;
    const { key, isNew } = this.state.place(file.relative, file.relative);
    const run = this.sink.run(key);
    if (isNew) run.describe({ name: this.nameOf(key), configuration: { "lm-eval.axis": table.axis } });
    const index = run.file(file);
    for (const { measure, values, ses } of table.columns) {
      const series = run.series(measure);
      values.forEach((value, at) => {
        const se = ses?.[at];
        if (typeof value === "number")
          series.pushPoint({
            step: table.steps[at],
            value,
            se: typeof se === "number" ? se : Number.NaN,
            file: index,
          });
        // A step that this measure does not have at all is a gap.
        else if (value !== undefined)
          this.sink.skip("VALUE_MISSING", `${file.relative}: ${measure} at step ${table.steps[at]} is no number`);
      });
    }
    for (const measure of table.refused)
      this.sink.skip("COLUMN_LENGTH", `${file.relative}: ${measure} is no list of ${table.steps.length} values`);
  }

  private nameOf(key: string): string {
    const { hints } = this.unit;
    const name = isJsonObject(hints) && typeof hints.name === "string" ? hints.name : this.unit.key;
    return key === "" ? name : `${name} (${key})`;
  }
}

function identityOf({ model, shots, limit }: EvaluationSetting): string {
  return [model, shots === undefined ? undefined : `${shots}-shot`, limit === undefined ? undefined : `limit ${limit}`]
    .filter((part) => part !== undefined)
    .join(", ");
}

function directionOf(higherIsBetter: unknown, { task, metric }: Reading): Partial<MeasureSpec> | undefined {
  const byMetric = isJsonObject(higherIsBetter) ? higherIsBetter[task] : undefined;
  const isHigher = isJsonObject(byMetric) ? byMetric[metric] : undefined;
  return typeof isHigher === "boolean" ? { direction: isHigher ? "higher" : "lower" } : undefined;
}

/** One context a task version, shots and prompt; few of them, for many readings, and mostly the same as the one before. */
class Contexts {
  private readonly known = new Map<string, number>();
  private readonly run: RunSink;
  private readonly setting: EvaluationSetting;
  private readonly versions: Fields;
  private readonly shotsByTask: Fields;
  private last: { version: unknown; shots: unknown; prompt: string | undefined; index: number } | undefined;

  constructor(run: RunSink, { versions, "n-shot": perTask }: Fields, setting: EvaluationSetting) {
    this.run = run;
    this.setting = setting;
    this.versions = isJsonObject(versions) ? versions : {};
    this.shotsByTask = isJsonObject(perTask) ? perTask : {};
  }

  of({ task, prompt }: Reading): number {
    // A task may be called "constructor".
    const version = Object.hasOwn(this.versions, task) ? this.versions[task] : undefined;
    const stated = Object.hasOwn(this.shotsByTask, task) ? this.shotsByTask[task] : undefined;
    const shots = stated ?? this.setting.shots;
    const { last } = this;
    if (last !== undefined && last.version === version && last.shots === shots && last.prompt === prompt)
      return last.index;
    const key = JSON.stringify([version, shots, prompt]);
    const index = this.known.get(key) ?? this.made(version, shots, prompt);
    this.known.set(key, index);
    this.last = { version, shots, prompt, index };
    return index;
  }

  private made(version: unknown, shots: unknown, prompt: string | undefined): number {
    const context: EvaluationContext = {
      ...this.setting.shared,
      ...(version !== undefined && version !== null && { taskVersion: String(version) }),
      ...(typeof shots === "number" && Number.isInteger(shots) && { shots }),
      ...(prompt !== undefined && { prompt }),
    };
    return this.run.context(context);
  }
}
