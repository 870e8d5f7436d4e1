/**
 * @file TensorFlow's TensorProto: real numbers out of it, whatever way they were stored.
 *
 * Pure and browser-safe. Reads FLOAT, DOUBLE, HALF, BFLOAT16, the integers (64-bit ones rounded to the nearest double) and
 * BOOL (0 and 1), from the typed lists or from `tensor_content`. Fewer listed values than items: the last one repeats, as in
 * TensorFlow. Refuses text, complex and quantised types, more items than stated, and sizes that do not match.
 * Source: tensorflow/core/framework/tensor.proto, types.proto.
 */
import { FIXED32, FIXED64, SPAN, VARINT, WireReader } from "../wire.ts";

/** How an item of `tensor_content` is stored. */
const CONTENT: ReadonlyMap<number, { readonly bytes: number; readonly read: (view: DataView, at: number) => number }> =
  new Map([
    [1, { bytes: 4, read: (view, at) => view.getFloat32(at, true) }],
    [2, { bytes: 8, read: (view, at) => view.getFloat64(at, true) }],
    [3, { bytes: 4, read: (view, at) => view.getInt32(at, true) }],
    [4, { bytes: 1, read: (view, at) => view.getUint8(at) }],
    [5, { bytes: 2, read: (view, at) => view.getInt16(at, true) }],
    [6, { bytes: 1, read: (view, at) => view.getInt8(at) }],
    [9, { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) }],
    [10, { bytes: 1, read: (view, at) => view.getUint8(at) }],
    [14, { bytes: 2, read: (view, at) => fromBfloat16(view.getUint16(at, true)) }],
    [17, { bytes: 2, read: (view, at) => view.getUint16(at, true) }],
    [19, { bytes: 2, read: (view, at) => fromHalf(view.getUint16(at, true)) }],
    [22, { bytes: 4, read: (view, at) => view.getUint32(at, true) }],
    [23, { bytes: 8, read: (view, at) => Number(view.getBigUint64(at, true)) }],
  ]);
const BFLOAT16 = 14;
const HALF = 19;

/** One object reads tensor after tensor. */
export class TensorReader {
  /** In TensorFlow's numbering; 7 is text. */
  dtype = 0;
  readonly shape: number[] = [];
  readonly values: number[] = [];
  private readonly fields = new WireReader();
  private readonly inner = new WireReader();
  private contentBegin = 0;
  private contentEnd = 0;

  /** False: no tensor of at most `maxItems` real numbers; then `dtype` is what was stated, if anything was. */
  read(bytes: Uint8Array, begin: number, end: number, maxItems: number): boolean {
    this.dtype = 0;
    this.shape.length = 0;
    this.values.length = 0;
    this.contentBegin = 0;
    this.contentEnd = 0;
    const fields = this.fields.over(bytes, begin, end);
    while (fields.next()) if (!this.readField(maxItems)) return false;
    if (fields.malformed) return false;
    return this.complete(maxItems);
  }

  private readField(maxItems: number): boolean {
    const { fields } = this;
    switch (fields.field) {
      case 1:
        this.dtype = fields.is(VARINT) ? fields.varint() : 0;
        return true;
      case 2:
        return fields.is(SPAN) && fields.span() && this.readShape(fields.begin, fields.close);
      case 4:
        if (!fields.is(SPAN) || !fields.span()) return false;
        this.contentBegin = fields.begin;
        this.contentEnd = fields.close;
        return true;
      case 5:
        return this.readList(FIXED32, maxItems);
      case 6:
        return this.readList(FIXED64, maxItems);
      case 7:
      case 10:
      case 11:
      case 13:
      case 16:
      case 17:
        return this.readList(VARINT, maxItems);
      default:
        fields.skip();
        return true;
    }
  }

  private readShape(begin: number, end: number): boolean {
    const dimensions = this.inner.over(this.fields.bytes, begin, end);
    while (dimensions.next()) {
      if (dimensions.field !== 2) {
        // 3: unknown rank.
        dimensions.skip();
        continue;
      }
      if (!dimensions.is(SPAN) || !dimensions.span() || this.shape.length >= 16) return false;
      this.shape.push(sizeOf(dimensions.bytes, dimensions.begin, dimensions.close));
    }
    return !dimensions.malformed;
  }

  /** Packed, or one by one. */
  private readList(wireType: number, maxItems: number): boolean {
    const { fields } = this;
    if (fields.wireType === wireType) {
      this.values.push(this.item(fields, fields.field, wireType));
      return this.values.length <= maxItems;
    }
    if (!fields.is(SPAN) || !fields.span()) return false;
    const items = this.inner.over(fields.bytes, fields.begin, fields.close);
    while (items.at < items.end && !items.malformed) {
      if (this.values.length >= maxItems) return false;
      this.values.push(this.item(items, fields.field, wireType));
    }
    return !items.malformed;
  }

  private item(reader: WireReader, field: number, wireType: number): number {
    if (wireType === FIXED32) return reader.float();
    if (wireType === FIXED64) return reader.double();
    if (field === 17) return reader.varint();
    const value = reader.int64();
    if (field === 11) return value === 0 ? 0 : 1;
    if (field !== 13) return value;
    return this.dtype === BFLOAT16 ? fromBfloat16(value) : this.dtype === HALF ? fromHalf(value) : Number.NaN;
  }

  private complete(maxItems: number): boolean {
    const content = CONTENT.get(this.dtype);
    if (content === undefined) return false;
    let count = 1;
    for (const size of this.shape) count *= size;
    if (!(count <= maxItems)) return false;
    if (this.values.length === 0 && this.contentEnd - this.contentBegin === count * content.bytes) {
      const { bytes } = this.fields;
      const view = new DataView(bytes.buffer, bytes.byteOffset + this.contentBegin, count * content.bytes);
      for (let at = 0; at < count; at++) this.values.push(content.read(view, at * content.bytes));
    } else if (this.values.length > 0 && this.values.length < count) {
      const last = this.values[this.values.length - 1];
      while (this.values.length < count) this.values.push(last);
    }
    return this.values.length === count;
  }
}

function sizeOf(bytes: Uint8Array, begin: number, end: number): number {
  const reader = new WireReader().over(bytes, begin, end);
  let size = 0;
  while (reader.next())
    if (reader.field === 1 && reader.is(VARINT)) size = reader.int64();
    else reader.skip();
  return reader.malformed || size < 0 ? Number.NaN : size;
}

const SCRATCH = new DataView(new ArrayBuffer(4));

function fromBfloat16(bits: number): number {
  SCRATCH.setUint32(0, (bits & 0xffff) << 16);
  return SCRATCH.getFloat32(0);
}

/** IEEE 754 binary16. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
