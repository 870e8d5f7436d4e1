import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { StudyResults } from "./results.ts";
import { maybeReadResults, resultsText } from "./resultsFile.ts";

function fileWith(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "ontogeny-results-")), "results.json");
  writeFileSync(path, text);
  return path;
}

test("numbers that JSON has no form for come back as they were, text and null too", () => {
  const odd = {
    low: Number.NEGATIVE_INFINITY,
    high: Number.POSITIVE_INFINITY,
    value: Number.NaN,
    text: "to be",
    gone: null,
  };
  const results = { format: "ontogeny.results/1", odd } as unknown as StudyResults;
  expect(maybeReadResults(fileWith(resultsText({ key: "k", results })))).toEqual({ key: "k", results });
});

test("a file that is missing, cut off or of another format counts as absent", () => {
  const whole = resultsText({ key: "k", results: { format: "ontogeny.results/1" } as StudyResults });
  expect(maybeReadResults("/nowhere/results.json")).toBeUndefined();
  expect(maybeReadResults(fileWith(whole.slice(0, -5)))).toBeUndefined();
  expect(maybeReadResults(fileWith(whole.replace("results/1", "results/0")))).toBeUndefined();
  expect(maybeReadResults(fileWith("null"))).toBeUndefined();
});
