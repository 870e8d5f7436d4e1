/**
 * @file Leases: one holder at a time, and a holder that slept cannot publish.
 */
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { nodeDisk } from "./disk.ts";
import { Fence, fenceLeftovers, maybeLiveLease } from "./fence.ts";
import { isSurelyDead } from "./holder.ts";
import { codeOf, freshWorkspace, HandClock, meaningOf, pointsAt, temporaryFolder } from "./testing.suite.ts";

const TTL_MS = 1000;

function takerIn(folder: string, clock = new HandClock()) {
  const take = (owner: string, disk = nodeDisk) =>
    Fence.take({ folder, what: "thing", owner, clock: clock.read, leaseTtlMs: TTL_MS, disk });
  return { take, clock };
}

test("a live lease keeps others out and says who holds it", async () => {
  const { take } = takerIn(temporaryFolder());
  take("first");
  expect(() => take("second")).toThrow(/held by first \(process \d+ on .*1 s/);
  expect(await codeOf(() => take("second"))).toBe("LEASE_HELD");
});

test("an expired lease can be taken, with a higher number; the sleeper can then publish nothing", async () => {
  const folder = temporaryFolder();
  const { take, clock } = takerIn(folder);
  const sleeper = take("sleeper");
  clock.nowMs += TTL_MS;
  const taker = take("taker");
  expect([sleeper.number, taker.number]).toEqual([1, 2]);
  const target = path.join(folder, "state");
  expect(await codeOf(() => sleeper.publish(target, Buffer.from("old")))).toBe("LEASE_LOST");
  expect(() => sleeper.assertHeld()).toThrow(/taker \(process/);
  expect(await codeOf(() => sleeper.renew())).toBe("LEASE_LOST");
  taker.publish(target, Buffer.from("new"));
  expect(fs.readFileSync(target, "utf8")).toBe("new");
});

test("an expired lease that nobody took is still good, and can be renewed", () => {
  const { take, clock } = takerIn(temporaryFolder());
  const holder = take("holder");
  clock.nowMs += 5 * TTL_MS;
  holder.renew();
  expect(() => take("other")).toThrow("held by holder");
});

test("a released lease is free at once; numbers never come back", () => {
  const { take } = takerIn(temporaryFolder());
  for (const number of [1, 2, 3]) {
    const fence = take("holder");
    expect(fence.number).toBe(number);
    fence.release();
    fence.release();
    expect(fence.isHeld()).toBe(false);
  }
});

test("a fence that wakes between writing and renaming loses too", async () => {
  const folder = temporaryFolder();
  const { take, clock } = takerIn(folder);
  const target = path.join(folder, "state");
  const sleeper = take("sleeper", {
    ...nodeDisk,
    rename(from, to) {
      // The file is written and synced; at this moment another takes over.
      if (to === target) {
        clock.nowMs += TTL_MS;
        take("taker");
      }
      nodeDisk.rename(from, to);
    },
  });
  expect(await codeOf(() => sleeper.publish(target, Buffer.from("old")))).toBe("LEASE_LOST");
  expect(fs.existsSync(target)).toBe(false);
});

test("of two takers at the same moment one wins", async () => {
  const folder = temporaryFolder();
  const { take } = takerIn(folder);
  let winner: Fence | undefined;
  const slow = {
    ...nodeDisk,
    rename(from: string, to: string) {
      if (winner === undefined) winner = take("quick");
      nodeDisk.rename(from, to);
    },
  };
  expect(await codeOf(() => take("slow", slow))).toBe("LEASE_HELD");
  expect(winner?.isHeld()).toBe(true);
  expect(fs.readdirSync(folder)).toEqual(["1"]);
});

test("the lease of a process that died on this host is free at once", () => {
  const folder = temporaryFolder();
  const { take, clock } = takerIn(folder);
  take("dead");
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  const file = path.join(folder, "1", "lease.json");
  const lease = JSON.parse(fs.readFileSync(file, "utf8"));
  fs.writeFileSync(file, JSON.stringify({ ...lease, pid }));
  expect(maybeLiveLease(folder, { nowMs: clock.nowMs })).toBeUndefined();
  expect(fenceLeftovers(folder, clock.nowMs)).toEqual([path.join(folder, "1", "gate")]);
  // Another process now has the number: it started at another time.
  fs.writeFileSync(file, JSON.stringify({ ...lease, pidStart: "1" }));
  expect(take("next").number).toBe(2);
  expect(fenceLeftovers(folder, clock.nowMs)).toEqual([]);
});

test("a lease from another host is believed until its time is up", () => {
  const folder = temporaryFolder();
  const { take, clock } = takerIn(folder);
  take("far");
  const file = path.join(folder, "1", "lease.json");
  fs.writeFileSync(file, JSON.stringify({ ...JSON.parse(fs.readFileSync(file, "utf8")), host: "elsewhere", pid: 1 }));
  expect(() => take("near")).toThrow("on elsewhere");
  clock.nowMs += TTL_MS;
  expect(take("near").number).toBe(2);
});

test("a worker that lost its lease can neither append, commit, seal, fail nor write events", async () => {
  const { workspace, clock } = await freshWorkspace();
  const options = { owner: "worker", leaseTtlMs: TTL_MS };
  const sleeper = await workspace.acquireRun(meaningOf(1), options);
  sleeper.append(pointsAt(10));
  sleeper.commit({ step: 10, status: "running" });
  clock.nowMs += TTL_MS;
  const taker = await workspace.acquireRun(meaningOf(1), options);
  const calls = [
    () => sleeper.append(pointsAt(20)),
    () => sleeper.commit({ step: 20, status: "complete" }),
    () => sleeper.seal(),
    () => sleeper.writeEvents([]),
    () => sleeper.saveProbe({ step: 1, probe: "p", version: "1", result: 1 }),
    () => sleeper.renew(),
    () => sleeper.fail("no"),
  ];
  for (const call of calls) expect(await codeOf(call)).toBe("LEASE_LOST");
  sleeper.release();
  taker.commit({ step: 30, status: "complete" });
  expect(workspace.run(taker.id).manifest()).toMatchObject({ step: 30, attempts: 2 });
});

test("committing keeps the lease alive", async () => {
  const { workspace, clock } = await freshWorkspace();
  const writer = await workspace.acquireRun(meaningOf(1), { owner: "worker", leaseTtlMs: TTL_MS });
  for (let step = 1; step <= 5; step++) {
    clock.nowMs += TTL_MS * 0.8;
    writer.commit({ step, status: "running" });
  }
  const again = workspace.acquireRun(meaningOf(1), { owner: "other", leaseTtlMs: TTL_MS });
  await expect(again).rejects.toThrow("held by worker");
});

test("a holder that has ended but was never reaped counts as dead", async (context) => {
  if (process.platform !== "linux") context.skip("zombies are told apart by /proc");
  // The shell starts a child that ends at once, and becomes a program that never asks after it.
  const parent = spawn("sh", ["-c", "sleep 0.2 & echo $!; exec sleep 30"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    const pid = await new Promise<number>((resolve) => parent.stdout.once("data", (text) => resolve(Number(text))));
    await vi.waitFor(() => expect(isSurelyDead({ owner: "zombie", host: os.hostname(), pid })).toBe(true));
    expect(() => process.kill(pid, 0)).not.toThrow();
    expect(isSurelyDead({ owner: "alive", host: os.hostname(), pid: parent.pid! })).toBe(false);
  } finally {
    parent.kill("SIGKILL");
  }
});
