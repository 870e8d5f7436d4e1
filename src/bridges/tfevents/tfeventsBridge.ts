/**
 * @file TensorBoard event files (TensorFlow, PyTorch, tensorboardX, JAX): a directory is a run.
 *
 * Both checksums of every record are checked. A record that is cut off at the end of a file is where reading goes on when
 * the file has grown. After a damaged length the rest of the file is left out, after damaged data that record; records above
 * 64 MiB are passed over. All of it is counted.
 */
import { TfRecordReader } from "../../formats/index.ts";
import type { Bridge, ImportSink, ImportUnit, SourceFile } from "../bridge.ts";
import { FileWindow } from "../fileWindow.ts";
import { SkipCounter } from "../skipCounter.ts";
import { readYamlConfiguration } from "../yamlConfiguration.ts";
import { claimEventFiles } from "./claim.ts";
import { EventRun } from "./eventRun.ts";
import { type EventState, maybeJsonOfState, parseEventState } from "./state.ts";

const MAX_RECORD_BYTES = 64 * 2 ** 20;
const DRAIN_BYTES = 2 ** 22;

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
    const events = new EventRun(run, skips, before);
    const files = await new DirectoryReader(sink, events, skips).readAll(unit, before);
    skips.flush(sink);
    return maybeJsonOfState({ files, ...events.state() });
  },
};

type FileState = EventState["files"][number];

class DirectoryReader {
  private readonly sink: ImportSink;
  private readonly events: EventRun;
  private readonly skips: SkipCounter;
  private readonly records = new TfRecordReader(MAX_RECORD_BYTES);
  private bytesRead = 0;
  private drained = 0;

  constructor(sink: ImportSink, events: EventRun, skips: SkipCounter) {
    this.sink = sink;
    this.events = events;
    this.skips = skips;
  }

  async readAll({ files }: ImportUnit, before: EventState): Promise<FileState[]> {
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
    const [, offset, epoch, reported] = before ?? [file.relative, 0, undefined, -1];
    this.events.beginFile(file.relative, epoch);
    const window = await FileWindow.open(file, offset);
    try {
      const end = await this.readRecords(window);
      if (end !== "whole" && window.position !== reported) this.report(file, window, end);
      const place = end === "whole" ? -1 : window.position;
      return [file.relative, window.position, this.events.fileEpoch, place];
    } finally {
      await window.close();
    }
  }

  /** How the file ends: with a whole record, within one, or in damage. */
  private async readRecords(window: FileWindow): Promise<"whole" | "incomplete" | "badLength"> {
    const { records, events } = this;
    for (;;) {
      const outcome = records.read(window.bytes, window.begin, window.end);
      if (outcome === "record") {
        events.take(window.bytes, records.begin, records.end);
        window.begin += records.frameBytes;
      } else if (outcome === "badLength") return "badLength";
      else if (outcome === "incomplete") {
        if (!(await this.more(window))) return window.left === 0 ? "whole" : "incomplete";
      } else {
        this.skipRecord(outcome, window);
        window.skip(records.frameBytes);
      }
    }
  }

  private async more(window: FileWindow): Promise<boolean> {
    const before = window.bytesRead;
    // A record that the file does not hold whole yet: nothing is gained by making room for it.
    if (this.records.frameBytes > window.left && window.end - window.begin === window.left) return false;
    const isMore = await window.more(Math.min(this.records.frameBytes, window.left));
    this.bytesRead += window.bytesRead - before;
    if (this.bytesRead - this.drained >= DRAIN_BYTES) {
      this.drained = this.bytesRead;
      this.skips.flush(this.sink);
      await this.sink.drain(this.bytesRead);
    }
    return isMore;
  }

  private skipRecord(outcome: "badData" | "tooLarge", { position }: FileWindow): void {
    const { length } = this.records;
    if (outcome === "badData")
      this.skips.add("TFEVENTS_BAD_DATA", () => `a record at byte ${position}: the checksum of its data does not fit`);
    else
      this.skips.add(
        "TFEVENTS_TOO_LARGE",
        () => `a record at byte ${position}: ${length} bytes, at most ${MAX_RECORD_BYTES} are read`,
      );
  }

  private report(file: SourceFile, { position, left }: FileWindow, end: "incomplete" | "badLength"): void {
    if (end === "incomplete")
      this.skips.add(
        "UNFINISHED_TAIL",
        () =>
          `${file.relative}: ${left} bytes of a record that is cut off at byte ${position}; read on once it has grown`,
      );
    else
      this.skips.add(
        "TFEVENTS_BAD_LENGTH",
        () => `${file.relative}: damaged at byte ${position}; the last ${left} bytes are not read`,
      );
  }
}
