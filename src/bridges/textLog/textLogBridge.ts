/**
 * @file Text that a training program printed: nanoGPT, llm.c (stdout and main.log), modded-nanogpt, Megatron, and any log of
 * which many lines are a step and `key: value` pairs (logLine.ts).
 *
 * A file is a unit and one run. Steps that begin anew with every epoch are put one after the other (epochSteps.ts); any other
 * step lower than the one before it is a restart: the next segment. Lines that are no points
 * are what logs consist of and are not counted; lines too long to be read, and a last line without its line feed (the writer
 * died or is still writing; programs end every line with one), are. The state is the place in the file, the last step and
 * the segment, so that a growing log is read on.
 */
import { z } from "zod";
import type { Json } from "../../core/index.ts";
import type { Bridge, ImportUnit, ReadOptions, RunSink, SeriesSink, SourceFile, SourceTree } from "../bridge.ts";
import { EpochSteps } from "../epochSteps.ts";
import { LINE_BYTES_AT_MOST, readLines, tailOf } from "../lines.ts";
import { maybeLogLine, maybeStepless } from "./logLine.ts";

export const textLogBridge: Bridge = { format: "text-log", title: "text logs of training programs", claim, read };

/** So many lines with a step, at two steps at least, make a log; one is enough where half of the lines are such. */
const LINES_AT_LEAST = 3;
const HEAD_BYTES = 65_536;

async function claim(tree: SourceTree): Promise<ImportUnit[]> {
  const units: ImportUnit[] = [];
  for (const file of tree.files) {
    if (!/(?:\.(?:log|txt|out|err|stdout|stderr)|(?:^|\/)[^./]+)$/i.test(file.relative) || file.bytes === 0) continue;
    if (await isLog(tree, file)) units.push({ format: textLogBridge.format, key: file.relative, files: [file] });
  }
  return units;
}

/** By its first bytes; by its last ones where it begins with something else, such as the program's own source code. */
async function isLog(tree: SourceTree, file: SourceFile): Promise<boolean> {
  const head = await tree.head(file);
  if (head.includes(0)) return false;
  if (holdsSteps(new TextDecoder().decode(head))) return true;
  return file.bytes > HEAD_BYTES && holdsSteps(await tailOf(file, HEAD_BYTES));
}

function holdsSteps(text: string): boolean {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const steps = lines.flatMap((line) => maybeLogLine(line)?.step ?? []);
  return (
    (steps.length >= LINES_AT_LEAST && new Set(steps).size > 1) ||
    (steps.length > 0 && steps.length * 2 >= lines.length)
  );
}

const StateSchema = z.strictObject({
  offset: z.number(),
  lastStep: z.number().nullable(),
  segment: z.int(),
  totalSteps: z.number().nullable(),
  epochs: z.tuple([z.number().nullable(), z.number(), z.array(z.tuple([z.number(), z.number()]))]),
  /** Some line had the form of llm.c's steps: then `val loss` alone is a point. */
  isLlmC: z.boolean(),
});

async function read(unit: ImportUnit, { sink, from }: ReadOptions): Promise<Json> {
  const [file] = unit.files;
  const log = new LogReader(sink.run(""), file, from);
  let rest = "";
  let bytesRead = 0;
  for await (const chunk of readLines(file, { from: log.offset })) {
    for (const line of chunk.lines) log.take(line);
    if (chunk.tooLong > 0)
      sink.skip("LINE_TOO_LONG", `${file.relative}: a line of more than ${LINE_BYTES_AT_MOST} bytes`, chunk.tooLong);
    log.offset = chunk.end;
    rest = chunk.rest ?? "";
    bytesRead += chunk.bytesRead;
    await sink.drain(bytesRead, () => log.state());
  }
  if (maybeLogLine(rest) !== undefined)
    sink.skip(
      "LAST_LINE_UNFINISHED",
      `${file.relative}: ${JSON.stringify(rest.slice(0, 100))} has no line feed; it is read once it has`,
    );
  log.describe(unit.key.replace(/\.[A-Za-z]+$/, ""));
  return log.state();
}

class LogReader {
  offset = 0;
  private lastStep: number | null = null;
  private segment = 0;
  private totalSteps: number | null = null;
  private isLlmC = false;
  private epochs = new EpochSteps();
  private readonly run: RunSink;
  private readonly file: number;
  private readonly series = new Map<string, SeriesSink>();

  constructor(run: RunSink, file: SourceFile, from: Json | undefined) {
    this.run = run;
    this.file = run.file(file);
    const { data } = StateSchema.safeParse(from);
    if (data === undefined) return;
    this.epochs = new EpochSteps(data.epochs);
    ({
      offset: this.offset,
      lastStep: this.lastStep,
      segment: this.segment,
      totalSteps: this.totalSteps,
      isLlmC: this.isLlmC,
    } = data);
  }

  take(line: string): void {
    const parsed = maybeLogLine(line);
    if (parsed === undefined) {
      this.takeStepless(line);
      return;
    }
    const { totalSteps, epoch, values } = parsed;
    const step = this.epochs.wholeStep(parsed.step, epoch, totalSteps);
    this.isLlmC ||= /^step\s+\d+\/\d+ \| /.test(line);
    if (this.lastStep !== null && step < this.lastStep) this.segment++;
    this.lastStep = step;
    this.totalSteps = totalSteps ?? this.totalSteps;
    for (const [name, value] of values) this.push(name, step, value);
  }

  private takeStepless(line: string): void {
    // llm.c evaluates before its first step, when nothing else was printed yet.
    if (!this.isLlmC && this.lastStep !== null) return;
    const point = maybeStepless(line);
    if (point !== undefined) this.push(point[0], this.lastStep ?? 0, point[1]);
  }

  private push(name: string, step: number, value: number): void {
    let series = this.series.get(name);
    if (series === undefined) {
      series = this.run.series(name);
      this.series.set(name, series);
    }
    series.pushPoint({ step, value, segment: this.segment, file: this.file });
  }

  describe(name: string): void {
    const { totalSteps, lastStep } = this;
    // With epochs, the number after the slash may be an epoch's.
    const { isWithin, isUsed } = this.epochs;
    const isWhole = totalSteps !== null && !isUsed;
    this.run.describe({
      name,
      configuration: {
        ...(isWhole && { total_steps: totalSteps }),
        ...(totalSteps !== null && isWithin && { steps_per_epoch: totalSteps }),
        ...(isWithin && { step_column: "steps within epochs, one after the other" }),
      },
      ...(isWhole && lastStep !== null && lastStep >= totalSteps && { status: "complete" }),
    });
  }

  state(): Json {
    const { offset, lastStep, segment, totalSteps, isLlmC } = this;
    return { offset, lastStep, segment, totalSteps, isLlmC, epochs: this.epochs.memory() };
  }
}
