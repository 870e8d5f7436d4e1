/**
 * @file The items of W&B's history, summary, configuration and statistics, one by one: a name and a value.
 *
 * Pure and browser-safe; one object reads message after message without allocating. Old SDKs name an item by `key`, newer ones
 * by `nested_key`: both come as one name, its parts joined by dots. Values are JSON text (`value_json`), or, where a history
 * says so, of their own type. Unknown fields are passed over, malformed bytes end the message, nothing is thrown. Source:
 * wandb/proto/wandb_internal.proto.
 */
import { FIXED64, SPAN, VARINT, WireReader } from "../wire.ts";

/** Field numbers of an item's value. */
export const ITEM = { none: 3, boolean: 4, integer: 5, number: 6, text: 7, json: 16 } as const;
const TYPED_JSON = 8;

/** Fields 1, 2 and 16 (of which this is the first of two bytes), each of a length and bytes. */
const KEY_TAG = 0x0a;
const NESTED_KEY_TAG = 0x12;
const JSON_TAG = 0x82;

const NAME_BYTES_AT_MOST = 4096;

/** The items {1 key, 2 nested_key, 16 value_json} of history, summary, configuration and statistics, one by one. */
export class ItemReader {
  /** The name is `nameBytes[nameBegin … nameEnd)`. */
  nameBytes: Uint8Array = new Uint8Array();
  nameBegin = 0;
  nameEnd = 0;
  /** One of ITEM; 0: no value. */
  kind = 0;
  /** ITEM.boolean (0 or 1), integer, number: the value. */
  number = 0;
  /** ITEM.json, text: the value, among the bytes given. */
  valueBegin = 0;
  valueEnd = 0;
  private itemField = 0;
  private readonly items = new WireReader();
  private readonly item = new WireReader();
  private readonly joined = new Uint8Array(NAME_BYTES_AT_MOST + 1);

  /** The items are the repeated field `itemField` of the message `bytes[begin … end)`. */
  over(bytes: Uint8Array, begin: number, end: number, itemField: number): this {
    this.items.over(bytes, begin, end);
    this.itemField = itemField;
    return this;
  }

  get malformed(): boolean {
    return this.items.malformed || this.item.malformed;
  }

  next(): boolean {
    const { items } = this;
    while (items.next()) {
      if (items.field !== this.itemField || items.wireType !== SPAN) {
        items.skip();
        continue;
      }
      if (!items.span()) return false;
      return (
        this.readPlainItem(items.bytes, items.begin, items.close) ||
        this.readItem(items.bytes, items.begin, items.close)
      );
    }
    return false;
  }

  /** What nearly all items are: one name, then JSON, both shorter than 128 bytes. False: read it field by field. */
  private readPlainItem(bytes: Uint8Array, begin: number, end: number): boolean {
    const name = begin + 2;
    const nameEnd = name + bytes[begin + 1];
    const value = nameEnd + 3;
    if (value > end || (bytes[begin] !== KEY_TAG && bytes[begin] !== NESTED_KEY_TAG)) return false;
    if (bytes[nameEnd] !== JSON_TAG || bytes[nameEnd + 1] !== 1 || value + bytes[nameEnd + 2] !== end) return false;
    if (bytes[begin + 1] >= 0x80 || bytes[nameEnd + 2] >= 0x80) return false;
    this.nameBytes = bytes;
    this.nameBegin = name;
    this.nameEnd = nameEnd;
    this.kind = ITEM.json;
    this.valueBegin = value;
    this.valueEnd = end;
    return true;
  }

  private readItem(bytes: Uint8Array, begin: number, end: number): boolean {
    this.nameBytes = bytes;
    this.nameBegin = 0;
    this.nameEnd = 0;
    this.kind = 0;
    this.valueBegin = 0;
    this.valueEnd = 0;
    let parts = 0;
    const item = this.item.over(bytes, begin, end);
    while (item.next()) {
      const { field } = item;
      if (item.wireType !== SPAN) this.readNumber(field);
      else if (item.span()) {
        if (field === ITEM.json || field === TYPED_JSON || field === ITEM.text) {
          this.kind = field === ITEM.text ? field : ITEM.json;
          this.valueBegin = item.begin;
          this.valueEnd = item.close;
        } else if (field === 2 && parts++ > 0) this.join(item.begin, item.close);
        else if (field === 2 || (field === 1 && parts === 0)) {
          this.nameBegin = item.begin;
          this.nameEnd = item.close;
        }
      }
    }
    return !item.malformed;
  }

  private readNumber(field: number): void {
    const { item } = this;
    if (field === ITEM.number && item.wireType === FIXED64) this.number = item.double();
    else if (field === ITEM.integer && item.wireType === VARINT) this.number = item.zigzag64();
    else if ((field === ITEM.boolean || field === ITEM.none) && item.wireType === VARINT)
      this.number = item.varint() === 0 ? 0 : 1;
    else {
      item.skip();
      return;
    }
    this.kind = field;
  }

  /** What does not fit any more is cut off, at a length that no name may have. */
  private join(begin: number, end: number): void {
    const { joined, item } = this;
    let at = this.nameEnd - this.nameBegin;
    if (this.nameBytes !== joined)
      joined.set(this.nameBytes.subarray(this.nameBegin, this.nameEnd).subarray(0, joined.length));
    at = Math.min(at, joined.length);
    if (at < joined.length) joined[at++] = 0x2e;
    const part = item.bytes.subarray(begin, Math.min(end, begin + joined.length - at));
    joined.set(part, at);
    this.nameBytes = joined;
    this.nameBegin = 0;
    this.nameEnd = at + part.length;
  }
}
