import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import {
  double,
  eventFile,
  float,
  joined,
  message,
  nested,
  packed,
  scalarEvent,
  text,
  tfRecord,
  tfRecordHeader,
  valueEvent,
  varint,
  versionEvent,
} from "../../formats/encode.fixture.ts";
import { contentOf, countOf, importOnce, withFolder } from "../binaryLogs.fixture.ts";
import { importAll, type MemorySink, treeOf } from "../memorySink.fixture.ts";
import expected from "./fixtures/expected.json" with { type: "json" };
import { tfeventsBridge } from "./tfeventsBridge.ts";

const FIXTURES = fileURLToPath(new URL("./fixtures", import.meta.url));
const NAME = "run/events.out.tfevents.1.host";

const importFile = (bytes: Uint8Array): Promise<MemorySink> => importOnce(tfeventsBridge, [{ name: NAME, bytes }]);
const measuresOf = (sink: MemorySink) => sink.run("").measures;

const scalarMetadata = (plugin: string, ...fields: readonly Uint8Array[]) =>
  nested(9, nested(1, text(1, plugin)), ...fields);
const startEvent = (step: number) => message(double(1, 1.7e9), varint(2, step), nested(7, varint(1, 1)));

/** Numbers that JSON does not have stand in expected.json as Python's texts. */
const numberOf = (stored: number | string): number =>
  typeof stored === "number" ? stored : { nan: Number.NaN, inf: Number.POSITIVE_INFINITY, "-inf": -Infinity }[stored]!;

test.each(["pytorch", "hparams", "tensorflow2"] as const)(
  "reads what %s wrote as TensorBoard's own reader does: every tag, step, value and time",
  async (name) => {
    const { sink } = await importAll(tfeventsBridge, path.join(FIXTURES, name));
    const { measures } = sink.run(".");
    for (const [tag, points] of Object.entries(expected[name].scalars)) {
      const series = measures.get(tag)!;
      expect(series.steps).toEqual(points.map(([step]) => step));
      expect(series.values).toEqual(points.map(([, value]) => numberOf(value)));
      expect(series.wallMs).toEqual(points.map(([, , wallSecs]) => 1000 * Number(wallSecs)));
    }
    const scalars = [...measures.keys()].filter((measure) => !/^(weights|buckets)\//.test(measure));
    expect(scalars.sort()).toEqual(Object.keys(expected[name].scalars).sort());
  },
);

test("histograms become count, mean, sd, min and max: of exact sums, or of buckets", async () => {
  const { sink } = await importAll(tfeventsBridge, FIXTURES);
  const moments = (run: string, tag: string) =>
    Object.fromEntries(
      ["count", "mean", "sd", "min", "max"].map((name) => [
        name,
        sink.run(run).measures.get(`${tag}/${name}`)?.values[0],
      ]),
    );
  expect(moments("pytorch", "weights")).toEqual(expected.pytorch.histograms.weights);
  // (0–1: 1, 2–4: 3) in their middles .5 and 3.
  expect(moments("tensorflow2", "buckets")).toMatchObject({ count: 4, mean: 2.375, min: 0, max: 4 });
});

test("HParams are the run's settings, its status, and no series", async () => {
  const { sink } = await importAll(tfeventsBridge, path.join(FIXTURES, "hparams"));
  const { facts } = sink.run(".");
  expect(facts.configuration).toEqual({ ...expected.hparams.hparams, nesterov: 1 });
  expect(facts).toMatchObject({ status: "complete", name: "hparams" });
});

test("text, images and other plugins' data are counted with an example", async () => {
  const { sink } = await importAll(tfeventsBridge, path.join(FIXTURES, "pytorch"));
  expect(countOf(sink.skipped)).toEqual({ TFEVENTS_TEXT: 1, TFEVENTS_IMAGE: 1, TFEVENTS_PLUGIN: 1 });
  expect(sink.skipped.get("TFEVENTS_TEXT")!.example).toContain('"note/text_summary" at step 1');
});

test("display name and description come into the spec, from the first value's metadata", async () => {
  const { sink } = await importAll(tfeventsBridge, path.join(FIXTURES, "tensorflow2"));
  expect(sink.run(".").measures.get("of float64")!.spec).toEqual({
    name: "The loss",
    description: "mean over the batch",
  });
});

test("metadata stand on a tag's first value only and hold for all", async () => {
  const tensor = (value: number) => nested(8, varint(1, 2), double(6, value));
  const sink = await importFile(
    eventFile(
      valueEvent(1, [text(1, "t"), scalarMetadata("scalars"), tensor(0.5)]),
      valueEvent(2, [text(1, "t"), tensor(0.25)]),
      valueEvent(3, [text(1, "p"), scalarMetadata("pr_curves"), tensor(1)]),
      valueEvent(4, [text(1, "p"), tensor(1)]),
    ),
  );
  expect(measuresOf(sink).get("t")!.values).toEqual([0.5, 0.25]);
  expect(measuresOf(sink).has("p")).toBe(false);
  expect(countOf(sink.skipped)).toEqual({ TFEVENTS_PLUGIN: 2 });
});

test("several values of one step are all kept, in one segment", async () => {
  const sink = await importFile(eventFile(scalarEvent("a", 1, 1), scalarEvent("a", 1, 2), scalarEvent("a", 1, 3)));
  expect(measuresOf(sink).get("a")).toMatchObject({ steps: [1, 1, 1], values: [1, 2, 3], segments: [0, 0, 0] });
});

test("a segment begins where a tag's step goes back, and nothing is withdrawn", async () => {
  const steps = [0, 10, 20, 5, 15, 15, 1];
  const sink = await importFile(
    eventFile(...steps.flatMap((step) => [scalarEvent("a", step, step), scalarEvent("b", 100, 1)])),
  );
  expect(measuresOf(sink).get("a")).toMatchObject({ steps, segments: [0, 0, 0, 1, 1, 1, 2] });
  expect(new Set(measuresOf(sink).get("b")!.segments)).toEqual(new Set([0]));
});

test("a segment begins with each further file, in the order of names, and with a session START after values", async () => {
  const sink = await importOnce(tfeventsBridge, [
    { name: "run/events.out.tfevents.2.host", bytes: eventFile(startEvent(5), scalarEvent("a", 5, 2), startEvent(7)) },
    { name: "run/events.out.tfevents.1.host", bytes: eventFile(startEvent(0), scalarEvent("a", 4, 1)) },
    { name: "run/events.out.tfevents.3.host", bytes: eventFile(scalarEvent("a", 1, 3), scalarEvent("a", 0, 4)) },
  ]);
  expect(measuresOf(sink).get("a")).toMatchObject({ values: [1, 2, 3, 4], segments: [0, 1, 2, 3] });
  const session = await importFile(eventFile(scalarEvent("a", 1, 1), startEvent(1), scalarEvent("a", 1, 2)));
  expect(measuresOf(session).get("a")!.segments).toEqual([0, 1]);
});

test("a directory is a run: each has its own key, the root's is its folder's name", async () => {
  const bytes = eventFile(scalarEvent("a", 1, 1));
  await withFolder(
    ["a/train/events.tfevents", "a/validation/events.tfevents", "events.tfevents"].map((name) => ({ name, bytes })),
    async (folder) => {
      const { units, sink } = await importAll(tfeventsBridge, folder);
      expect(units.map(({ key }) => key).sort()).toEqual([".", "a/train", "a/validation"]);
      expect(sink.run(".").facts.name).toBe(path.basename(folder));
    },
  );
});

test("an event file is found by its first bytes whatever its name; others' TFRecords are left alone", async () => {
  const bytes = eventFile(scalarEvent("a", 1, 1));
  await withFolder(
    [
      { name: "renamed.bin", bytes },
      { name: "data.tfrecord", bytes: tfRecord(scalarEvent("a", 1, 1)) },
      { name: "data.csv", bytes: new TextEncoder().encode("step,loss\n1,2\n") },
    ],
    async (folder) => {
      const tree = treeOf(folder);
      const [unit, ...rest] = await tfeventsBridge.claim(tree);
      expect(unit.files.map(({ relative }) => relative)).toEqual(["renamed.bin"]);
      expect(rest).toEqual([]);
      expect(tree.skipped.size).toBe(0);
    },
  );
});

test("a file that is named so and empty, or no event file, is reported and not claimed", async () => {
  await withFolder(
    [
      { name: "events.out.tfevents.1", bytes: new Uint8Array() },
      { name: "events.out.tfevents.2", bytes: new TextEncoder().encode("this is a note about tfevents") },
    ],
    async (folder) => {
      const tree = treeOf(folder);
      expect(await tfeventsBridge.claim(tree)).toEqual([]);
      expect(countOf(tree.skipped)).toEqual({ TFEVENTS_EMPTY: 1, TFEVENTS_DAMAGED: 1 });
    },
  );
});

test("Lightning's hparams.yaml beside an event file gives settings; with a metrics.csv there it is left to that", async () => {
  const files = [
    { name: NAME, bytes: eventFile(scalarEvent("a", 1, 1)) },
    { name: "run/hparams.yaml", bytes: new TextEncoder().encode("lr: 0.1\nmodel:\n  depth: 3\n  __proto__: 1\n") },
  ];
  const sink = await importOnce(tfeventsBridge, files);
  expect(sink.run("").facts.configuration).toMatchObject({ lr: 0.1, "model.depth": 3 });
  const withLog = [...files, { name: "run/metrics.csv", bytes: new TextEncoder().encode("step,loss\n") }];
  expect((await importOnce(tfeventsBridge, withLog)).run("").facts.configuration).toBeUndefined();
});

test("the plain form of a scalar and any other order of its fields give the same", async () => {
  const plain = eventFile(...[0, 1, 127, 128, 2 ** 28, 2 ** 40].map((step) => scalarEvent("t", step, step / 3, 1.5)));
  const shuffled = eventFile(
    ...[0, 1, 127, 128, 2 ** 28, 2 ** 40].map((step) =>
      message(nested(5, nested(1, float(2, step / 3), text(1, "t"), text(7, "node"))), varint(2, step), double(1, 1.5)),
    ),
  );
  const [a, b] = [await importFile(plain), await importFile(shuffled)];
  expect(measuresOf(b).get("t")).toEqual(measuresOf(a).get("t"));
  expect(measuresOf(a).get("t")!.steps).toEqual([0, 1, 127, 128, 2 ** 28, 2 ** 40]);
});

test("negative steps are kept, steps beyond 2^53 counted", async () => {
  const at = (step: bigint) => message(double(1, 1), varint(2, step), nested(5, nested(1, text(1, "t"), float(2, 1))));
  const sink = await importFile(eventFile(at(-1n), at(2n ** 53n), at(-(2n ** 63n))));
  expect(measuresOf(sink).get("t")!.steps).toEqual([-1]);
  expect(countOf(sink.skipped)).toEqual({ STEP_OUT_OF_RANGE: 2 });
});

test("tags that are names of an object's own things are plain names", async () => {
  const tags = ["__proto__", "constructor", "toString", "", "日本語"];
  const sink = await importFile(eventFile(...tags.map((tag) => scalarEvent(tag, 1, 1))));
  expect([...measuresOf(sink).keys()]).toEqual(tags.map((tag) => tag || "(no name)"));
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

test("a record with damaged data is counted, the rest read; after a damaged length nothing is", async () => {
  const records = [1, 2, 3, 4].map((step) => tfRecord(scalarEvent("a", step, step)));
  const flipped = (at: number, record: Uint8Array) => record.map((byte, index) => (index === at ? byte ^ 1 : byte));
  const badData = joined(tfRecord(versionEvent()), records[0], flipped(20, records[1]), records[2]);
  const data = await importFile(badData);
  expect(measuresOf(data).get("a")!.steps).toEqual([1, 3]);
  expect(countOf(data.skipped)).toEqual({ TFEVENTS_BAD_DATA: 1 });
  const badLength = joined(tfRecord(versionEvent()), records[0], flipped(2, records[1]), records[2], records[3]);
  const length = await importFile(badLength);
  expect(measuresOf(length).get("a")!.steps).toEqual([1]);
  expect(length.skipped.get("TFEVENTS_BAD_LENGTH")!.example).toMatch(/damaged at byte 79; the last \d+ bytes/);
});

test("a stated length of 2^63 is named and costs nothing; a record above the bound is passed over and the next one read", async () => {
  const start = joined(tfRecord(versionEvent()), tfRecord(scalarEvent("a", 1, 1)));
  const huge = await importFile(joined(start, tfRecordHeader(2n ** 63n), new Uint8Array(50)));
  expect(measuresOf(huge).get("a")!.steps).toEqual([1]);
  expect(countOf(huge.skipped)).toEqual({ TFEVENTS_TOO_LARGE: 1 });
  const size = 65 * 2 ** 20;
  await withFolder([{ name: NAME, bytes: joined(start, tfRecordHeader(size)) }], async (folder) => {
    const file = path.join(folder, NAME);
    // A hole in the file: nothing is written.
    fs.truncateSync(file, start.length + 12 + size + 4);
    fs.appendFileSync(file, tfRecord(scalarEvent("a", 2, 2)));
    const { sink } = await importAll(tfeventsBridge, folder);
    expect(sink.run("run").measures.get("a")!.steps).toEqual([1, 2]);
    expect(countOf(sink.skipped)).toEqual({ TFEVENTS_TOO_LARGE: 1 });
  });
});

test("hostile insides are counted or bounded: deep HParams, huge tensors, broken summaries", async () => {
  let deep = nested(3, Uint8Array.of(65));
  for (let depth = 0; depth < 5000; depth++) deep = nested(6, nested(1, deep));
  const hparams = nested(
    3,
    nested(1, text(1, "deep"), nested(2, deep)),
    nested(1, text(1, "lr"), nested(2, double(2, 0.1))),
  );
  const metadata = nested(9, nested(1, text(1, "hparams"), nested(2, hparams)));
  const sink = await importFile(
    eventFile(
      valueEvent(1, [text(1, "_hparams_/session_start_info"), metadata]),
      valueEvent(2, [text(1, "t"), nested(8, varint(1, 1), nested(2, nested(2, varint(1, 2 ** 50))), float(5, 1))]),
      message(double(1, 1), nested(5, Uint8Array.of(0x0a, 0xff, 0xff, 0x03))),
      Uint8Array.of(0x09, 1, 2),
      valueEvent(3, [text(1, "x".repeat(5000)), float(2, 1)]),
      valueEvent(4, [text(1, "h"), nested(5, double(3, 2), double(4, 6), double(5, 20), packed(6, [1, 2]))]),
    ),
  );
  expect(sink.run("").facts.configuration).toMatchObject({ lr: 0.1 });
  expect(countOf(sink.skipped)).toEqual({ TFEVENTS_TENSOR: 1, TFEVENTS_MALFORMED: 2, TFEVENTS_TAG_REFUSED: 1 });
  expect(measuresOf(sink).get("h/mean")!.values).toEqual([3]);
});

test("a run of more tags than the state may hold is read whole each time", async () => {
  const tags = Array.from({ length: 20_000 }, (_, at) => `layers.${at}.attention.weight.gradient.norm`);
  const bytes = eventFile(...tags.map((tag) => scalarEvent(tag, 1, 1)));
  await withFolder([{ name: NAME, bytes }], async (folder) => {
    const { states, sink } = await importAll(tfeventsBridge, folder);
    expect([...states.values()]).toEqual([undefined]);
    expect(contentOf(sink).runs[0].series.length).toBe(20_000);
  });
});
