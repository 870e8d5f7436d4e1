import { expect, test } from "vitest";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMaybe,
  formatP,
  formatSeeds,
  formatShort,
  formatSigned,
  formatValueAndInterval,
} from "./format.ts";

test("shows missing, NaN and infinite numbers as what they are", () => {
  expect(
    [null, undefined, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((x) => formatMaybe(x)),
  ).toEqual(["–", "–", "NaN", "∞", "−∞"]);
  expect(formatValueAndInterval({ value: 360, low: 300, high: Number.POSITIVE_INFINITY }, "step")).toEqual({
    value: "360",
    interval: "[300, ∞]",
  });
});

test("lets the interval's width choose the digits", () => {
  expect(formatValueAndInterval({ value: 0.41234, low: 0.38, high: 0.441 })).toEqual({
    value: "0.412",
    interval: "[0.380, 0.441]",
  });
});

test("puts commas between thousands, before the point only", () => {
  expect(formatCount(1234567)).toBe("1,234,567");
  expect(formatMaybe(12345.6789, 4)).toBe("12,345.6789");
});

test("gives zero no sign", () => {
  expect([formatMaybe(-0.0001, 2), formatSigned(0.0001, 2), formatSigned(0.2, 2), formatSigned(-0.2, 2)]).toEqual([
    "0.00",
    "0.00",
    "+0.20",
    "−0.20",
  ]);
});

test("writes settings without spurious digits", () => {
  expect([0.0006, 0.98, 10000, 1.23456].map(formatShort)).toEqual(["6e−4", "0.98", "10,000", "1.235"]);
});

test("never prints a p-value of zero", () => {
  expect([formatP(0), formatP(0.0312), formatP(undefined)]).toEqual(["< 0.001", "0.031", "–"]);
});

test("writes durations, bytes and seeds for people", () => {
  expect([formatDuration(12.34), formatDuration(119.9), formatDuration(231.4), formatDuration(7260)]).toEqual([
    "12.3 s",
    "2 min 0 s",
    "3 min 51 s",
    "2 h 1 min",
  ]);
  expect(formatBytes(1.31e9)).toBe("1.2 GiB");
  expect([formatSeeds({ data: 3, init: 3 }), formatSeeds({ data: 3, init: 4 })]).toEqual(["all 3", "data 3, init 4"]);
});
