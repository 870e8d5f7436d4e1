import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { maybeValueType } from "./tensorValues.ts";

// dtype → bytes, and what PyTorch 2.13.0 reads from them (src/bridges/weights/fixtures/make_checkpoints.py).
const PATH = join(import.meta.dirname, "../../bridges/weights/fixtures/checkpoints.json");
const { dtypes } = JSON.parse(readFileSync(PATH, "utf8")) as {
  dtypes: Record<string, [hex: string, values: string[]]>;
};
const numberOf = (text: string) => Number(text.replace("inf", "Infinity"));

for (const [dtype, [hex, expected]] of Object.entries(dtypes))
  test(`${dtype}: every value is what PyTorch reads`, () => {
    const bytes = new Uint8Array(Buffer.from(hex, "hex"));
    const type = maybeValueType(dtype)!;
    expect(bytes.length).toBe(expected.length * type.bytes);
    const out = new Float64Array(expected.length);
    type.read(bytes, expected.length, out);
    // −0 and 0 are told apart where the type has both; NaN is NaN whatever its sign.
    expect([...out]).toEqual(expected.map(numberOf));
  });

test("types that hold no single number in whole bytes are not read", () => {
  for (const dtype of ["C64", "F4", "F6_E2M3", "F128", "__proto__", ""]) expect(maybeValueType(dtype)).toBeUndefined();
});
