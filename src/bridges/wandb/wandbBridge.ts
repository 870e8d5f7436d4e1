/**
 * @file W&B's transaction logs, of offline and online runs, finished or not.
 *
 * Every checksum is checked. A record that is cut off at the end is normal (the run goes on, or was killed): its status is
 * then unknown, and reading goes on from there when the file has grown. Damage loses the record that it is in; records above
 * 64 MiB are passed over. All of it is counted.
 */
import { LevelDbLogReader, type LogOutcome, WANDB_HEADER } from "../../formats/index.ts";
import type { Bridge, ImportSink, ImportUnit, SourceFile } from "../bridge.ts";
import { FileWindow } from "../fileWindow.ts";
import { SkipCounter } from "../skipCounter.ts";
import { flatConfiguration, readYaml } from "../yamlConfiguration.ts";
import { claimWandbFiles } from "./claim.ts";
import { maybeJsonOfWandbState, parseWandbState, type WandbState } from "./state.ts";
import { WandbRun } from "./wandbRun.ts";

const MAX_RECORD_BYTES = 64 * 2 ** 20;
const DRAIN_BYTES = 2 ** 22;

export const wandbBridge: Bridge = {
  format: "wandb",
  title: "Weights & Biases logs",
  claim: (tree) => claimWandbFiles("wandb", tree),
  async read(unit, { sink, from }) {
    const before = parseWandbState(from);
    const run = sink.run("");
    const skips = new SkipCounter();
    const records = new WandbRun(run, skips, before);
    const files = await new LogFilesReader(sink, records, skips).readAll(unit, before);
    for (const companion of unit.companions ?? [])
      if (companion.relative.endsWith("config.yaml")) {
        const configuration = settingsOf(await readYaml(companion, skips));
        if (configuration !== undefined) run.describe({ configuration });
      }
    skips.flush(sink);
    return maybeJsonOfWandbState({ files, ...records.state() });
  },
};

type FileState = WandbState["files"][number];

class LogFilesReader {
  private readonly sink: ImportSink;
  private readonly records: WandbRun;
  private readonly skips: SkipCounter;
  private bytesRead = 0;
  private drained = 0;

  constructor(sink: ImportSink, records: WandbRun, skips: SkipCounter) {
    this.sink = sink;
    this.records = records;
    this.skips = skips;
  }

  async readAll({ files }: ImportUnit, before: WandbState): Promise<FileState[]> {
    const known = new Map(before.files.map((state) => [state[0], state]));
    const after: FileState[] = [];
    for (const file of files) {
      after.push(await this.readFile(file, known.get(file.relative)));
      known.delete(file.relative);
    }
    await this.sink.drain(this.bytesRead);
    // Files that are not among the unit's this time may be again.
    return [...after, ...known.values()];
  }

  private async readFile(file: SourceFile, before: FileState | undefined): Promise<FileState> {
    const [, offset, segment, reported] = before ?? [file.relative, 0, undefined, -1];
    this.records.beginFile(segment);
    const window = await FileWindow.open(file, offset);
    try {
      const isHeader = offset > 0 || (await this.passHeader(window));
      const isWhole = isHeader && (await this.readRecords(window));
      const { position, left } = window;
      if (!isWhole && position !== reported)
        this.skips.add(
          "UNFINISHED_TAIL",
          () =>
            `${file.relative}: ${left} bytes of a record that is cut off at byte ${position}; read on once it has grown`,
        );
      return [file.relative, position, this.records.history.segment, isWhole ? -1 : position];
    } finally {
      await window.close();
    }
  }

  private async passHeader(window: FileWindow): Promise<boolean> {
    while (window.end - window.begin < WANDB_HEADER.length) if (!(await window.more())) return false;
    window.begin += WANDB_HEADER.length;
    return true;
  }

  /** Whether the file ends with a whole record. */
  private async readRecords(window: FileWindow): Promise<boolean> {
    const log = new LevelDbLogReader(MAX_RECORD_BYTES);
    for (;;) {
      const { begin, end, position } = window;
      const outcome = log.read(window.bytes, begin, end, position);
      if (outcome === "incomplete") {
        if (!(await this.more(window, log.frameBytes))) return window.left === 0;
        continue;
      }
      if (outcome === "record") this.records.take(log.bytes, log.begin, log.end);
      else this.skip(outcome, position);
      window.begin += log.frameBytes;
    }
  }

  private async more(window: FileWindow, needed: number): Promise<boolean> {
    if (needed > window.left && window.end - window.begin === window.left) return false;
    const before = window.bytesRead;
    // Twice what is there, so that a long record is not looked at again for each of its chunks.
    const isMore = await window.more(Math.min(Math.max(needed, 2 * (window.end - window.begin)), window.left));
    this.bytesRead += window.bytesRead - before;
    if (this.bytesRead - this.drained >= DRAIN_BYTES) {
      this.drained = this.bytesRead;
      this.skips.flush(this.sink);
      await this.sink.drain(this.bytesRead);
    }
    return isMore;
  }

  private skip(outcome: Exclude<LogOutcome, "record" | "incomplete">, position: number): void {
    switch (outcome) {
      case "damaged":
        this.skips.add("WANDB_DAMAGED", () => `at byte ${position}: a chunk whose checksum or length does not fit`);
        return;
      case "orphan":
        this.skips.add("WANDB_INCOMPLETE", () => `at byte ${position}: part of a record whose other parts are lost`);
        return;
      case "tooLarge":
        this.skips.add("WANDB_TOO_LARGE", () => `at byte ${position}: a record of more than ${MAX_RECORD_BYTES} bytes`);
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
