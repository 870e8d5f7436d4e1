/**
 * @file What TensorBoard's HParams plugin wrote of a run: its settings, when it began, how it ended.
 *
 * Pure and browser-safe. Settings are google.protobuf.Value; lists and structures are read down to a stated depth, what is
 * deeper is null. Malformed bytes give undefined. Source: tensorboard/plugins/hparams/plugin_data.proto, api.proto.
 */
import { type Json, jsonNumberFrom } from "../../core/index.ts";
import { FIXED64, SPAN, VARINT, WireReader } from "../wire.ts";

const DEPTH_AT_MOST = 16;

export interface HParams {
  readonly settings: ReadonlyMap<string, Json>;
  readonly groupName: string;
  readonly startedSecs?: number;
  readonly status?: "complete" | "failed" | "running" | "unknown";
}

export function readHParams(bytes: Uint8Array, begin: number, end: number): HParams | undefined {
  const reader = new WireReader().over(bytes, begin, end);
  const settings = new Map<string, Json>();
  let found: HParams = { settings, groupName: "" };
  while (reader.next())
    if (reader.field === 3 && reader.is(SPAN) && reader.span()) {
      const start = readStart(new WireReader().over(bytes, reader.begin, reader.close), settings);
      if (start === undefined) return undefined;
      found = { ...found, ...start };
    } else if (reader.field === 4 && reader.is(SPAN) && reader.span()) {
      const status = readStatus(new WireReader().over(bytes, reader.begin, reader.close));
      if (status === undefined) return undefined;
      found = { ...found, status };
    } else reader.skip();
  return reader.malformed ? undefined : found;
}

function readStart(reader: WireReader, settings: Map<string, Json>) {
  let groupName = "";
  let startedSecs: number | undefined;
  while (reader.next())
    if (reader.field === 1 && reader.is(SPAN) && reader.span()) {
      const entry = readEntry(new WireReader().over(reader.bytes, reader.begin, reader.close), 0);
      if (entry === undefined) return undefined;
      settings.set(...entry);
    } else if (reader.field === 4) groupName = reader.text();
    else if (reader.field === 5 && reader.is(FIXED64)) startedSecs = reader.double();
    else reader.skip();
  if (reader.malformed) return undefined;
  return startedSecs === undefined ? { groupName } : { groupName, startedSecs };
}

const STATUS = ["unknown", "complete", "failed", "running"] as const;

function readStatus(reader: WireReader): HParams["status"] {
  let status = 0;
  while (reader.next())
    if (reader.field === 1 && reader.is(VARINT)) status = reader.varint();
    else reader.skip();
  return reader.malformed ? undefined : (STATUS[status] ?? "unknown");
}

/** An entry of a map<string, Value>. */
function readEntry(reader: WireReader, depth: number): [name: string, value: Json] | undefined {
  let name = "";
  let value: Json | undefined = null;
  while (reader.next())
    if (reader.field === 1) name = reader.text();
    else if (reader.field === 2 && reader.is(SPAN) && reader.span())
      value = readValue(new WireReader().over(reader.bytes, reader.begin, reader.close), depth);
    else reader.skip();
  return reader.malformed || value === undefined ? undefined : [name, value];
}

function readValue(reader: WireReader, depth: number): Json | undefined {
  let value: Json | undefined = null;
  while (reader.next()) {
    const { field } = reader;
    if (field === 2 && reader.is(FIXED64)) value = jsonNumberFrom(reader.double());
    else if (field === 3) value = reader.text();
    else if (field === 4 && reader.is(VARINT)) value = reader.varint() !== 0;
    else if ((field === 5 || field === 6) && reader.is(SPAN) && reader.span()) {
      const inner = new WireReader().over(reader.bytes, reader.begin, reader.close);
      value = depth >= DEPTH_AT_MOST ? null : field === 5 ? readStruct(inner, depth + 1) : readList(inner, depth + 1);
      if (value === undefined) return undefined;
    } else reader.skip();
  }
  return reader.malformed ? undefined : value;
}

function readStruct(reader: WireReader, depth: number): Json | undefined {
  const entries: [string, Json][] = [];
  while (reader.next())
    if (reader.field === 1 && reader.is(SPAN) && reader.span()) {
      const entry = readEntry(new WireReader().over(reader.bytes, reader.begin, reader.close), depth);
      if (entry === undefined) return undefined;
      entries.push(entry);
    } else reader.skip();
  return reader.malformed ? undefined : Object.fromEntries(entries);
}

function readList(reader: WireReader, depth: number): Json | undefined {
  const items: Json[] = [];
  while (reader.next())
    if (reader.field === 1 && reader.is(SPAN) && reader.span()) {
      const item = readValue(new WireReader().over(reader.bytes, reader.begin, reader.close), depth);
      if (item === undefined) return undefined;
      items.push(item);
    } else reader.skip();
  return reader.malformed ? undefined : items;
}
