/**
 * @file TensorBoard event files (TensorFlow, PyTorch, tensorboardX, JAX): a directory is a run.
 *
 * Both checksums of every record are checked. A record that is cut off at the end of a file is where reading goes on when
 * the file has grown. After a damaged length the rest of the file is left out, after damaged data that record; records above
 * 64 MiB are passed over. All of it is counted.
 */
import type { Json } from "../../core/index.ts";
import { TfRecordReader } from "../../formats/index.ts";
import type { Bridge, ImportSink, SourceFile } from "../bridge.ts";
import { FileWindow } from "../fileWindow.ts";
import { ReadProgress, readWindows, STOP } from "../readWindows.ts";
import { SkipCounter } from "../skipCounter.ts";
import { readYamlConfiguration } from "../yamlConfiguration.ts";
import { claimEventFiles } from "./claim.ts";
import { EventRun } from "./eventRun.ts";
import { type EventState, maybeJsonOfState, parseEventState } from "./state.ts";

const MAX_RECORD_BYTES = 64 * 2 ** 20;

export const tfeventsBridge: Bridge = {
  format: "tfevents",
  title: "TensorBoard event files",
  claim: (tree) => claimEventFiles("tfevents", tree),
  async read(unit, { sink, from }) {
    const before = parseEventState(from);
    const run = sink.run("");
    const skips = new SkipCounter();
    const name = unit.key === "." ? unit.files[0].path.split(/[/\\]/).at(-2) : undefined;
    if (name !== undefined && name !== "") run.describe({ name });
    for (const companion of unit.companions ?? []) {
      const configuration = await readYamlConfiguration(companion, skips);
      if (configuration !== undefined) run.describe({ configuration });
    }
    const reader = new DirectoryReader(sink, new EventRun(run, skips, before), skips, before);
    for (const file of unit.files) await reader.readFile(file);
    skips.flush(sink);
    return reader.state();
  },
};

type FileState = EventState["files"][number];

class DirectoryReader {
  private readonly events: EventRun;
  private readonly skips: SkipCounter;
  private readonly progress: ReadProgress;
  private readonly records = new TfRecordReader(MAX_RECORD_BYTES);
  /** By absolute path. Files that are not among the unit's this time may be again: they stay. */
  private readonly files: Map<string, FileState>;
  private isDamaged = false;
  private file = "";

  constructor(sink: ImportSink, events: EventRun, skips: SkipCounter, before: EventState) {
    this.events = events;
    this.skips = skips;
    this.progress = new ReadProgress(sink, skips);
    this.files = new Map(before.files.map((state) => [state[0], state]));
  }

  async readFile(file: SourceFile): Promise<void> {
    const { path, relative } = file;
    const [, offset, epoch, reported] = this.files.get(path) ?? [path, 0, undefined, -1];
    this.events.beginFile(relative, epoch);
    this.file = relative;
    this.isDamaged = false;
    const window = FileWindow.open(file, offset);
    const remember = (place: number) => this.files.set(path, [path, window.position, this.events.fileEpoch, place]);
    const onRead = (bytes: number) =>
      this.progress.advance(bytes, () => {
        remember(reported);
        return this.state();
      });
    try {
      await readWindows(window, (one) => this.takeWhole(one), onRead);
      const { position, left } = window;
      if (left > 0 && position !== reported) this.report(file, position, left);
      remember(left > 0 ? position : -1);
    } finally {
      window.close();
    }
  }

  state(): Json | undefined {
    return maybeJsonOfState({ files: [...this.files.values()], ...this.events.state() });
  }

  private takeWhole(window: FileWindow): number {
    const { records, events } = this;
    for (;;) {
      const outcome = records.read(window.bytes, window.begin, window.end);
      if (outcome === "record") {
        events.take(window.bytes, records.begin, records.end);
        window.begin += records.frameBytes;
      } else if (outcome === "incomplete") return records.frameBytes;
      else if (outcome === "badLength") {
        this.isDamaged = true;
        return STOP;
      } else {
        this.skipRecord(outcome, window);
        window.skip(records.frameBytes);
      }
    }
  }

  private skipRecord(outcome: "badData" | "tooLarge", { position }: FileWindow): void {
    const { length } = this.records;
    if (outcome === "badData")
      this.skips.add(
        "TFEVENTS_BAD_DATA",
        () => `${this.file}: a record at byte ${position}: the checksum of its data does not fit`,
      );
    else
      this.skips.add(
        "TFEVENTS_TOO_LARGE",
        () => `${this.file}: a record at byte ${position}: ${length} bytes, at most ${MAX_RECORD_BYTES} are read`,
      );
  }

  private report({ relative }: SourceFile, position: number, left: number): void {
    if (this.isDamaged)
      this.skips.add(
        "TFEVENTS_BAD_LENGTH",
        () => `${relative}: damaged at byte ${position}; the last ${left} bytes are not read`,
      );
    else
      this.skips.add(
        "UNFINISHED_TAIL",
        () => `${relative}: ${left} bytes of a record that is cut off at byte ${position}; read on once it has grown`,
      );
  }
}
