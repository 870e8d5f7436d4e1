import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { importAll, type MemoryRun } from "../memorySink.fixture.ts";
import { trainerStateBridge } from "./trainerStateBridge.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "ontogeny-trainer-state-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

type Entry = Record<string, unknown>;

function put(name: string, history: readonly Entry[], more: Entry = {}): void {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  const global_step = Math.max(0, ...history.map(({ step }) => Number(step ?? 0)));
  writeFileSync(
    path,
    JSON.stringify({ global_step, max_steps: 100, logging_steps: 10, log_history: history, ...more }, null, 2),
  );
}

const train = (step: number, loss: number): Entry => ({ step, epoch: step / 10, loss, learning_rate: 1e-4 });

async function onlyRun(): Promise<{
  run: MemoryRun;
  skipped: ReadonlyMap<string, { count: number; example: string }>;
}> {
  const { sink } = await importAll(trainerStateBridge, root);
  expect(sink.runs.size).toBe(1);
  return { run: [...sink.runs.values()][0], skipped: sink.skipped };
}

describe("trainer_state.json", () => {
  test("what is logged in training and in evaluation keeps apart, though the steps are the same", async () => {
    put("run/trainer_state.json", [
      train(10, 2),
      { step: 10, epoch: 1, eval_loss: 1.5, eval_g0_accuracy: 0.5 },
      train(20, 1),
      { step: 20, epoch: 2, train_loss: 1.5, train_runtime: 60, total_flos: 1e9 },
    ]);
    const { run, skipped } = await onlyRun();
    expect(run.facts).toMatchObject({
      name: "run",
      status: "complete",
      tags: { stopped: "at step 20 of 100" },
      configuration: { max_steps: 100, logging_steps: 10, "final.train_loss": 1.5, "final.train_runtime": 60 },
    });
    expect([...run.measures.keys()]).toEqual([
      "epoch",
      "train/loss",
      "train/learning_rate",
      "eval/loss",
      "eval/g0_accuracy",
    ]);
    expect(run.series("train/loss")).toMatchObject({ steps: [10, 20], values: [2, 1] });
    expect(run.series("eval/loss")).toMatchObject({ steps: [10], values: [1.5] });
    expect(run.series("epoch")).toMatchObject({ steps: [10, 20], values: [1, 2] });
    expect(skipped.size).toBe(0);
  });

  test("the files of several checkpoints tell one run, each entry once", async () => {
    put("run/checkpoint-10/trainer_state.json", [train(5, 3), train(10, 2)]);
    put("run/checkpoint-20/trainer_state.json", [train(5, 3), train(10, 2), train(15, 2), train(15, 2), train(20, 1)]);
    const { run } = await onlyRun();
    expect(run.series("train/loss")).toMatchObject({
      steps: [5, 10, 15, 15, 20],
      values: [3, 2, 2, 2, 1],
      segments: [0, 0, 0, 0, 0],
    });
    expect(run.series("train/loss").files).toEqual([0, 0, 1, 1, 1]);
    expect(run.facts.status).toBe("unknown");
  });

  test("a part that a restart withdrew stays, in a segment of its own", async () => {
    put("run/checkpoint-20/trainer_state.json", [train(10, 3), train(20, 9)]);
    put("run/checkpoint-30/trainer_state.json", [train(10, 3), train(20, 2), train(30, 1)]);
    put("run/checkpoint-40/trainer_state.json", [train(10, 3), train(15, 2.5), train(40, 0.5)]);
    const { run } = await onlyRun();
    expect(run.series("train/loss")).toMatchObject({
      steps: [10, 20, 20, 30, 15, 40],
      values: [3, 9, 2, 1, 2.5, 0.5],
      segments: [0, 0, 0, 0, 1, 1],
    });
  });

  test("reads bare NaN and Infinity as values, and counts what has no step or is no number", async () => {
    mkdirSync(join(root, "run"));
    writeFileSync(
      join(root, "run", "trainer_state.json"),
      '{"global_step": 2, "log_history": [{"step": 1, "loss": NaN, "grad_norm": Infinity}, {"loss": 1}, {"step": 2, "note": "x"}]}',
    );
    const { run, skipped } = await onlyRun();
    expect(run.series("train/loss").values).toEqual([Number.NaN]);
    expect(run.series("train/grad_norm").values).toEqual([Number.POSITIVE_INFINITY]);
    expect(skipped.get("STEP_MISSING")).toMatchObject({ count: 1 });
    expect(skipped.get("NOT_A_NUMBER")).toMatchObject({
      count: 1,
      example: 'run/trainer_state.json: note at step 2 is "x"',
    });
  });

  test("what only has the name is named, what is cut off is counted", async () => {
    mkdirSync(join(root, "a"));
    writeFileSync(join(root, "a", "trainer_state.json"), "hello");
    writeFileSync(join(root, "trainer_state.json"), '{"global_step": 2, "log_history": [{"step": 1, "lo');
    const { sink, tree } = await importAll(trainerStateBridge, root);
    expect([...tree.skipped.keys()]).toEqual(["TRAINER_STATE_INVALID"]);
    expect([...sink.skipped.keys()]).toEqual(["JSON_INVALID"]);
  });

  test("2,000 flips of bits never throw", async () => {
    put("trainer_state.json", [train(10, 2), { step: 10, eval_loss: 1.5 }]);
    const { readFileSync } = await import("node:fs");
    const bytes = readFileSync(join(root, "trainer_state.json"));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length * 8 - 1), { minLength: 1, maxLength: 4 }), async (bits) => {
        const flipped = Buffer.from(bytes);
        for (const bit of bits) flipped[bit >> 3] ^= 1 << (bit & 7);
        writeFileSync(join(root, "trainer_state.json"), flipped);
        const { sink } = await importAll(trainerStateBridge, root);
        expect(sink.runs.size).toBeLessThan(2);
      }),
      { seed: 8, numRuns: 2000 },
    );
  });

  const REAL = join(import.meta.dirname, "../../../../shared/data/run-logs/trainer_state-viz");
  test.skipIf(!existsSync(REAL))("reads a real file whole (skipped where ../shared/data is absent)", async () => {
    const { sink } = await importAll(trainerStateBridge, REAL);
    const run = [...sink.runs.values()][0];
    expect(run.series("train/loss").steps).toHaveLength(30);
    for (let g = 0; g < 6; g++) expect(run.series(`eval/g${g}_loss`).steps).toHaveLength(31);
    expect(run.facts.status).toBe("complete");
    expect(sink.skipped.size).toBe(0);
  });
});
