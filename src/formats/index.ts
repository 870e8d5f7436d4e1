export * from "./byteNames.ts";
export * from "./checksums.ts";
export * from "./csv.ts";
export * from "./csv.ts";
export * from "./histogram.ts";
export * from "./hparams.ts";
export * from "./importedPoints.ts";
export * from "./jsonl.ts";
export * from "./jsonl.ts";
export * from "./jsonNumber.ts";
export * from "./levelDbLog.ts";
export * from "./points.ts";
export * from "./pointsParquet.ts";
export * from "./safetensors.ts";
export {
  parseSafetensorsHeader,
  type SafetensorsHeader,
  safetensorsHeaderBytes,
  type TensorPlace,
} from "./safetensorsHeader.ts";
export * from "./sqlite/sqliteDatabase.ts";
export { type ByteSource, isSqlite, type SqliteFiles } from "./sqlite/sqlitePages.ts";
export type { SqliteValue } from "./sqlite/sqliteRecord.ts";
export * from "./tensorboardEvent.ts";
export * from "./tensorProto.ts";
export * from "./tensorValues.ts";
export * from "./tfrecord.ts";
export * from "./tolerantJson.ts";
export * from "./wandbItems.ts";
export * from "./wandbRecord.ts";
export * from "./wire.ts";
