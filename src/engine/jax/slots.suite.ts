/**
 * @file Counts the memory slots that are alive on one of jax-js's devices, for tests of leaks.
 *
 * jax-js offers no counter, so its own chunk is asked for the backend object, whose three slot functions are wrapped.
 */
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect } from "vitest";

interface Slots {
  malloc(size: number, data?: Uint8Array): number;
  incRef(slot: number): void;
  decRef(slot: number): void;
}

/** From now on; `alive()` is the number of slots that were made since and not freed. */
export async function countSlots(backend: string): Promise<{ alive(): number; made(): number }> {
  const folder = dirname(fileURLToPath(import.meta.resolve("@jax-js/jax")));
  const chunk = readdirSync(folder).find((name) => /^backend-.*\.js$/.test(name));
  expect(chunk, "the chunk of jax-js that holds its backends").toBeDefined();
  const exported: Record<string, unknown> = await import(pathToFileURL(join(folder, chunk!)).href);
  const getBackend = Object.values(exported).find((value) => (value as { name?: string })?.name === "getBackend");
  const slots = (getBackend as (name: string) => Slots)(backend);
  const { malloc, incRef, decRef } = slots;
  const counts = new Map<number, number>();
  let made = 0;
  slots.malloc = (size, data) => {
    const slot = malloc.call(slots, size, data);
    counts.set(slot, 1);
    made++;
    return slot;
  };
  slots.incRef = (slot) => {
    incRef.call(slots, slot);
    if (counts.has(slot)) counts.set(slot, counts.get(slot)! + 1);
  };
  slots.decRef = (slot) => {
    decRef.call(slots, slot);
    const left = counts.get(slot);
    if (left === 1) counts.delete(slot);
    else if (left !== undefined) counts.set(slot, left - 1);
  };
  return { alive: () => counts.size, made: () => made };
}
