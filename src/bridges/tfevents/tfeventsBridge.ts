/**
 * @file TensorBoard event files (TensorFlow, PyTorch, tensorboardX, JAX): a directory is a run.
 *
 * Both checksums of every record are checked. A record that is cut off at the end of a file is where reading goes on when
 * the file has grown. After a damaged length the rest of the file is left out, after damaged data that record; records above
 * 64 MiB are passed over. All of it is counted.
 */
import type { Json } from "../../core/index.ts";
import { TfRecordReader } from "../../formats/index.ts";
import type { Bridge, ImportSink } from "../bridge.ts";
import type { FileWindow } from "../fileWindow.ts";
import { STOP } from "../readWindows.ts";
import { RecordFiles } from "../recordFiles.ts";
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

class DirectoryReader extends RecordFiles {
  private readonly events: EventRun;
  private readonly records = new TfRecordReader(MAX_RECORD_BYTES);
  private isDamaged = false;

  constructor(sink: ImportSink, events: EventRun, skips: SkipCounter, before: EventState) {
    super(sink, skips, before.files);
    this.events = events;
  }

  state(): Json | undefined {
    return maybeJsonOfState({ files: this.fileStates(), ...this.events.state() });
  }

  protected beginFile(relative: string, epoch: number | undefined): void {
    this.isDamaged = false;
    this.events.beginFile(relative, epoch);
  }

  protected segment(): number {
    return this.events.fileEpoch;
  }

  protected takeWhole(window: FileWindow): number {
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

  protected override reportRest(position: number, left: number): void {
    if (!this.isDamaged) super.reportRest(position, left);
    else
      this.skips.add(
        "TFEVENTS_BAD_LENGTH",
        () => `${this.file}: damaged at byte ${position}; the last ${left} bytes are not read`,
      );
  }
}
