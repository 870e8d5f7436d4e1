/**
 * @file The files that the readers of the suite `bridges` are timed on: made here, the same bytes each time.
 */
import fs from "node:fs";
import path from "node:path";
import { Rng } from "../../src/core/index.ts";
import {
  type Bytes,
  exitRecord,
  historyRecord,
  item,
  logChunks,
  runRecord,
  scalarEvent,
  tfRecord,
  versionEvent,
  wandbFile,
} from "../../src/formats/encode.fixture.ts";

/** As a training script logs: several measures a step, in the same order each time. */
const TAGS = ["train/loss", "train/accuracy", "train/learning_rate", "train/gradient_norm", "time/step_secs"];
export const SCALARS = 1_000_000;
const COLUMNS = Array.from({ length: 10 }, (_, at) => `train/measure_${at}`);
const ROWS = 110_000;
export const WANDB_VALUES = ROWS * COLUMNS.length;
const WRITE_AT_ONCE = 2000;

/** An event file of 1,000,000 scalars as PyTorch writes them; the folder that holds it. */
export function writeEventFile(folder: string): string {
  const rng = Rng.of(1, "event file");
  return writeParts(path.join(folder, "tfevents"), "events.out.tfevents.1700000000.bench", function* () {
    yield tfRecord(versionEvent());
    for (let at = 0; at < SCALARS; at++) {
      const step = Math.floor(at / TAGS.length);
      yield tfRecord(scalarEvent(TAGS[at % TAGS.length], step, rng.uniform(), 1.7e9 + step / 10));
    }
  });
}

/** A log of 110,000 rows of ten measures, numbers in full length as Python writes float32; the folder that holds it. */
export function writeWandbFile(folder: string): string {
  const rng = Rng.of(1, "wandb file");
  let position = 0;
  return writeParts(path.join(folder, "wandb"), "run-bench.wandb", function* () {
    const counted = (bytes: Bytes) => {
      position += bytes.length;
      return bytes;
    };
    yield counted(wandbFile(runRecord("bench")));
    for (let step = 0; step < ROWS; step++) {
      const items = COLUMNS.map((name) => item(name, String(Math.fround(rng.uniform()))));
      items.push(
        item("_step", String(step)),
        item("_runtime", String(step / 10)),
        item("_timestamp", String(1.7e9 + step / 10)),
      );
      yield counted(logChunks([historyRecord(step, ...items)], position));
    }
    yield counted(logChunks([exitRecord(0)], position));
  });
}

function writeParts(folder: string, name: string, parts: () => Generator<Bytes>): string {
  fs.mkdirSync(folder, { recursive: true });
  const descriptor = fs.openSync(path.join(folder, name), "w");
  try {
    let piled: Bytes[] = [];
    for (const part of parts()) {
      if (piled.push(part) < WRITE_AT_ONCE) continue;
      fs.writeSync(descriptor, Buffer.concat(piled));
      piled = [];
    }
    fs.writeSync(descriptor, Buffer.concat(piled));
  } finally {
    fs.closeSync(descriptor);
  }
  return folder;
}
