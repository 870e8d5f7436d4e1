/**
 * @file W&B's transaction logs, of offline and online runs, finished or not.
 *
 * Every checksum is checked. A record that is cut off at the end is normal (the run goes on, or was killed): its status is
 * then unknown, and reading goes on from there when the file has grown. Damage loses the record that it is in; records above
 * 32 MiB are passed over. All of it is counted.
 */
import type { Json } from "../../core/index.ts";
import { LevelDbLogReader, type LogOutcome, WANDB_HEADER } from "../../formats/index.ts";
import type { Bridge, ImportSink } from "../bridge.ts";
import type { FileWindow } from "../fileWindow.ts";
import { RecordFiles } from "../recordFiles.ts";
import { SkipCounter } from "../skipCounter.ts";
import { flatConfiguration, readYaml } from "../yamlConfiguration.ts";
import { claimWandbFiles } from "./claim.ts";
import { maybeJsonOfWandbState, parseWandbState, type WandbState } from "./state.ts";
import { WandbRun } from "./wandbRun.ts";

const MAX_RECORD_BYTES = 32 * 2 ** 20;

export const wandbBridge: Bridge = {
  format: "wandb",
  title: "Weights & Biases logs",
  claim: (tree) => claimWandbFiles("wandb", tree),
  async read(unit, { sink, from }) {
    const before = parseWandbState(from);
    const run = sink.run("");
    const skips = new SkipCounter();
    if (from === undefined && unit.key.startsWith("../")) run.describe({ name: unit.key.slice(3) });
    const reader = new LogFilesReader(sink, new WandbRun(run, skips, before), skips, before);
    for (const file of unit.files) await reader.readFile(file);
    for (const companion of unit.companions ?? [])
      if (companion.relative.endsWith("config.yaml")) {
        const configuration = settingsOf(await readYaml(companion, skips));
        if (configuration !== undefined) run.describe({ configuration });
      }
    skips.flush(sink);
    return reader.state();
  },
};

class LogFilesReader extends RecordFiles {
  private readonly records: WandbRun;
  private readonly log = new LevelDbLogReader(MAX_RECORD_BYTES);

  constructor(sink: ImportSink, records: WandbRun, skips: SkipCounter, before: WandbState) {
    super(sink, skips, before.files);
    this.records = records;
  }

  state(): Json | undefined {
    return maybeJsonOfWandbState({ files: this.fileStates(), ...this.records.state() });
  }

  protected beginFile(relative: string, segment: number | undefined): void {
    this.records.beginFile(relative, segment);
  }

  protected segment(): number {
    return this.records.history.segment;
  }

  protected takeWhole(window: FileWindow): number {
    const { log, records } = this;
    let { position } = window;
    if (position === 0) {
      if (window.end < WANDB_HEADER.length) return WANDB_HEADER.length;
      position = WANDB_HEADER.length;
      window.begin = position;
    }
    for (;;) {
      const outcome = log.read(window.bytes, window.begin, window.end, position);
      // Twice what is there, so that a long record is not looked at again for each of its chunks.
      if (outcome === "incomplete") return Math.max(log.frameBytes, 2 * (window.end - window.begin));
      if (outcome === "record") records.take(log.bytes, log.begin, log.end);
      else this.skip(outcome, position);
      window.begin += log.frameBytes;
      position += log.frameBytes;
    }
  }

  private skip(outcome: Exclude<LogOutcome, "record" | "incomplete">, position: number): void {
    switch (outcome) {
      case "damaged":
        this.skips.add(
          "WANDB_DAMAGED",
          () => `${this.file}: at byte ${position}: a chunk whose checksum or length does not fit`,
        );
        return;
      case "orphan":
        this.skips.add(
          "WANDB_INCOMPLETE",
          () => `${this.file}: at byte ${position}: part of a record whose other parts are lost`,
        );
        return;
      case "tooLarge":
        this.skips.add(
          "WANDB_TOO_LARGE",
          () => `${this.file}: at byte ${position}: a record of more than ${MAX_RECORD_BYTES} bytes`,
        );
    }
  }
}

/** `config.yaml` has each setting as {desc, value}; `_wandb` is W&B's own. */
function settingsOf(document: unknown): ReturnType<typeof flatConfiguration> | undefined {
  if (typeof document !== "object" || document === null) return undefined;
  const entries = Object.entries(document)
    .filter(([name]) => name !== "_wandb" && name !== "wandb_version")
    .map(([name, setting]) => [name, Object.hasOwn(setting ?? {}, "value") ? setting.value : setting]);
  return flatConfiguration(Object.fromEntries(entries));
}
