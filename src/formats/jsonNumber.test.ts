import { expect, test } from "vitest";
import { Rng } from "../core/index.ts";
import { JsonNumberReader } from "./jsonNumber.ts";

const reader = new JsonNumberReader();

function read(text: string): number | undefined {
  const bytes = new TextEncoder().encode(`x${text}y`);
  return reader.read(bytes, 1, bytes.length - 1) ? reader.value : undefined;
}

test("gives the nearest double for 300,000 shortest texts of random doubles, as Python and Go write them", () => {
  const rng = Rng.of(7, "json numbers");
  const view = new DataView(new ArrayBuffer(8));
  for (let at = 0; at < 100_000; at++) {
    view.setUint32(0, rng.int(2 ** 32));
    view.setUint32(4, rng.int(2 ** 32));
    const [any, float] = [view.getFloat64(0), view.getFloat32(0)];
    const usual = (rng.uniform() - 0.5) * 10 ** rng.int(12);
    for (const value of [any, float, usual]) {
      if (!Number.isFinite(value)) continue;
      for (const text of [String(value), value.toExponential(), value.toPrecision(17)])
        if (!Object.is(read(text), Number(text))) throw new Error(`${text}: ${read(text)}`);
    }
  }
});

test("gives the nearest double for texts of up to 25 digits beside the middle of two doubles", () => {
  const rng = Rng.of(8, "json numbers");
  for (let at = 0; at < 50_000; at++) {
    const value = rng.uniform() * 10 ** rng.int(6);
    for (const text of [value.toFixed(15), value.toPrecision(18), value.toPrecision(19), value.toPrecision(25)])
      if (!Object.is(read(text), Number(text))) throw new Error(`${text}: ${read(text)}`);
  }
  // 2^53 + 1 lies in the very middle: to even. One more at the end of the digits: up.
  for (const text of ["9007199254740993", "9007199254740993.0", "9007199254740993.1", "900719925474099.35"])
    expect(read(text)).toBe(Number(text));
});

test("says when a whole number was rounded", () => {
  expect(read("9007199254740991")).toBe(2 ** 53 - 1);
  expect(reader.isRounded).toBe(false);
  expect(read("1152921504606846977")).toBe(2 ** 60);
  expect(reader.isRounded).toBe(true);
  expect(read("-9223372036854775808")).toBe(-(2 ** 63));
  expect(reader.isRounded).toBe(true);
  expect(read("1e300")).toBe(1e300);
  expect(reader.isRounded).toBe(false);
});

test("reads edges: zeros, the least, the greatest, overflow, long exponents", () => {
  for (const text of [
    "0",
    "-0",
    "0.0",
    "-0.0e-5",
    "5e-324",
    "1.7976931348623157e+308",
    "1e999",
    "-1e400",
    "1e-9999999999",
    "0e99999",
  ])
    expect(read(text)).toBe(Number(text));
});

test("refuses what JSON does not call a number", () => {
  for (const text of [
    "",
    "-",
    ".5",
    "5.",
    "01",
    "-01",
    "1e",
    "1e+",
    "+1",
    "0x10",
    "1 ",
    "NaN",
    "1.2.3",
    "1e5.5",
    "--1",
    "1-2",
  ])
    expect(read(text), text).toBeUndefined();
});
