export * from "./byteNames.ts";
export * from "./checksums.ts";
export * from "./csv.ts";
export * from "./csv.ts";
export * from "./importedPoints.ts";
export * from "./jsonl.ts";
export * from "./jsonl.ts";
export * from "./jsonNumber.ts";
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
export * from "./tensorboard/histogram.ts";
export * from "./tensorboard/hparams.ts";
export * from "./tensorboard/tensorboardEvent.ts";
export * from "./tensorboard/tensorProto.ts";
export * from "./tensorboard/tensorValues.ts";
export * from "./tensorboard/tfrecord.ts";
export * from "./tolerantJson.ts";
export * from "./wandb/levelDbLog.ts";
export * from "./wandb/wandbItems.ts";
export * from "./wandb/wandbRecord.ts";
export * from "./wire.ts";
