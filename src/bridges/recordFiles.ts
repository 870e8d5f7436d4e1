/**
 * @file Reads the files of a unit that are rows of records, one after the other, and remembers where each stands.
 *
 * A record that is cut off at the end of a file is where reading goes on once the file has grown; it is counted when it is met
 * first. What a record is, and what is done with it, the subclass says.
 */
import { z } from "zod";
import type { Json } from "../core/index.ts";
import type { ImportSink, SourceFile } from "./bridge.ts";
import { FileWindow } from "./fileWindow.ts";
import { ReadProgress, readWindows } from "./readWindows.ts";
import type { SkipCounter } from "./skipCounter.ts";

export const FileStateSchema = z.tuple([
  z.string().describe("absolute path: the tree may be another one next time"),
  z.number().describe("bytes read, to the end of a whole record"),
  z.number().describe("segment that the file goes on with"),
  z.number().describe("offset of the unfinished or bad place last reported; −1: none"),
]);
export type FileState = z.infer<typeof FileStateSchema>;

export abstract class RecordFiles {
  protected readonly skips: SkipCounter;
  /** Relative name of the file that is being read. */
  protected file = "";
  private readonly progress: ReadProgress;
  /** By absolute path. Files that are not among the unit's this time may be again: they stay. */
  private readonly files: Map<string, FileState>;

  constructor(sink: ImportSink, skips: SkipCounter, before: readonly FileState[]) {
    this.skips = skips;
    this.progress = new ReadProgress(sink, skips);
    this.files = new Map(before.map((state) => [state[0], state]));
  }

  async readFile({ path, relative }: SourceFile): Promise<void> {
    const [, offset, segment, reported] = this.files.get(path) ?? [path, 0, undefined, -1];
    this.file = relative;
    this.beginFile(relative, segment);
    const window = FileWindow.open({ path }, offset);
    const remember = (place: number) => this.files.set(path, [path, window.position, this.segment(), place]);
    const onRead = (bytes: number) =>
      this.progress.advance(bytes, () => {
        remember(reported);
        return this.state();
      });
    try {
      await readWindows(window, (one) => this.takeWhole(one), onRead);
      const { position, left } = window;
      if (left > 0 && position !== reported) this.reportRest(position, left);
      remember(left > 0 ? position : -1);
    } finally {
      window.close();
    }
  }

  /** Where reading could go on; undefined where that is too large to be kept. */
  abstract state(): Json | undefined;

  protected fileStates(): FileState[] {
    return [...this.files.values()];
  }

  /** `segment`: what the file went on with when it was last read; undefined for a new one. */
  protected abstract beginFile(relative: string, segment: number | undefined): void;
  protected abstract segment(): number;
  /** See `readWindows`. */
  protected abstract takeWhole(window: FileWindow): number;

  /** The file holds `left` bytes from `position` on that were not read. */
  protected reportRest(position: number, left: number): void {
    const { file } = this;
    this.skips.add(
      "UNFINISHED_TAIL",
      () => `${file}: ${left} bytes of a record that is cut off at byte ${position}; read on once it has grown`,
    );
  }
}
