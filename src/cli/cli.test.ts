import { expect, test } from "vitest";
import { OntogenyError } from "../core/index.ts";
import { exitCodeOf, failureText, UsageError } from "./failure.ts";
import { assignment, wholeNumber } from "./options.ts";
import { jsonLine } from "./output.ts";
import { resolveId } from "./resolve.ts";
import { renderPairs, renderTable, shortNumber } from "./table.ts";

test("a user's mistake is one line with its code; a stack only with debug", () => {
  const error = new OntogenyError("RUN_NOT_FOUND", "Run: expected one, got none; list them");
  expect(failureText(error)).toBe("error RUN_NOT_FOUND: Run: expected one, got none; list them");
  expect(failureText(error, { debug: true })).toContain("at ");
  expect(exitCodeOf(error)).toBe(1);
  expect(exitCodeOf(new UsageError("x"))).toBe(2);
});

test("work stopped by Ctrl-C is no error, and has the shell's exit code for it", () => {
  const error = new OntogenyError("STOPPED", "Stopped: everything is on disk");
  expect(failureText(error)).toBe("Stopped: everything is on disk");
  expect(exitCodeOf(error)).toBe(130);
});

test("a defect of ours says so and keeps its stack for debug", () => {
  const text = failureText(new TypeError("x is not a function"));
  expect(text).toBe(
    "error UNEXPECTED: TypeError: x is not a function; this is a defect of Ontogeny: run again with --debug and report what it prints",
  );
  expect(failureText(new TypeError("x"), { debug: true })).toContain("cli.test.ts");
});

test("a short id stands for the only one that begins so, the r left out or not", () => {
  const ids = ["rabc1", "rabd2", "rff"];
  expect(resolveId("rabc", ids, "run")).toBe("rabc1");
  expect(resolveId("abd", ids, "run")).toBe("rabd2");
  expect(resolveId("rff", [...ids, "rff0"], "run")).toBe("rff");
});

test("an ambiguous, an unknown and an empty id are refused", () => {
  const ids = ["rabc1", "rabd2"];
  expect(() => resolveId("rab", ids, "run")).toThrow(
    '"rab": expected the beginning of one run id, got 2 (rabc1, rabd2)',
  );
  expect(() => resolveId("rzz", ids, "run")).toThrow('got "rzz", which none of 2 has');
  expect(() => resolveId("", ids, "run")).toThrow("expected the beginning of an id");
});

test("assignments read JSON values and leave other text as it is", () => {
  const first = assignment("objective.conflictWeight=20");
  expect(assignment("optimizer.schedule=cosine", first)).toEqual({
    "objective.conflictWeight": 20,
    "optimizer.schedule": "cosine",
  });
  expect(() => assignment("objective.conflictWeight")).toThrow("expected path=value");
});

test("whole numbers refuse fractions, text and what is too small", () => {
  expect(wholeNumber(1)("12")).toBe(12);
  for (const text of ["0", "1.5", "", "many"])
    expect(() => wholeNumber(1)(text)).toThrow(`expected a whole number of at least 1, got "${text}"`);
});

test("tables align text left and numbers right", () => {
  const rows = [
    { name: "a", count: 5 },
    { name: "longer", count: 12 },
  ];
  const table = renderTable(rows, [
    { title: "NAME", text: ({ name }) => name },
    { title: "N", text: ({ count }) => String(count), align: "right" },
  ]);
  expect(table).toBe("NAME     N\na        5\nlonger  12");
  expect(
    renderPairs([
      ["run", "r1"],
      ["status", "complete"],
    ]),
  ).toBe("run     r1\nstatus  complete");
});

test("numbers keep four digits, NaN and infinity stay visible, missing is a dash", () => {
  expect([0.123456, 1234, Number.NaN, Number.POSITIVE_INFINITY, null].map(shortNumber)).toEqual([
    "0.1235",
    "1234",
    "NaN",
    "Infinity",
    "—",
  ]);
});

test("JSON writes NaN, infinities and big integers in a form that can be read back", () => {
  expect(jsonLine({ a: Number.NaN, b: [Number.NEGATIVE_INFINITY], c: 3n })).toBe('{"a":"NaN","b":["-Infinity"],"c":3}');
});
