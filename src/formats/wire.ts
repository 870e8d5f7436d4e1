/**
 * @file A reader of protobuf's wire format over a part of a byte array, for hostile bytes.
 *
 * Pure and browser-safe. One object is used again for message after message: reading allocates nothing. It never throws and
 * never leaves its range; whatever does not fit (a length beyond the end, a varint of more than ten bytes, field number 0, a
 * group) sets `malformed` and ends the message. It does not recurse: a nested message is a span, read by another reader.
 * Source: protobuf.dev/programming-guides/encoding.
 */

export const VARINT = 0;
export const FIXED64 = 1;
export const SPAN = 2;
export const FIXED32 = 5;

const NO_BYTES = new Uint8Array();

export class WireReader {
  bytes: Uint8Array = NO_BYTES;
  at = 0;
  end = 0;
  /** Of the field that `next` stands on. */
  field = 0;
  wireType = 0;
  /** Of the last `span`. */
  begin = 0;
  close = 0;
  malformed = false;
  private low = 0;
  private middle = 0;
  private high = 0;
  private view: DataView = new DataView(NO_BYTES.buffer);

  /** Begins a message. */
  over(bytes: Uint8Array, begin: number, end: number): this {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.at = begin;
    this.end = end;
    this.malformed = false;
    return this;
  }

  /** Goes to the next field; the caller then takes or skips its value. False: the end, or malformed. */
  next(): boolean {
    if (this.at >= this.end || this.malformed) return false;
    const tag = this.varint();
    this.field = Math.floor(tag / 8);
    this.wireType = tag & 7;
    if (this.malformed || this.field === 0 || tag > 0xffffffff) return this.fail();
    return true;
  }

  /** Is the field's value of this wire type? Another one is malformed. */
  is(wireType: number): boolean {
    return this.wireType === wireType || this.fail();
  }

  /** Unsigned; above 2^53 the nearest double. */
  varint(): number {
    const { bytes } = this;
    let value = 0;
    for (let scale = 1, count = 0; count < 10; count++, scale *= 128) {
      if (this.at >= this.end) break;
      const byte = bytes[this.at++];
      if (byte < 0x80) return value + byte * scale;
      value += (byte & 0x7f) * scale;
    }
    this.fail();
    return 0;
  }

  /** int64 in two's complement; beyond ±2^53 the nearest double, or its neighbour. */
  int64(): number {
    if (!this.readBits()) return 0;
    const { low, middle, high } = this;
    return high < 0x80
      ? high * 2 ** 56 + (middle * 2 ** 28 + low)
      : -((0xff - high) * 2 ** 56 + ((0xfffffff - middle) * 2 ** 28 + (0xfffffff - low)) + 1);
  }

  /** sint64 in zigzag form; beyond ±2^53 the nearest double, or its neighbour. */
  zigzag64(): number {
    if (!this.readBits()) return 0;
    const { low, middle, high } = this;
    const halfLow = (low >>> 1) | ((middle & 1) << 27);
    const halfMiddle = (middle >>> 1) | ((high & 1) << 27);
    const half = (high >>> 1) * 2 ** 56 + (halfMiddle * 2 ** 28 + halfLow);
    return (low & 1) === 0 ? half : -half - 1;
  }

  /** A varint's 64 bits: the lowest 28, the next 28, the last 8. */
  private readBits(): boolean {
    const { bytes } = this;
    let low = 0;
    let middle = 0;
    let high = 0;
    for (let count = 0; count < 10 && this.at < this.end; count++) {
      const byte = bytes[this.at++];
      const part = byte & 0x7f;
      if (count < 4) low |= part << (7 * count);
      else if (count < 8) middle |= part << (7 * (count - 4));
      else high |= (part << (7 * (count - 8))) & 0xff;
      if (byte >= 0x80) continue;
      this.low = low;
      this.middle = middle;
      this.high = high;
      return true;
    }
    return this.fail();
  }

  double(): number {
    if (!this.has(8)) return 0;
    this.at += 8;
    return this.view.getFloat64(this.at - 8, true);
  }

  float(): number {
    if (!this.has(4)) return 0;
    this.at += 4;
    return this.view.getFloat32(this.at - 4, true);
  }

  /** Length and that many bytes: they are `bytes[begin … close)`. */
  span(): boolean {
    const length = this.varint();
    if (!this.has(length)) return false;
    this.begin = this.at;
    this.at += length;
    this.close = this.at;
    return true;
  }

  /** A span as text; empty when malformed. */
  text(): string {
    return this.is(SPAN) && this.span() ? this.spanText() : "";
  }

  /** The last span as text. */
  spanText(): string {
    return textOf(this.bytes, this.begin, this.close);
  }

  /** The value of a field that nobody wants. */
  skip(): void {
    if (this.wireType === VARINT) this.int64();
    else if (this.wireType === FIXED64) this.double();
    else if (this.wireType === SPAN) this.span();
    else if (this.wireType === FIXED32) this.float();
    else this.fail();
  }

  private has(count: number): boolean {
    return !this.malformed && count <= this.end - this.at ? true : this.fail();
  }

  private fail(): false {
    this.malformed = true;
    return false;
  }
}

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** UTF-8; bytes that are none become U+FFFD. */
export function textOf(bytes: Uint8Array, begin: number, end: number): string {
  return UTF8.decode(bytes.subarray(begin, end));
}
