import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseStudyFile } from "./studyFile.ts";

const path = join(import.meta.dirname, "../../studies/shortcut-digits.yaml");
const text = readFileSync(path, "utf8");
const lineOf = (part: string) => text.split("\n").findIndex((line) => line.includes(part)) + 1;
const edited = (from: string, to: string) => {
  if (!text.includes(from)) throw new Error(`the study file no longer contains ${from}`);
  return text.replace(from, to);
};

test("reads the studies that come with the package, with defaults filled in", () => {
  const { study } = parseStudyFile(text, path);
  expect(study.observe.seeds).toBe(24);
  expect(study.observe.onsets[0]).toEqual({ measure: "cue.reliance", threshold: 0.5, direction: "above", hold: 2 });
  const grokking = join(path, "../grokking.yaml");
  expect(parseStudyFile(readFileSync(grokking, "utf8"), grokking).study.design?.level).toBe(0.95);
});

test("names the line of an unknown key", () => {
  const bad = edited("  seeds: 24", "  sedes: 24\n  seeds: 24");
  expect(() => parseStudyFile(bad, path)).toThrow(
    new RegExp(
      `line ${lineOf("observe:")}, observe: unknown key "sedes"; remove it or mend its spelling\nFile: .*shortcut-digits.yaml`,
    ),
  );
});

test("names the line of a wrong type, and what was expected", () => {
  expect(() => parseStudyFile(edited("  seeds: 24", "  seeds: many"), path)).toThrow(
    `line ${lineOf("seeds: 24")}, observe.seeds: expected number, received string`,
  );
});

test("names the line of an impossible value", () => {
  expect(() => parseStudyFile(edited("reliability: 0.9", "reliability: 1.9"), path)).toThrow(
    `line ${lineOf("reliability: 0.9")}, design.reliability: Too big`,
  );
});

test("names what is missing", () => {
  expect(() => parseStudyFile(edited("title: Will the network learn the digit or the cue?\n", ""), path)).toThrow(
    "title: expected string, but it is missing",
  );
});

test("finds the place inside an outcome that has two forms", () => {
  const bad = edited(
    "    - value: worstGroup.accuracy",
    "    - onset: { measure: worstGroup.accuracy, treshold: 0.5 }",
  );
  expect(() => parseStudyFile(bad, path)).toThrow(
    new RegExp(`line ${lineOf("- value: worstGroup.accuracy")}, predict.targets.1.onset`),
  );
});

test("says where YAML itself is broken", () => {
  expect(() => parseStudyFile("study: a\ntitle: [1, 2\nquestion: b", "x.yaml")).toThrow(
    /Study file is not YAML: line \d, column \d+/,
  );
});
