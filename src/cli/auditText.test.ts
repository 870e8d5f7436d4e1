import { expect, test } from "vitest";
import type { Finding } from "../core/index.ts";
import { auditText } from "./auditText.ts";

const finding = (severity: Finding["severity"], parts: Partial<Finding> = {}): Finding => ({
  code: "checkpoint-outlier",
  severity,
  what: `${severity} of a`,
  where: { runs: ["a"], files: ["1.json", "2.json", "3.json", "4.json"] },
  evidence: {},
  confidence: { chance: 2e-6, ground: "a test on 12 values" },
  spoils: ["forecasts", "effects"],
  ...parts,
});
const report = (findings: Finding[]) => ({
  runs: [{ id: "a", name: "a", series: 3, points: 30 }],
  level: 0.01,
  findings,
});

test("tells errors and warnings in full, with how sure, what they spoil and the files", () => {
  expect(
    auditText(report([finding("error"), finding("warning", { confidence: { ground: "stated in the files" } })]), {
      notes: false,
    }),
  ).toBe(
    `error checkpoint-outlier
  error of a
  how sure: chance 2e-6: a test on 12 values
  spoils: forecasts; effects
  files: 1.json, 2.json, 3.json, and 1 more

warning checkpoint-outlier
  warning of a
  how sure: stated in the files
  spoils: forecasts; effects
  files: 1.json, 2.json, 3.json, and 1 more

1 run, 3 series, 30 points: 1 error, 1 warning, 0 notes.
Statistical checks: each at most 0.01 false alarms per clean run. What they do and how often they err: docs/audit.md.`,
  );
});

test("notes are one line each, at most twelve, and in full on demand", () => {
  const notes = Array.from({ length: 14 }, () => finding("note"));
  const short = auditText(report(notes), { notes: false });
  expect(short.match(/^note checkpoint-outlier: note of a$/gm)).toHaveLength(12);
  expect(short).toContain("and 2 more notes");
  expect(auditText(report(notes), { notes: true }).match(/how sure/g)).toHaveLength(14);
});
