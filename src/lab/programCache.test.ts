import { expect, test } from "vitest";
import { nativeDevice } from "../engine/native.ts";
import { ProgramCache } from "./programCache.ts";

function cacheOf(limit: number) {
  const log: string[] = [];
  const cache = new ProgramCache<{ key: string; dispose: () => Promise<void> }>(limit);
  const get = (key: string) =>
    cache.get(nativeDevice, key, async () => {
      log.push(`+${key}`);
      return { key, dispose: async () => void log.push(`-${key}`) };
    });
  return { log, get, cache };
}

test("compiles each program once and gives the same one to all who ask, also at the same time", async () => {
  const { log, get } = cacheOf(2);
  const [first, second] = await Promise.all([get("a"), get("a")]);
  expect(first).toBe(second);
  expect(await get("a")).toBe(first);
  expect(log).toEqual(["+a"]);
});

test("disposes of the least recently asked for", async () => {
  const { log, get } = cacheOf(2);
  for (const key of ["a", "b", "a", "c", "b"]) await get(key);
  expect(log).toEqual(["+a", "+b", "+c", "-b", "+b", "-a"]);
});

test("does not keep a compilation that failed", async () => {
  const { get, cache } = cacheOf(2);
  await expect(cache.get(nativeDevice, "a", () => Promise.reject(new TypeError("no")))).rejects.toThrow("no");
  expect((await get("a")).key).toBe("a");
});
