/**
 * @file Takes events into a run: scalars and histogram summaries into series, HParams into facts; the rest is counted.
 *
 * A tag's metadata stand on its first value only and are remembered. A segment begins where a tag's step goes back, with a
 * new file, and with a session START; several values of one step stay in one segment. Values are kept as they are, NaN
 * and ±∞ too. Steps beyond ±2^53 are counted and left out.
 */
import {
  ByteNames,
  EVENT,
  EventReader,
  type HistogramMoments,
  momentsFromTriples,
  readHistogramProto,
  readHParams,
  readSummaryMetadata,
  TensorReader,
  VALUE,
} from "../../formats/index.ts";
import type { RunFacts, RunSink, SeriesSink } from "../bridge.ts";
import { MomentSeries } from "../momentSeries.ts";
import type { SkipCounter } from "../skipCounter.ts";
import type { EventState } from "./state.ts";

/** Buckets are three numbers each; TensorBoard writes 30, PyTorch up to some 1,500. */
const HISTOGRAM_NUMBERS_AT_MOST = 60_000;
const UNSEEN = Number.NEGATIVE_INFINITY;

class Tag {
  readonly name: string;
  series: SeriesSink | undefined;
  moments: MomentSeries | undefined;
  /** undefined: no metadata seen. */
  plugin: string | undefined;
  dataClass = 0;
  lastStep = UNSEEN;
  segment = 0;
  epoch = -1;

  constructor(name: string) {
    this.name = name;
  }
}

export class EventRun {
  private readonly run: RunSink;
  private readonly skips: SkipCounter;
  private readonly names = new ByteNames();
  private readonly byId: Tag[] = [];
  private readonly byName = new Map<string, Tag>();
  private readonly event = new EventReader();
  private readonly tensor = new TensorReader();
  private maxSegment: number;
  private epoch = 0;
  private file = "";
  private isStarted: boolean;

  constructor(run: RunSink, skips: SkipCounter, state: EventState) {
    this.run = run;
    this.skips = skips;
    this.maxSegment = state.maxSegment;
    this.isStarted = state.isStarted;
    for (const [name, plugin, dataClass, lastStep, segment, epoch] of state.tags) {
      const tag = new Tag(name);
      Object.assign(tag, { plugin: plugin ?? undefined, dataClass, lastStep, segment, epoch });
      this.byName.set(name, tag);
    }
  }

  /** `epoch` of a file that was read before; absent: a new file, which is a restart if there are values already. */
  beginFile(name: string, epoch = this.maxSegment + 1): void {
    this.file = name;
    this.epoch = epoch;
  }

  get fileEpoch(): number {
    return this.epoch;
  }

  state(): Omit<EventState, "files"> {
    const tags = [...this.byName.values()].map((tag): EventState["tags"][number] => [
      tag.name,
      tag.plugin ?? null,
      tag.dataClass,
      tag.lastStep === UNSEEN ? 0 : tag.lastStep,
      tag.segment,
      tag.epoch,
    ]);
    return { tags, isStarted: this.isStarted, maxSegment: this.maxSegment };
  }

  /** One event: `bytes[begin … end)`. */
  take(bytes: Uint8Array, begin: number, end: number): void {
    const { event } = this;
    if (this.isStarted && event.readPlainScalar(bytes, begin, end)) {
      const tag = this.tagOf(bytes);
      if (tag === undefined) this.skipTag();
      else this.push(tag, event.simple);
      return;
    }
    const isWhole = event.read(bytes, begin, end);
    if (!this.isStarted && !Number.isNaN(event.wallSecs)) {
      this.isStarted = true;
      this.describe({ startedAtMs: 1000 * event.wallSecs });
    }
    if (!isWhole) this.skip("TFEVENTS_MALFORMED", "an event that is not valid protobuf");
    else if (event.what === EVENT.summary) this.takeSummary(bytes);
    else if (event.what === EVENT.session) this.takeSession();
    else if (event.what === EVENT.graph || event.what === EVENT.metaGraph)
      this.skip("TFEVENTS_GRAPH", "a graph of the model");
    else if (event.what === EVENT.runMetadata) this.skip("TFEVENTS_PROFILE", "metadata of a session's run");
    else if (event.what === EVENT.log) this.skip("TFEVENTS_LOG", "a log message");
  }

  private takeSummary(bytes: Uint8Array): void {
    const { event } = this;
    const unsafe = !(Math.abs(event.step) <= Number.MAX_SAFE_INTEGER);
    while (event.nextValue()) {
      const tag = this.tagOf(bytes);
      if (tag === undefined) this.skipTag();
      else if (unsafe) this.skip("STEP_OUT_OF_RANGE", `"${tag.name}": a step beyond 2^53`);
      else {
        if (event.metadataEnd > event.metadataBegin) this.takeMetadata(tag, bytes);
        this.takeValue(tag, bytes);
      }
    }
    if (event.malformed) this.skip("TFEVENTS_MALFORMED", "a summary that is not valid protobuf");
  }

  private skipTag(): void {
    this.skip("TFEVENTS_TAG_REFUSED", "a tag longer than 4,096 bytes, or one too many");
  }

  private tagOf(bytes: Uint8Array): Tag | undefined {
    const id = this.names.idOf(bytes, this.event.tagBegin, this.event.tagEnd);
    if (id < this.byId.length) return this.byId[id];
    const name = this.names.texts[id];
    let tag = this.byName.get(name);
    if (tag === undefined) {
      tag = new Tag(name);
      this.byName.set(name, tag);
    }
    this.byId.push(tag);
    return tag;
  }

  private takeMetadata(tag: Tag, bytes: Uint8Array): void {
    // TensorFlow 2 repeats them with every value; the first ones count, but for the HParams, which are no series.
    if (tag.plugin !== undefined && tag.plugin !== "hparams") return;
    const metadata = readSummaryMetadata(bytes, this.event.metadataBegin, this.event.metadataEnd);
    if (metadata === undefined) {
      this.skip("TFEVENTS_MALFORMED", `"${tag.name}": metadata that are not valid protobuf`);
      return;
    }
    tag.plugin = metadata.plugin;
    tag.dataClass = metadata.dataClass;
    if (metadata.plugin === "hparams") this.takeHParams(bytes, metadata.contentBegin, metadata.contentEnd);
    else if (tag.series === undefined && isScalar(tag)) {
      const { displayName, description } = metadata;
      tag.series = this.run.series(tag.name, {
        ...(displayName !== "" && { name: displayName }),
        ...(description !== "" && { description }),
      });
    }
  }

  private takeValue(tag: Tag, bytes: Uint8Array): void {
    const { event } = this;
    switch (event.kind) {
      case VALUE.simple:
        this.push(tag, event.simple);
        return;
      case VALUE.histogram:
        this.pushMoments(tag, readHistogramProto(bytes, event.valueBegin, event.valueEnd));
        return;
      case VALUE.tensor:
        this.takeTensor(tag, bytes);
        return;
      case VALUE.image:
        this.skipValue(tag, "TFEVENTS_IMAGE", "an image");
        return;
      case VALUE.audio:
        this.skipValue(tag, "TFEVENTS_AUDIO", "sound");
        return;
      default:
        if (tag.plugin !== "hparams") this.skipValue(tag, "TFEVENTS_VALUE", "a value of an unknown kind");
    }
  }

  private takeTensor(tag: Tag, bytes: Uint8Array): void {
    const { event, tensor } = this;
    if (tag.plugin === "hparams") return;
    const { valueBegin: begin, valueEnd: end } = event;
    if (isScalar(tag) || (tag.plugin ?? "") === "") {
      if (tensor.read(bytes, begin, end, 1)) this.push(tag, tensor.values[0]);
      else this.skipValue(tag, "TFEVENTS_TENSOR", "a tensor that is not one real number");
    } else if (tag.plugin === "histograms") {
      const isRead = tensor.read(bytes, begin, end, HISTOGRAM_NUMBERS_AT_MOST);
      this.pushMoments(tag, isRead ? momentsFromTriples(tensor.values) : undefined);
    } else if (tag.plugin === "text") this.skipValue(tag, "TFEVENTS_TEXT", "text");
    else if (tag.plugin === "images") this.skipValue(tag, "TFEVENTS_IMAGE", "images");
    else if (tag.plugin === "audio") this.skipValue(tag, "TFEVENTS_AUDIO", "sound");
    else this.skipValue(tag, "TFEVENTS_PLUGIN", `data of the plugin "${tag.plugin}"`);
  }

  private push(tag: Tag, value: number): void {
    const { step, wallSecs } = this.event;
    this.place(tag, step);
    tag.series ??= this.run.series(tag.name);
    tag.series.push(step, value, 1000 * wallSecs, tag.segment);
  }

  private pushMoments(tag: Tag, moments: HistogramMoments | undefined): void {
    if (moments === undefined) {
      this.skipValue(tag, "TFEVENTS_HISTOGRAM", "a histogram that cannot be read");
      return;
    }
    const { step, wallSecs } = this.event;
    this.place(tag, step);
    tag.moments ??= new MomentSeries(this.run, tag.name);
    tag.moments.push(step, moments, 1000 * wallSecs, tag.segment);
  }

  /** Which segment the tag's next value belongs to. */
  private place(tag: Tag, step: number): void {
    if (tag.epoch !== this.epoch) {
      tag.epoch = this.epoch;
      tag.segment = this.epoch;
    } else if (step < tag.lastStep) tag.segment++;
    tag.lastStep = step;
    if (tag.segment > this.maxSegment) this.maxSegment = tag.segment;
  }

  private takeSession(): void {
    // Not before the first value: the file itself, or the run, has just begun.
    if (this.event.sessionStatus === 1 && this.maxSegment >= this.epoch) this.epoch = this.maxSegment + 1;
  }

  private takeHParams(bytes: Uint8Array, begin: number, end: number): void {
    const found = readHParams(bytes, begin, end);
    if (found === undefined) {
      this.skip("TFEVENTS_MALFORMED", "HParams that are not valid protobuf");
      return;
    }
    const { settings, groupName, status } = found;
    this.describe({
      ...(settings.size > 0 && { configuration: Object.fromEntries(settings) }),
      ...(groupName !== "" && { tags: { "hparams.group": groupName } }),
      ...(status !== undefined && { status }),
    });
  }

  private describe(facts: RunFacts): void {
    this.run.describe(facts);
  }

  private skipValue(tag: Tag, code: string, what: string): void {
    this.skips.add(code, () => `${this.file}: "${tag.name}" at step ${this.event.step}: ${what}`);
  }

  private skip(code: string, what: string): void {
    this.skips.add(code, () => `${this.file}: ${what}`);
  }
}

const isScalar = ({ plugin, dataClass }: Tag): boolean => plugin === "scalars" || dataClass === 1;
