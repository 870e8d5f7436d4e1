/**
 * @file What every bridge over a growing binary log must hold: any cuts give the same as the whole, and no damage is fatal.
 */
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type Json, Rng } from "../core/index.ts";
import {
  type Bytes,
  double,
  eventFile,
  exitRecord,
  historyRecord,
  item,
  message,
  metricRecord,
  nested,
  packed,
  row,
  runRecord,
  scalarEvent,
  text,
  tfRecord,
  valueEvent,
  varint,
  versionEvent,
  wandbFile,
} from "../formats/encode.fixture.ts";
import {
  contentOf,
  countOf,
  type FileBytes,
  importInCuts,
  importOnce,
  pointTexts,
  withFolder,
  writeFiles,
} from "./binaryLogs.fixture.ts";
import type { Bridge } from "./bridge.ts";
import { importAll, MemorySink, treeOf } from "./memorySink.fixture.ts";
import { tfeventsBridge } from "./tfevents/tfeventsBridge.ts";
import { wandbBridge } from "./wandb/wandbBridge.ts";

const CASES_OF_DAMAGE = 2000;

interface Subject {
  readonly name: string;
  readonly bridge: Bridge;
  /** Files that are one run, in the order of reading. */
  readonly files: readonly FileBytes[];
  /** Records of all kinds, and the file that is made of records. */
  readonly records: readonly Bytes[];
  readonly fileOf: (records: readonly Uint8Array[]) => Bytes;
}

const tensor = (value: number) => nested(8, varint(1, 2), double(6, value));
const metadata = (plugin: string, content: Uint8Array = new Uint8Array()) =>
  nested(9, nested(1, text(1, plugin), nested(2, content)), text(2, "shown"), text(3, "described"));
const hparams = nested(3, nested(1, text(1, "lr"), nested(2, double(2, 0.1))), text(4, "group"));
const EVENTS: readonly Bytes[] = [
  versionEvent(),
  valueEvent(0, [text(1, "_hparams_/session_start_info"), metadata("hparams", hparams)]),
  ...[0, 1, 2, 3, 300, 2, 2].flatMap((step) => [
    scalarEvent("loss", step, step / 7),
    valueEvent(step, [text(1, "tensor"), ...(step === 0 ? [metadata("scalars")] : []), tensor(step)]),
    valueEvent(step, [
      text(1, "h"),
      nested(5, double(1, -1), double(2, 1), double(3, 4), double(4, 1), double(5, 2), packed(6, [1, 2])),
    ]),
    valueEvent(step, [
      text(1, "note"),
      ...(step === 0 ? [metadata("text")] : []),
      nested(8, varint(1, 7), text(8, "hi")),
    ]),
  ]),
  message(double(1, 1.7e9), nested(7, varint(1, 1))),
  scalarEvent("loss", 1, Number.NaN),
];

const ROWS: readonly Bytes[] = [
  runRecord("abc", nested(4, nested(1, item("lr", "0.1"))), text(8, "a run"), nested(17, varint(1, 1_700_000_000))),
  metricRecord("val/*", "epoch"),
  ...[0, 1, 2, 3, 300, 2, 2].flatMap((step) => [
    row(step, {
      loss: step / 7,
      ...(step % 2 === 0 && { epoch: step / 2 }),
      "val/loss": 1 - step,
      note: '"text"',
      large: "1152921504606846977",
    }),
    nested(7, nested(2, varint(1, 1_700_000_000 + step)), nested(3, message(text(1, "cpu"), text(16, String(step))))),
    nested(3, nested(1, item("loss", "1")), nested(1, item("best", String(step)))),
  ]),
  historyRecord(
    301,
    item(["h", "_type"], '"histogram"'),
    item(["h", "values"], "[1,3]"),
    item(["h", "bins"], "[0,1,2]"),
    item("_step", "301"),
  ),
  nested(5, nested(1, item("late", '{"a":[1,NaN]}'))),
  historyRecord(302, item("long", `"${"x".repeat(70_000)}"`), item("loss", "NaN"), item("_step", "302")),
  exitRecord(1),
];

const SUBJECTS: readonly Subject[] = [
  {
    name: "tfevents",
    bridge: tfeventsBridge,
    files: [
      { name: "run/events.out.tfevents.1", bytes: eventFile(...EVENTS.slice(1)) },
      { name: "run/events.out.tfevents.2", bytes: eventFile(...EVENTS.slice(2)) },
    ],
    records: EVENTS,
    fileOf: (records) => Buffer.concat(records.map(tfRecord)),
  },
  {
    name: "wandb",
    bridge: wandbBridge,
    files: [
      { name: "wandb/offline-run-20260101_000000-abc/run-abc.wandb", bytes: wandbFile(...ROWS) },
      { name: "wandb/run-20260102_000000-abc/run-abc.wandb", bytes: wandbFile(...ROWS.slice(0, -1)) },
    ],
    records: ROWS,
    fileOf: (records) => wandbFile(...records),
  },
];

describe.each(SUBJECTS)("$name", ({ name, bridge, files, records, fileOf }) => {
  test("60 files fed in up to six random cuts give the points, facts and counts of the whole", async () => {
    const rng = Rng.of(7, "cuts");
    const whole = contentOf(await importOnce(bridge, files));
    const total = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
    for (let turn = 0; turn < 60; turn++) {
      const cuts = Array.from({ length: 1 + rng.int(6) }, () => rng.int(total)).sort((a, b) => a - b);
      const parts = contentOf(await importInCuts(bridge, files, cuts));
      expect(parts, `cuts ${cuts.join(", ")}`).toEqual(whole);
    }
  });

  test("a cut after every byte of a small file gives the same too", async () => {
    const small = { name: files[0].name, bytes: fileOf(records.slice(0, 4)) };
    const whole = contentOf(await importOnce(bridge, [small]));
    for (let cut = 1; cut < small.bytes.length; cut++)
      expect(contentOf(await importInCuts(bridge, [small], [cut])), `cut ${cut}`).toEqual(whole);
  });

  test(`${CASES_OF_DAMAGE} files with flipped bits: nothing is thrown, no point is changed, what is lost is counted`, async () => {
    const rng = Rng.of(7, "flips");
    const bytes = fileOf(records.filter(({ length }) => length < 1000));
    await withFolder([{ name: files[0].name, bytes }], async (folder) => {
      const whole = await importAll(bridge, folder);
      const known = new Set(pointTexts(whole.sink));
      const unplaced = new Set([...known].map(withoutStep));
      const [unit] = whole.units;
      for (let turn = 0; turn < CASES_OF_DAMAGE; turn++) {
        const damaged = bytes.slice();
        for (let flips = 1 + rng.int(3); flips > 0; flips--) damaged[rng.int(bytes.length)] ^= 1 << rng.int(8);
        fs.writeFileSync(unit.files[0].path, damaged);
        const sink = new MemorySink();
        await bridge.read(unit, { sink });
        const points = pointTexts(sink);
        const changed = points.filter(
          (point) => !known.has(point) && !unplaced.has(withoutStep(point)) && !isSummary(point),
        );
        expect(changed, `turn ${turn}`).toEqual([]);
        if (points.length < pointTexts(whole.sink).length) {
          const more = [...sink.skipped].filter(
            ([code, { count }]) => count > (whole.sink.skipped.get(code)?.count ?? 0),
          );
          expect(more.length, `turn ${turn}`).toBeGreaterThan(0);
        }
      }
    });
  });

  test(`${CASES_OF_DAMAGE} records with flipped bits under right checksums: nothing is thrown`, async () => {
    const rng = Rng.of(8, "flips");
    await withFolder([{ name: files[0].name, bytes: fileOf(records) }], async (folder) => {
      const [unit] = await bridge.claim(treeOf(folder));
      const short = records.filter(({ length }) => length < 1000);
      for (let turn = 0; turn < CASES_OF_DAMAGE / 10; turn++) {
        const damaged = Array.from({ length: 10 }, () => {
          const record = short[rng.int(short.length)].slice();
          for (let flips = 1 + rng.int(4); flips > 0; flips--) record[rng.int(record.length)] ^= 1 << rng.int(8);
          return record;
        });
        fs.writeFileSync(unit.files[0].path, fileOf(damaged));
        const sink = new MemorySink();
        await bridge.read(unit, { sink });
        for (const { measures } of sink.runs.values())
          for (const { steps } of measures.values()) expect(steps.every(Number.isSafeInteger)).toBe(true);
      }
    });
  });

  test("2,000 files of noise, with and without a right beginning, are refused or read, never fatal", async () => {
    const rng = Rng.of(9, "noise");
    const start = fileOf(records.slice(0, 1));
    await withFolder([], async (folder) => {
      for (let turn = 0; turn < 2000; turn++) {
        const noise = Uint8Array.from({ length: rng.int(300) }, () => rng.int(256));
        writeFiles(folder, [{ name: files[0].name, bytes: turn % 2 === 0 ? noise : Buffer.concat([start, noise]) }]);
        const { units, tree } = await importAll(bridge, folder);
        expect(units.length + tree.skipped.size).toBe(1);
      }
    });
  });

  test("a stop in the middle of a large file goes on from the state given with it, and gives the whole", async () => {
    const large = records.slice(0, 8).flatMap((record, at) => [record, ...filler(name, at)]);
    await withFolder([{ name: files[0].name, bytes: fileOf(large) }], async (folder) => {
      const [unit] = await bridge.claim(treeOf(folder));
      const whole = new MemorySink();
      await bridge.read(unit, { sink: whole });
      const stopped = new StoppingSink();
      await expect(bridge.read(unit, { sink: stopped })).rejects.toBe(stopped.reason);
      expect(pointTexts(stopped).length).toBeLessThan(pointTexts(whole).length);
      const resumed = stopped.goOn();
      await bridge.read(unit, { sink: resumed, from: stopped.state });
      expect(contentOf(resumed)).toEqual(contentOf(whole));
    });
  });

  test("a state that no read left is refused with a way out", async () => {
    await withFolder(files, async (folder) => {
      const [unit] = await bridge.claim(treeOf(folder));
      await expect(bridge.read(unit, { sink: new MemorySink(), from: { files: 3 } })).rejects.toMatchObject({
        code: "IMPORT_STATE_INVALID",
        message: expect.stringContaining("import again"),
      });
    });
  });

  test("a file that is gone since it was claimed is READ_FAILED with its path", async () => {
    await withFolder(files, async (folder) => {
      const [unit] = await bridge.claim(treeOf(folder));
      fs.rmSync(unit.files[0].path);
      const reading = bridge.read(unit, { sink: new MemorySink() });
      await expect(reading).rejects.toMatchObject({ code: "READ_FAILED" });
    });
  });
});

test("real files of both producers in cuts give the same as whole", async () => {
  const rng = Rng.of(10, "real cuts");
  for (const [bridge, name, file] of [
    [tfeventsBridge, "run/events.out.tfevents.1", "tfevents/fixtures/pytorch/events.out.tfevents.1700000000.pytorch"],
    [wandbBridge, "run-x.wandb", "wandb/fixtures/wandb/offline-run-20260101_000000-finished/run-finished.wandb"],
  ] as const) {
    const bytes = new Uint8Array(fs.readFileSync(fileURLToPath(new URL(file, import.meta.url))));
    const whole = await importOnce(bridge, [{ name, bytes }]);
    expect(pointTexts(whole).length).toBeGreaterThan(20);
    for (let turn = 0; turn < 20; turn++) {
      const cuts = Array.from({ length: 4 }, () => rng.int(bytes.length)).sort((a, b) => a - b);
      expect(contentOf(await importInCuts(bridge, [{ name, bytes }], cuts))).toEqual(contentOf(whole));
    }
    expect(countOf(whole.skipped)).not.toHaveProperty("UNFINISHED_TAIL");
  }
});

/** About a megabyte that is no number. */
function filler(name: string, at: number): Bytes[] {
  const words = "x".repeat(50_000);
  return Array.from({ length: 20 }, (_, index) =>
    name === "tfevents"
      ? valueEvent(100 * at + index, [text(1, "filler"), metadata("text"), nested(8, varint(1, 7), text(8, words))])
      : historyRecord(100 * at + index, item("filler", `"${words}"`), item("_step", String(index))),
  );
}

/** Rejects at the first stretch, as a stop does, keeping the state that came with it. */
class StoppingSink extends MemorySink {
  readonly reason = new Error("stopped");
  state: Json = null;

  override async drain(_: number, state?: () => Json): Promise<void> {
    this.state = JSON.parse(JSON.stringify(state!()));
    throw this.reason;
  }

  /** A sink that has what this one had. */
  goOn(): MemorySink {
    const sink = new MemorySink();
    for (const [key, run] of this.runs) sink.runs.set(key, run);
    for (const [code, skip] of this.skipped) sink.skipped.set(code, skip);
    return sink;
  }
}

/** A point may stand elsewhere when what places it was lost: a definition, the last row. */
const withoutStep = (point: string): string => point.replace(" (by _step)", "").replace(/ \S+ /, " ");
/** Where the last summary was lost, an earlier value of it stays. */
const isSummary = (point: string): boolean => point.startsWith("summary/");
