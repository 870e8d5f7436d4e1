import { expect, test } from "vitest";
import { Rng } from "../core/index.ts";
import { ByteNames, type ByteNamesBounds } from "./byteNames.ts";

function idsOf(texts: readonly string[], bounds?: ByteNamesBounds): number[] {
  const names = new ByteNames(bounds);
  return texts.map((text) => {
    const bytes = new TextEncoder().encode(`<${text}>`);
    return names.idOf(bytes, 1, bytes.length - 1);
  });
}

test("numbers names in the order of first sight and knows them again, in any order", () => {
  const rng = Rng.of(7, "names");
  const pool = Array.from({ length: 300 }, (_, at) => `layer.${at % 50}/weight ${at}`);
  const texts = Array.from({ length: 5000 }, () => pool[rng.int(pool.length)]);
  const order = [...new Set(texts)];
  expect(idsOf(texts)).toEqual(texts.map((text) => order.indexOf(text)));
});

test("tells names apart that have one hash or one beginning", () => {
  // 32-bit FNV-1a of these two is equal.
  expect(idsOf(["costarring", "liquid", "costarring", "liquid"])).toEqual([0, 1, 0, 1]);
  expect(idsOf(["a", "ab", "", "a", ""])).toEqual([0, 1, 2, 0, 2]);
});

test("an empty name has a text that can be shown", () => {
  const names = new ByteNames();
  names.idOf(new Uint8Array(), 0, 0);
  expect(names.texts).toEqual(["(no name)"]);
});

test("refuses names beyond its bounds and goes on with those it knows", () => {
  expect(idsOf(["a", "b", "c", "a"], { maxNames: 2 })).toEqual([0, 1, -1, 0]);
  expect(idsOf(["a", "abcd", "b"], { maxNameBytes: 3 })).toEqual([0, -1, 1]);
  expect(idsOf(["abc", "def", "ab", "abc"], { maxBytes: 5 })).toEqual([0, -1, 1, 0]);
});
