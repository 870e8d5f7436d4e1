import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OntogenyError } from "../core/index.ts";
import { parseTolerantJson } from "./tolerantJson.ts";

function failure(text: string, bounds = {}): { code: string; message: string } {
  try {
    parseTolerantJson(text, bounds);
  } catch (error) {
    if (error instanceof OntogenyError) return error;
    throw error;
  }
  throw new OntogenyError("TEST", `${text} was read`);
}

describe("tolerant JSON", () => {
  test("reads the bare words that Python and C write for what is not finite", () => {
    const text = '{"a": NaN, "b": [Infinity, -Infinity, nan, inf, -inf, -nan], "c": "NaN, Infinity"}';
    expect(parseTolerantJson(text)).toEqual({
      a: Number.NaN,
      b: [
        Number.POSITIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
        Number.NaN,
      ],
      c: "NaN, Infinity",
    });
  });

  test("is JSON.parse on every JSON document, with and without one bare word in it", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value);
        // -0 is written as 0.
        const expected = JSON.parse(text);
        expect(parseTolerantJson(text)).toEqual(expected);
        expect(parseTolerantJson(`[NaN,${text}]`)).toEqual([Number.NaN, expected]);
        expect(parseTolerantJson(`[NaN,${JSON.stringify(value, null, 2)}]`)).toEqual([Number.NaN, expected]);
      }),
      { seed: 4, numRuns: 500 },
    );
  });

  test.each(['{"__proto__": {"polluted": 1}}', '{"__proto__": {"polluted": NaN}}'])(
    "keeps __proto__ as plain data: %s",
    (text) => {
      const parsed = parseTolerantJson(text) as object;
      expect(Object.keys(parsed)).toEqual(["__proto__"]);
      expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
      expect(({} as { polluted?: number }).polluted).toBeUndefined();
    },
  );

  test("names line and column of what is wrong, and says when the file was cut off", () => {
    expect(failure('{\n  "a": 1,\n  "b": @\n}')).toMatchObject({ code: "JSON_INVALID" });
    expect(failure('{\n  "a": 1,\n  "b": @\n}').message).toContain("line 3, column 8");
    expect(failure('{"results": {"acc": 0.5').message).toContain("cut off");
    expect(failure("").message).toContain("cut off");
  });

  test.each(["[1,]", "{'a': 1}", "[01]", "[1.]", "[+1]", "[1] 2", '{"a" 1}', '["a\nb"]', "[NaN1]", "nul"])(
    "refuses %j",
    (text) => {
      expect(failure(text).code).toBe("JSON_INVALID");
    },
  );

  test("refuses deep nesting before it builds anything, whatever stands in strings", () => {
    expect(failure("[".repeat(5_000_000)).code).toBe("JSON_TOO_DEEP");
    expect(failure(`${"[".repeat(300)}NaN${"]".repeat(300)}`).code).toBe("JSON_TOO_DEEP");
    expect(parseTolerantJson(JSON.stringify(`${"[".repeat(1000)}\\"`))).toHaveLength(1002);
  });

  test("refuses more characters or containers than stated, with the way out", () => {
    expect(failure("[1, 2, 3]", { maxCharacters: 5 })).toMatchObject({ code: "JSON_TOO_LARGE" });
    expect(failure("[[],[],[]]", { maxContainers: 3 }).message).toContain("JSONL");
  });

  test("skips a byte-order mark", () => expect(parseTolerantJson("\ufeff[1]")).toEqual([1]));

  test("never fails otherwise than by its own codes on 4,000 flips of a bit", () => {
    const bytes = new TextEncoder().encode(
      '{"a": [1.5e3, NaN, -Infinity, "x\\u00e9\\n"], "b": {"c": null, "d": true}}',
    );
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), fc.nat(bytes.length * 8 - 1), (first, second) => {
        const flipped = Uint8Array.from(bytes);
        for (const bit of [first, second]) flipped[bit >> 3] ^= 1 << (bit & 7);
        const text = new TextDecoder().decode(flipped);
        try {
          parseTolerantJson(text);
        } catch (error) {
          expect(error).toBeInstanceOf(OntogenyError);
        }
      }),
      { seed: 5, numRuns: 4000 },
    );
  });
});
