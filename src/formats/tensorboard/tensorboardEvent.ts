/**
 * @file TensorBoard's Event message, field by field, straight from the bytes.
 *
 * Pure and browser-safe; one object reads event after event and allocates nothing for a scalar. Unknown fields are passed
 * over, malformed bytes end the event (`malformed`), nothing is thrown. Of a field that stands twice, the last counts.
 * Sources: tensorflow/core/util/event.proto, core/framework/summary.proto; HParams: tensorboard/plugins/hparams.
 */

import { FIXED32, FIXED64, SPAN, VARINT, WireReader } from "../wire.ts";
import { type HistogramMoments, momentsFromSums } from "./histogram.ts";

/** Field numbers of Event's `what`; 0: nothing known. */
export const EVENT = { version: 3, graph: 4, summary: 5, log: 6, session: 7, runMetadata: 8, metaGraph: 9 } as const;
/** Field numbers of Summary.Value's `value`; 0: nothing known. */
export const VALUE = { simple: 2, legacyHistogram: 3, image: 4, histogram: 5, audio: 6, tensor: 8 } as const;

/** Field and wire type, as they stand before the values. */
const WALL_TAG = 0x09;
const STEP_TAG = 0x10;
const SUMMARY_TAG = 0x2a;
const FIRST_TAG = 0x0a;
const SIMPLE_TAG = 0x15;
/** Without a step, with an empty tag. */
const SHORTEST_SCALAR = 20;

export class EventReader {
  wallSecs = Number.NaN;
  /** 2^53 and beyond: the nearest double. */
  step = 0;
  /** One of EVENT. */
  what = 0;
  /** The bytes of `what`, where it has bytes. */
  begin = 0;
  end = 0;
  /** SessionLog.status: 1 START, 2 STOP, 3 CHECKPOINT. */
  sessionStatus = 0;

  /** Of the value that `nextValue` stands on: its tag's bytes, SummaryMetadata's bytes, and one of VALUE. */
  tagBegin = 0;
  tagEnd = 0;
  metadataBegin = 0;
  metadataEnd = 0;
  kind = 0;
  /** VALUE.simple: the number. */
  simple = 0;
  /** The other kinds: their bytes. */
  valueBegin = 0;
  valueEnd = 0;

  private view: DataView = new DataView(new ArrayBuffer(0));
  private viewed: Uint8Array | undefined;
  private readonly event = new WireReader();
  private readonly summary = new WireReader();
  private readonly value = new WireReader();

  /**
   * What nearly all events are: a time, a step and one named float, each where PyTorch, TensorFlow 1 and tensorboardX write
   * them. Sets time, step, tag and `simple`. False: read it field by field.
   */
  readPlainScalar(bytes: Uint8Array, begin: number, end: number): boolean {
    if (bytes[begin] !== WALL_TAG || end - begin < SHORTEST_SCALAR) return false;
    let at = begin + 9;
    let step = 0;
    if (bytes[at] === STEP_TAG) {
      let shift = 0;
      let byte = 0;
      do {
        byte = bytes[++at];
        step |= (byte & 0x7f) << shift;
        shift += 7;
      } while (byte >= 0x80 && shift < 28);
      if (byte >= 0x80) return false;
      at++;
    }
    // Summary, Value, tag: each begins in the one before and all but the tag end with the event.
    if (bytes[at] !== SUMMARY_TAG || bytes[at + 1] !== end - at - 2 || bytes[at + 1] >= 0x80) return false;
    if (bytes[at + 2] !== FIRST_TAG || bytes[at + 3] !== end - at - 4 || bytes[at + 4] !== FIRST_TAG) return false;
    const tagEnd = at + 6 + bytes[at + 5];
    if (tagEnd + 5 !== end || bytes[tagEnd] !== SIMPLE_TAG) return false;
    if (bytes !== this.viewed) {
      this.viewed = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.wallSecs = this.view.getFloat64(begin + 1, true);
    this.step = step;
    this.tagBegin = at + 6;
    this.tagEnd = tagEnd;
    this.simple = this.view.getFloat32(tagEnd + 1, true);
    return true;
  }

  /** False: malformed; what was read before the bad place stays. */
  read(bytes: Uint8Array, begin: number, end: number): boolean {
    this.wallSecs = Number.NaN;
    this.step = 0;
    this.what = 0;
    this.sessionStatus = 0;
    const event = this.event.over(bytes, begin, end);
    while (event.next()) {
      const { field } = event;
      if (field === 1) {
        if (event.is(FIXED64)) this.wallSecs = event.double();
      } else if (field === 2) {
        if (event.is(VARINT)) this.step = event.int64();
      } else if (field >= EVENT.version && field <= EVENT.metaGraph) {
        if (!event.is(SPAN) || !event.span()) break;
        this.what = field;
        this.begin = event.begin;
        this.end = event.close;
      } else event.skip();
    }
    if (event.malformed) return false;
    if (this.what === EVENT.session) return this.readSession(bytes);
    this.summary.over(bytes, this.begin, this.what === EVENT.summary ? this.end : this.begin);
    return true;
  }

  /** Goes to the event's next value. False: there is none, or `malformed`. */
  nextValue(): boolean {
    const { summary } = this;
    while (summary.next()) {
      if (summary.field !== 1) {
        summary.skip();
        continue;
      }
      if (!summary.is(SPAN) || !summary.span()) return false;
      return this.readValue(summary.begin, summary.close);
    }
    return false;
  }

  get malformed(): boolean {
    return this.event.malformed || this.summary.malformed || this.value.malformed;
  }

  private readValue(begin: number, end: number): boolean {
    this.tagBegin = 0;
    this.tagEnd = 0;
    this.metadataBegin = 0;
    this.metadataEnd = 0;
    this.kind = 0;
    const value = this.value.over(this.summary.bytes, begin, end);
    while (value.next()) {
      const { field } = value;
      if (field === VALUE.simple) {
        if (!value.is(FIXED32)) break;
        this.kind = field;
        this.simple = value.float();
      } else if (value.wireType !== SPAN) value.skip();
      else {
        if (!value.span()) break;
        if (field === 1) {
          this.tagBegin = value.begin;
          this.tagEnd = value.close;
        } else if (field === 9) {
          this.metadataBegin = value.begin;
          this.metadataEnd = value.close;
        } else if (field >= VALUE.legacyHistogram && field <= VALUE.tensor && field !== 7) {
          this.kind = field;
          this.valueBegin = value.begin;
          this.valueEnd = value.close;
        }
      }
    }
    return !value.malformed;
  }

  private readSession(bytes: Uint8Array): boolean {
    const session = this.summary.over(bytes, this.begin, this.end);
    while (session.next())
      if (session.field === 1 && session.is(VARINT)) this.sessionStatus = session.varint();
      else session.skip();
    return !session.malformed;
  }
}

export interface SummaryMetadata {
  readonly plugin: string;
  /** The plugin's own bytes. */
  readonly contentBegin: number;
  readonly contentEnd: number;
  readonly displayName: string;
  readonly description: string;
  /** 1 scalar, 2 tensor, 3 blobs, 0 not stated. */
  readonly dataClass: number;
}

/** undefined: malformed. */
export function readSummaryMetadata(bytes: Uint8Array, begin: number, end: number): SummaryMetadata | undefined {
  const reader = new WireReader().over(bytes, begin, end);
  let [plugin, displayName, description] = ["", "", ""];
  let [contentBegin, contentEnd, dataClass] = [0, 0, 0];
  while (reader.next()) {
    if (reader.field === 1 && reader.is(SPAN) && reader.span()) {
      const inner = new WireReader().over(bytes, reader.begin, reader.close);
      while (inner.next())
        if (inner.field === 1) plugin = inner.text();
        else if (inner.field === 2 && inner.is(SPAN) && inner.span())
          [contentBegin, contentEnd] = [inner.begin, inner.close];
        else inner.skip();
      if (inner.malformed) return undefined;
    } else if (reader.field === 2) displayName = reader.text();
    else if (reader.field === 3) description = reader.text();
    else if (reader.field === 4 && reader.is(VARINT)) dataClass = reader.varint();
    else reader.skip();
  }
  if (reader.malformed) return undefined;
  return { plugin, contentBegin, contentEnd, displayName, description, dataClass };
}

/** HistogramProto, whose sums are exact. undefined: malformed. */
export function readHistogramProto(bytes: Uint8Array, begin: number, end: number): HistogramMoments | undefined {
  const reader = new WireReader().over(bytes, begin, end);
  const doubles = [0, 0, 0, 0, 0, 0];
  while (reader.next())
    if (reader.field <= 5 && reader.is(FIXED64)) doubles[reader.field] = reader.double();
    else reader.skip();
  if (reader.malformed) return undefined;
  const [, min, max, count, sum, sumOfSquares] = doubles;
  return momentsFromSums({ count, sum, sumOfSquares, min, max });
}
