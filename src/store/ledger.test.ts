/**
 * @file The ledger: order proven by hashes, nothing twice, nothing lost, and the first bad entry named.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { codeOf, freshWorkspace } from "./testing.suite.ts";
import { Workspace } from "./workspace.ts";

async function ledgerOf(count: number) {
  const { workspace, clock } = await freshWorkspace();
  const ledger = workspace.ledger("main");
  for (let index = 0; index < count; index++)
    ledger.append({ kind: "forecast", key: `k${index}`, body: { value: index } });
  const file = path.join(workspace.ledgerDir, "main.jsonl");
  const lines = () => fs.readFileSync(file, "utf8").split("\n").slice(0, -1);
  const rewrite = (texts: readonly string[]) => fs.writeFileSync(file, texts.map((text) => `${text}\n`).join(""));
  return { workspace, clock, ledger, file, lines, rewrite };
}

test("an entry's hash is the sha256 of its canonical JSON with the hash before it", async () => {
  const { ledger } = await ledgerOf(0);
  const first = ledger.append({ kind: "note", key: "a", body: { z: 1, b: [Number.NaN] } });
  const second = ledger.append({ kind: "note", key: "b", body: null });
  const text = `{"at":"${first.at}","body":{"b":["NaN"],"z":1},"key":"a","kind":"note","prev":"${"0".repeat(64)}","seq":0}`;
  expect(first.hash).toBe(createHash("sha256").update(text).digest("hex"));
  expect(second.prev).toBe(first.hash);
  expect(ledger.verify()).toMatchObject({ ok: true, entries: 2, torn: [] });
});

test("saying the same again adds nothing; saying otherwise under the same key is refused", async () => {
  const { ledger, lines } = await ledgerOf(2);
  const before = lines();
  expect(ledger.append({ kind: "forecast", key: "k1", body: { value: 1 } }).seq).toBe(1);
  expect(lines()).toEqual(before);
  expect(() => ledger.append({ kind: "forecast", key: "k1", body: { value: 2 } })).toThrow(
    /registered on .* \(entry 1\)/,
  );
  expect(await codeOf(() => ledger.append({ kind: "outcome", key: "k1", body: { value: 1 } }))).toBe("LEDGER_CONFLICT");
  expect(lines()).toEqual(before);
});

test("an amendment names what it amends, and is then what counts", async () => {
  const { ledger } = await ledgerOf(1);
  const amended = ledger.append({ kind: "forecast", key: "k0", body: { value: 5 }, amend: "typing error" });
  expect(amended.body).toMatchObject({ reason: "typing error", amends: ledger.find({ key: "k0" })[0].hash });
  expect(ledger.bodyOf("k0")).toEqual({ value: 5 });
  expect(ledger.append({ kind: "forecast", key: "k0", body: { value: 5 } }).seq).toBe(1);
  expect(await codeOf(() => ledger.append({ kind: "forecast", key: "k0", body: { value: 0 } }))).toBe(
    "LEDGER_CONFLICT",
  );
});

test("a batch with one conflict adds nothing", async () => {
  const { ledger, lines } = await ledgerOf(1);
  const batch = [
    { kind: "note" as const, key: "new", body: 1 },
    { kind: "note" as const, key: "k0", body: 2 },
  ];
  expect(await codeOf(() => ledger.appendAll(batch))).toBe("LEDGER_CONFLICT");
  expect(lines()).toHaveLength(1);
  const twice = [batch[0], batch[0]];
  expect(ledger.appendAll(twice).map(({ seq }) => seq)).toEqual([1, 1]);
});

test("finds by kind and key over all segments", async () => {
  const { workspace, ledger } = await ledgerOf(2);
  workspace.ledger("cli").append({ kind: "note", key: "n", body: 1 });
  expect(ledger.find({ kind: "note" }).map(({ key }) => key)).toEqual(["n"]);
  expect(ledger.find({ key: "k1" })).toHaveLength(1);
  expect(ledger.find()).toHaveLength(3);
  expect(workspace.ledger("cli").append({ kind: "forecast", key: "k1", body: { value: 1 } }).seq).toBe(1);
  expect(await codeOf(() => workspace.ledger("cli").append({ kind: "note", key: "k1", body: 9 }))).toBe(
    "LEDGER_CONFLICT",
  );
});

test("verify names the first bad entry: a changed one", async () => {
  const { ledger, lines, rewrite, file } = await ledgerOf(5);
  rewrite(lines().map((line, index) => (index === 2 ? line.replace('"value":2', '"value":7') : line)));
  expect(ledger.verify()).toMatchObject({ ok: false, firstBad: { file, line: 3, seq: 2, what: "hash mismatch" } });
  expect(() => ledger.anchor()).toThrow(/line 3 \(entry 2\): hash mismatch/);
});

test("verify names the first bad entry: one that is gone", async () => {
  const { ledger, lines, rewrite } = await ledgerOf(5);
  rewrite(lines().filter((_, index) => index !== 2));
  expect(ledger.verify()).toMatchObject({ ok: false, firstBad: { line: 3, seq: 2, what: "missing" } });
});

test("verify names the first bad entry: a swap, a copy, a line that is no entry", async () => {
  const { ledger, lines, rewrite } = await ledgerOf(4);
  const good = lines();
  rewrite([good[0], good[2], good[1], good[3]]);
  expect(ledger.verify()).toMatchObject({ ok: false, firstBad: { line: 2, what: "missing" } });
  rewrite([good[0], good[1], good[1], good[2], good[3]]);
  expect(ledger.verify()).toMatchObject({ ok: false, firstBad: { line: 3, seq: 1, what: "broken link" } });
  rewrite([good[0], "{}", good[1]]);
  expect(ledger.verify()).toMatchObject({ ok: false, firstBad: { line: 2, seq: 1, what: "not an entry" } });
  rewrite([good[0], "nonsense", good[1]]);
  expect(ledger.verify()).toMatchObject({ ok: false, firstBad: { line: 2, seq: 1, what: "not an entry" } });
});

test("verify notices entries dropped from the end, and a whole segment gone", async () => {
  const { ledger, lines, rewrite, file } = await ledgerOf(4);
  rewrite(lines().slice(0, 2));
  expect(ledger.verify()).toMatchObject({ ok: false, firstBad: { line: 3, seq: 2, what: "missing" } });
  fs.rmSync(file);
  expect(ledger.verify()).toMatchObject({ ok: false, firstBad: { file, line: 1, seq: 0, what: "missing" } });
});

test("verify notices a chain that was rewritten as a whole, and so does an anchor", async () => {
  const { ledger, workspace, clock, rewrite } = await ledgerOf(3);
  const anchor = ledger.anchor();
  const other = await Workspace.open(path.join(workspace.home, "other"), { clock: clock.read });
  const forged = other
    .ledger("main")
    .appendAll([0, 1, 2].map((index) => ({ kind: "forecast" as const, key: `k${index}`, body: { value: index + 1 } })));
  rewrite(forged.map((entry) => JSON.stringify(entry)));
  expect(ledger.verify()).toMatchObject({ ok: false, firstBad: { seq: 2, what: "hash mismatch" } });
  fs.copyFileSync(path.join(other.ledgerDir, "head.json"), path.join(workspace.ledgerDir, "head.json"));
  expect(ledger.verify().ok).toBe(true);
  expect(ledger.checkAnchor(anchor)).toMatchObject({ ok: false, why: expect.stringContaining("rewritten") });
});

test("an anchor still holds after the ledger grew, and not after it shrank", async () => {
  const { ledger, workspace, lines, rewrite } = await ledgerOf(3);
  const anchor = ledger.anchor();
  expect(anchor).toMatch(/^ontogeny-ledger\/1 2025-06-15T15:06:40\.000Z entries=3 head=[0-9a-f]{64} segments=main:3$/);
  ledger.append({ kind: "note", key: "later", body: 1 });
  workspace.ledger("cli").append({ kind: "note", key: "other", body: 1 });
  expect(ledger.checkAnchor(anchor)).toEqual({ ok: true });
  expect(ledger.checkAnchor(ledger.anchor())).toEqual({ ok: true });
  rewrite(lines().slice(0, 2));
  expect(ledger.checkAnchor(anchor)).toMatchObject({ ok: false, why: expect.stringContaining("at least 3") });
  expect(ledger.checkAnchor("nonsense").ok).toBe(false);
});

test("a last line cut off by a kill is told and removed; no whole entry is lost, wherever the cut is", async () => {
  const { workspace, ledger, file } = await ledgerOf(3);
  ledger.close();
  fs.rmSync(path.join(workspace.ledgerDir, "head.json"));
  const bytes = fs.readFileSync(file);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: bytes.length }), (cut) => {
      fs.writeFileSync(file, bytes.subarray(0, cut));
      fs.rmSync(path.join(workspace.ledgerDir, "head.json"), { force: true });
      // A line is whole once its closing brace is there.
      const whole = bytes
        .subarray(0, cut)
        .toString()
        .split("\n")
        .filter((text) => text.endsWith("}}") || /"seq":\d+\}$/.test(text));
      const verdict = ledger.verify();
      expect(verdict).toMatchObject({ ok: true, entries: whole.length });
      ledger.recovered.length = 0;
      ledger.append({ kind: "note", key: `after ${cut}`, body: 1 });
      expect(ledger.recovered.length).toBe(verdict.ok ? verdict.torn.length : -1);
      expect(ledger.verify()).toMatchObject({ ok: true, entries: whole.length + 1, torn: [] });
      ledger.close();
    }),
    { seed: 11, numRuns: 60 },
  );
});

test("a cut that reaches into what head.json remembers is not a harmless torn tail", async () => {
  const { ledger, file } = await ledgerOf(3);
  fs.truncateSync(file, fs.statSync(file).size - 20);
  expect(ledger.verify()).toMatchObject({ ok: false, firstBad: { line: 3, seq: 2, what: "torn tail" } });
});

test("a broken chain is not extended", async () => {
  const { workspace, ledger, lines, rewrite, clock } = await ledgerOf(3);
  ledger.close();
  rewrite(lines().map((line, index) => (index === 0 ? line.replace('"value":0', '"value":9') : line)));
  const reopened = await Workspace.open(workspace.home, { clock: clock.read });
  expect(await codeOf(() => reopened.ledger("main").append({ kind: "note", key: "x", body: 1 }))).toBe("LEDGER_BROKEN");
});

test("a segment has one writer at a time, and is free when that process is gone", async () => {
  const { workspace, clock, ledger } = await ledgerOf(1);
  const rival = (await Workspace.open(workspace.home, { clock: clock.read })).ledger("main");
  expect(await codeOf(() => rival.append({ kind: "note", key: "x", body: 1 }))).toBe("LEDGER_LOCKED");
  clock.nowMs += 1e9;
  expect(await codeOf(() => rival.append({ kind: "note", key: "x", body: 1 }))).toBe("LEDGER_LOCKED");
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  const lock = path.join(workspace.ledgerDir, ".locks", "main", "1", "lease.json");
  fs.writeFileSync(lock, JSON.stringify({ ...JSON.parse(fs.readFileSync(lock, "utf8")), pid }));
  expect(rival.append({ kind: "note", key: "x", body: 1 }).seq).toBe(1);
  expect(await codeOf(() => ledger.append({ kind: "note", key: "y", body: 1 }))).toBe("LEASE_LOST");
  expect(rival.verify()).toMatchObject({ ok: true, entries: 2 });
});

test("refuses writer names that are not plain, and head", async () => {
  const { workspace } = await freshWorkspace();
  for (const name of ["", "head", "../x", "a/b", ".hidden"])
    expect(await codeOf(() => workspace.ledger(name))).toBe("LEDGER_WRITER_INVALID");
});

test("random histories verify, and any single changed byte is found", async () => {
  const { ledger, file } = await ledgerOf(0);
  const value = fc.jsonValue({ maxDepth: 2 });
  let count = 0;
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 4 }), (bodies) => {
      ledger.appendAll(bodies.map((body) => ({ kind: "note", key: `r${count++}`, body })));
      expect(ledger.verify().ok).toBe(true);
    }),
    { seed: 3, numRuns: 15 },
  );
  const bytes = fs.readFileSync(file);
  fc.assert(
    fc.property(fc.nat(bytes.length - 2), fc.integer({ min: 1, max: 127 }), (at, flip) => {
      const changed = Buffer.from(bytes);
      changed[at] ^= flip;
      fs.writeFileSync(file, changed);
      expect(ledger.verify().ok).toBe(false);
    }),
    { seed: 5, numRuns: 60 },
  );
});
