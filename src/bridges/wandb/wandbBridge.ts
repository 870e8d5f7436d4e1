/**
 * @file W&B's transaction logs, of offline and online runs, finished or not.
 *
 * Every checksum is checked. A record that is cut off at the end is normal (the run goes on, or was killed): its status is
 * then unknown, and reading goes on from there when the file has grown. Damage loses the record that it is in; records above
 * 32 MiB are passed over. All of it is counted.
 */
import type { Json } from "../../core/index.ts";
import { LevelDbLogReader, type LogOutcome, WANDB_HEADER } from "../../formats/index.ts";
import type { Bridge, ImportSink, SourceFile } from "../bridge.ts";
import { FileWindow } from "../fileWindow.ts";
import { ReadProgress, readWindows } from "../readWindows.ts";
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

type FileState = WandbState["files"][number];

class LogFilesReader {
  private readonly records: WandbRun;
  private readonly skips: SkipCounter;
  private readonly progress: ReadProgress;
  private readonly log = new LevelDbLogReader(MAX_RECORD_BYTES);
  /** By absolute path. Files that are not among the unit's this time may be again: they stay. */
  private readonly files: Map<string, FileState>;
  private file = "";

  constructor(sink: ImportSink, records: WandbRun, skips: SkipCounter, before: WandbState) {
    this.records = records;
    this.skips = skips;
    this.progress = new ReadProgress(sink, skips);
    this.files = new Map(before.files.map((state) => [state[0], state]));
  }

  async readFile(file: SourceFile): Promise<void> {
    const { path, relative } = file;
    const [, offset, segment, reported] = this.files.get(path) ?? [path, 0, undefined, -1];
    this.records.beginFile(relative, segment);
    this.file = relative;
    const window = FileWindow.open(file, offset);
    const remember = (place: number) =>
      this.files.set(path, [path, window.position, this.records.history.segment, place]);
    const onRead = (bytes: number) =>
      this.progress.advance(bytes, () => {
        remember(reported);
        return this.state();
      });
    try {
      await readWindows(window, (one) => this.takeWhole(one), onRead);
      const { position, left } = window;
      if (left > 0 && position !== reported)
        this.skips.add(
          "UNFINISHED_TAIL",
          () => `${relative}: ${left} bytes of a record that is cut off at byte ${position}; read on once it has grown`,
        );
      remember(left > 0 ? position : -1);
    } finally {
      window.close();
    }
  }

  state(): Json | undefined {
    return maybeJsonOfWandbState({ files: [...this.files.values()], ...this.records.state() });
  }

  private takeWhole(window: FileWindow): number {
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
