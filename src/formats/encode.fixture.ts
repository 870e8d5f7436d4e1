/**
 * @file For tests and benchmarks: writers of what the readers here read. Little-endian, as on every machine we run on.
 *
 * A message is built from its fields, e.g. `message(double(1, wall), varint(2, step), nested(5, summary))`.
 */
import { crc32, maskedCrc32c } from "./checksums.ts";
import { BLOCK_BYTES } from "./wandb/levelDbLog.ts";
import { WANDB_HEADER } from "./wandb/wandbRecord.ts";

export type Bytes = Uint8Array<ArrayBuffer>;
const UTF8 = new TextEncoder();

export function joined(...parts: readonly Uint8Array[]): Bytes {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export const message = (...fields: readonly Uint8Array[]): Bytes => joined(...fields);

export function rawVarint(value: number | bigint): Bytes {
  if (typeof value === "number" && value >= 0 && value < 0x80) return Uint8Array.of(value);
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Uint8Array.from(bytes);
}

const tag = (field: number, wireType: number): Bytes => rawVarint(field * 8 + wireType);

export const varint = (field: number, value: number | bigint): Bytes => joined(tag(field, 0), rawVarint(value));

/** sint64. */
export const zigzag = (field: number, value: bigint): Bytes =>
  varint(field, BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)));

export const double = (field: number, value: number): Bytes => joined(tag(field, 1), f64(value));

export const float = (field: number, value: number): Bytes =>
  joined(tag(field, 5), new Uint8Array(Float32Array.of(value).buffer));

export const nested = (field: number, ...parts: readonly Uint8Array[]): Bytes => {
  const body = joined(...parts);
  return joined(tag(field, 2), rawVarint(body.length), body);
};

export const text = (field: number, value: string): Bytes => nested(field, UTF8.encode(value));

export const packed = (field: number, values: readonly number[]): Bytes =>
  nested(field, new Uint8Array(Float64Array.from(values).buffer));

export const f64 = (value: number): Bytes => new Uint8Array(Float64Array.of(value).buffer);
const u32 = (value: number): Bytes => new Uint8Array(Uint32Array.of(value).buffer);
const u64 = (value: number | bigint): Bytes => new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);

export function tfRecord(data: Uint8Array): Bytes {
  const length = u64(data.length);
  return joined(length, u32(maskedCrc32c(length)), data, u32(maskedCrc32c(data)));
}

/** A record's header alone: it states any length, with the right checksum. */
export function tfRecordHeader(length: number | bigint): Bytes {
  const bytes = u64(length);
  return joined(bytes, u32(maskedCrc32c(bytes)));
}

export const versionEvent = (wallSecs = 1.7e9): Bytes => message(double(1, wallSecs), text(3, "brain.Event:2"));

/** As PyTorch and tensorboardX write one. */
export const scalarEvent = (name: string, step: number, value: number, wallSecs = 1.7e9 + step): Bytes =>
  valueEvent(step, [text(1, name), float(2, value)], wallSecs);

/** An event of one value, by its fields. */
export const valueEvent = (step: number, value: readonly Uint8Array[], wallSecs = 1.7e9 + step): Bytes =>
  message(double(1, wallSecs), ...(step === 0 ? [] : [varint(2, step)]), nested(5, nested(1, ...value)));

export const eventFile = (...events: readonly Uint8Array[]): Bytes =>
  joined(tfRecord(versionEvent()), ...events.map(tfRecord));

/** Records as chunks in blocks, from byte `position` of the file on. */
export function logChunks(records: readonly Uint8Array[], position: number): Bytes {
  const parts: Uint8Array[] = [];
  let at = position;
  const put = (...bytes: readonly Uint8Array[]) => {
    for (const part of bytes) at += part.length;
    parts.push(...bytes);
  };
  for (const record of records) {
    let done = 0;
    let isFirst = true;
    do {
      let left = BLOCK_BYTES - (at % BLOCK_BYTES);
      if (left < 7) {
        put(new Uint8Array(left));
        left = BLOCK_BYTES;
      }
      const size = Math.min(left - 7, record.length - done);
      const isLast = done + size === record.length;
      const type = isFirst ? (isLast ? 1 : 2) : isLast ? 4 : 3;
      const checked = joined(Uint8Array.of(type), record.subarray(done, done + size));
      put(u32(crc32(checked)), Uint8Array.of(size & 0xff, size >> 8), checked);
      done += size;
      isFirst = false;
    } while (done < record.length);
  }
  return joined(...parts);
}

export const wandbFile = (...records: readonly Uint8Array[]): Bytes =>
  joined(Uint8Array.from(WANDB_HEADER), logChunks(records, WANDB_HEADER.length));

/** An item as the core of 2024 and later writes it: names in parts, a value as JSON text. */
export const item = (name: string | readonly string[], json: string): Bytes =>
  message(...[name].flat().map((part) => text(2, part)), text(16, json));

/** An item as older SDKs write it. */
export const oldItem = (name: string, json: string): Bytes => message(text(1, name), text(16, json));

export const historyRecord = (step: number, ...items: readonly Uint8Array[]): Bytes =>
  nested(2, ...items.map((one) => nested(1, one)), nested(2, ...(step === 0 ? [] : [varint(1, step)])));

/** A history record of numbers by name, with `_step` and `_timestamp`. */
export const row = (step: number, values: Readonly<Record<string, number | string>>): Bytes =>
  historyRecord(
    step,
    ...Object.entries({ ...values, _step: step, _timestamp: 1.7e9 + step }).map(([name, value]) =>
      item(name, String(value)),
    ),
  );

export const runRecord = (id: string, ...fields: readonly Uint8Array[]): Bytes =>
  nested(17, text(1, id), text(3, "project"), ...fields);

export const metricRecord = (name: string, stepMetric: string, syncs = true): Bytes =>
  nested(12, text(name.includes("*") ? 2 : 1, name), text(4, stepMetric), nested(6, ...(syncs ? [varint(1, 1)] : [])));

export const exitRecord = (code: number): Bytes => nested(18, ...(code === 0 ? [] : [varint(1, code)]));
