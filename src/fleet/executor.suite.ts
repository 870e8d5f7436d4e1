/**
 * @file The suite that every executor runs. Its worker understands {kind: "echo" | "slow" | "fail" | "dieOnce"}.
 */
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Executor } from "./executor.ts";

export function testExecutor(name: string, open: () => Executor): void {
  test(`${name}: answers with the worker's result`, async () => {
    await using executor = open();
    expect(await executor.run({ name: "echo", payload: { kind: "echo", value: { a: [1, 2] } } })).toMatchObject({
      status: "done",
      result: { a: [1, 2] },
      workerDeaths: 0,
    });
  });

  test(`${name}: runs no more jobs at once than it has slots, and all of them in the end`, async () => {
    await using executor = open();
    const spans = await Promise.all(
      Array.from({ length: 6 }, (_, i) => executor.run({ name: `${i}`, payload: { kind: "slow", ms: 40 } })),
    );
    const edges = spans.flatMap((span) => {
      const { start, end } = (span as unknown as { result: { start: number; end: number } }).result;
      return [
        { at: start, change: 1 },
        { at: end, change: -1 },
      ];
    });
    edges.sort((a, b) => a.at - b.at || a.change - b.change);
    let open_ = 0;
    let most = 0;
    for (const { change } of edges) {
      open_ += change;
      most = Math.max(most, open_);
    }
    expect(most).toBeLessThanOrEqual(executor.slots);
    expect(spans).toHaveLength(6);
  });

  test(`${name}: hands the worker's error on with its code`, async () => {
    await using executor = open();
    await expect(executor.run({ name: "bad", payload: { kind: "fail" } })).rejects.toMatchObject({
      code: "TEST_FAILURE",
      message: "expected to fail",
    });
  });

  test(`${name}: a job whose worker was killed is taken up again`, async () => {
    await using executor = open();
    const marker = join(mkdtempSync(join(tmpdir(), "ontogeny-fleet-")), "died");
    const outcome = await executor.run({ name: "die", payload: { kind: "dieOnce", marker } });
    expect(existsSync(marker)).toBe(true);
    expect(outcome).toMatchObject({ status: "done", result: "alive", workerDeaths: 1 });
  });

  test(`${name}: gives up with WORKER_DIED when every worker dies`, async () => {
    await using executor = open();
    await expect(executor.run({ name: "doomed", payload: { kind: "dieAlways" } })).rejects.toMatchObject({
      code: "WORKER_DIED",
    });
  });

  test(`${name}: a raised signal stops running and waiting jobs alike`, async () => {
    await using executor = open();
    const controller = new AbortController();
    const jobs = Array.from({ length: 4 }, () =>
      executor.run({ name: "long", payload: { kind: "untilStopped" } }, { signal: controller.signal }),
    );
    setTimeout(() => controller.abort(), 150);
    expect(await Promise.all(jobs)).toEqual(Array.from({ length: 4 }, () => ({ status: "stopped" })));
  });

  test(`${name}: passes progress on`, async () => {
    await using executor = open();
    const seen: unknown[] = [];
    await executor.run({ name: "p", payload: { kind: "progress" } }, { onProgress: (value) => seen.push(value) });
    expect(seen).toEqual([1, 2, 3]);
    expect(executor.peakWorkerMemoryBytes).toBeGreaterThan(1e6);
  });
}
