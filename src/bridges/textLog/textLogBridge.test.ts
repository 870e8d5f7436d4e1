import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { pointsOf, readInPieces } from "../cuts.fixture.ts";
import { importAll, type MemoryRun } from "../memorySink.fixture.ts";
import { textLogBridge } from "./textLogBridge.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "ontogeny-text-log-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function imported(text: string | Buffer, name = "train.log") {
  writeFileSync(join(root, name), text);
  const { sink, units } = await importAll(textLogBridge, root);
  return { run: [...sink.runs.values()][0] as MemoryRun | undefined, skipped: sink.skipped, units };
}

const NANOGPT = `number of parameters: 10.65M
step 0: train loss 4.2874, val loss 4.2823
iter 0: loss 4.2664, time 33086.75ms, mfu -100.00%
iter 10: loss 3.1436, time 105.10ms, mfu 3.55%
step 250: train loss 1.9630, val loss 2.0606
saving checkpoint to out
iter 250: loss 2.0, time 100.00ms, mfu 3.6%
`;

describe("text logs", () => {
  test("nanoGPT: evaluations and iterations are different measures on one step axis", async () => {
    const { run, skipped } = await imported(NANOGPT);
    expect(run!.series("val_loss")).toMatchObject({ steps: [0, 250], values: [4.2823, 2.0606] });
    expect(run!.series("loss")).toMatchObject({ steps: [0, 10, 250], values: [4.2664, 3.1436, 2] });
    expect(run!.series("time_ms").values).toEqual([33086.75, 105.1, 100]);
    expect(run!.facts.name).toBe("train");
    expect(skipped.size).toBe(0);
  });

  test("llm.c: a validation loss without a step belongs to the step before it", async () => {
    const step = (n: number) =>
      `step ${n}/100 | loss 7.${n} (+nanz)| norm 1.0 (+nanz)| lr 1e-05 | 120.34 ms | 45% bf16 MFU | 4356 tok/s\n`;
    const { run } = await imported(
      `allocating 5 MiB\nval loss 11.0\n${step(1)}${step(2)}val loss 10.5\nHellaSwag: 26/100 = 0.26\n${step(100)}`,
    );
    expect(run!.series("val_loss")).toMatchObject({ steps: [0, 2], values: [11, 10.5] });
    expect(run!.series("hellaswag_accuracy")).toMatchObject({ steps: [2], values: [0.26] });
    expect(run!.facts).toMatchObject({ status: "complete", configuration: { total_steps: 100 } });
  });

  test("a program's own source code at the start gives no points, however long it is", async () => {
    const code =
      'print(f"step:{step}/{n} val_loss:{val_loss:.4f}")\nif step == 10: loss = 3.0\nx = dict(step=10, loss=3)\n'.repeat(
        3000,
      );
    const { run } = await imported(
      `${code}step:0/5 val_loss:10.9 train_time:1ms\nstep:4/5 val_loss:4 train_time:8ms\nstep:5/5 val_loss:3.2 train_time:9ms\n`,
    );
    expect([...run!.measures.keys()]).toEqual(["val_loss", "train_time_ms"]);
    expect(run!.series("val_loss").steps).toEqual([0, 4, 5]);
  });

  test("a step that goes back begins a segment", async () => {
    const { run } = await imported(
      "step 1 loss: 5\nstep 2 loss: 4\nrestarting\nstep 2 loss: 4.5\nstep 1 loss: 9\nstep 3 loss: 2\n",
    );
    expect(run!.series("loss")).toMatchObject({ steps: [1, 2, 2, 1, 3], segments: [0, 0, 0, 1, 1] });
  });

  test("steps that are counted anew in every epoch follow one another, and an epoch trained again is a restart", async () => {
    const lines = [1, 2].flatMap((epoch) =>
      [100, 200].map((step) => `Epoch [${epoch}/2], Step [${step}/250], Loss: ${epoch + step / 1000}\n`),
    );
    const { run } = await imported([...lines, ...lines.slice(2)].join(""));
    expect(run!.series("Loss")).toMatchObject({ steps: [100, 200, 350, 450, 350, 450], segments: [0, 0, 0, 0, 1, 1] });
    expect(run!.facts).toMatchObject({ configuration: { steps_per_epoch: 250 } });
    expect(run!.facts.status).toBeUndefined();
  });

  test("an unfinished last line waits, and says so", async () => {
    const { run, skipped } = await imported("step 1 loss: 5.25\nstep 2 loss: 4.25\nstep 3 loss: 3.");
    expect(run!.series("loss").steps).toEqual([1, 2]);
    expect(skipped.get("LAST_LINE_UNFINISHED")).toMatchObject({ count: 1 });
  });

  test.each([
    ["README.txt", "Training for step 10 loss: 3\nis described here.\nand here\nand here\n"],
    ["notes", "nothing of interest\n"],
    ["requirements.txt", "torch==2.1\nnumpy==1.26\n"],
    ["binary.log", Buffer.from([0, 1, 2, ...Buffer.from("step 1 loss: 1\nstep 2 loss: 1\nstep 3 loss: 1\n")])],
    ["empty.log", ""],
  ])("is no log: %s", async (name, text) => expect((await imported(text, name)).units).toEqual([]));

  test("memory stays small on a line without end", async () => {
    const { skipped, run } = await imported(
      Buffer.concat([
        Buffer.from("step 1 loss: 1\nstep 2 loss: 1\nstep 3 loss: 1\n"),
        Buffer.alloc(5 * 2 ** 20, "x"),
        Buffer.from("\nstep 4 loss: 1\n"),
      ]),
    );
    expect(skipped.get("LINE_TOO_LONG")).toMatchObject({ count: 1 });
    expect(run!.series("loss").steps).toEqual([1, 2, 3, 4]);
  });

  test("a log read in pieces gives what it gives when read at once", async () => {
    const content = Buffer.from(
      `${NANOGPT}step 5: train loss 1.5, val loss 2.5\r\niter 6: loss 1.25, time 1ms, mfu 1%\nüiter 7: loss 1\n`,
    );
    const whole = pointsOf(await readInPieces(textLogBridge, { name: "a.log", content, cuts: [] }));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(content.length), { maxLength: 6 }), async (cuts) => {
        expect(pointsOf(await readInPieces(textLogBridge, { name: "a.log", content, cuts }))).toEqual(whole);
      }),
      { seed: 10, numRuns: 200 },
    );
  });

  test("2,000 flips of bits never throw, and add no more points than there are numbers", async () => {
    const bytes = Buffer.from(NANOGPT);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length * 8 - 1), { minLength: 1, maxLength: 4 }), async (bits) => {
        const flipped = Buffer.from(bytes);
        for (const bit of bits) flipped[bit >> 3] ^= 1 << (bit & 7);
        const { run } = await imported(flipped);
        for (const { steps } of run?.measures.values() ?? []) expect(steps.length).toBeLessThan(8);
      }),
      { seed: 11, numRuns: 2000 },
    );
  });

  const REAL = join(import.meta.dirname, "../../../../shared/data/modded-nanogpt/raw");
  test.skipIf(!existsSync(REAL))("reads real logs whole (skipped where ../shared/data is absent)", async () => {
    const { sink, units, tree } = await importAll(textLogBridge, REAL);
    expect(units).toHaveLength(tree.files.length);
    for (const { facts, measures } of sink.runs.values()) {
      const { steps, segments } = measures.get("val_loss")!;
      expect(new Set(segments)).toEqual(new Set([0]));
      expect(steps[0], facts.name).toBe(0);
      expect([...measures.keys()].join(), facts.name).toMatch(
        /^val_loss,(train_time_ms,step_avg_ms,train_loss|train_loss(,lr,norm)?)$/,
      );
    }
  });
});
