import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Finding, RecordedRun } from "../../core/index.ts";
import { audit } from "../../science/index.ts";
import { importTree } from "../import/importTree.ts";
import { hasRealData, realRuns, UNLESS_ABSENT } from "../recorded/realRuns.fixture.ts";
import { auditRuns } from "./auditRuns.ts";

describe.skipIf(!hasRealData)(`the traps in Pythia's evaluations${UNLESS_ABSENT}`, () => {
  let runs: Map<string, RecordedRun>;
  let findings: Finding[];
  const of = (end: string, code: string) =>
    findings.filter(
      (finding) =>
        finding.code === code &&
        finding.where.runs.some((id) => [...runs.values()].find((run) => run.id === id)!.name.endsWith(end)),
    );

  beforeAll(async () => {
    runs = await realRuns("pythia");
    findings = audit([...runs.values()]);
  }, 120_000);

  test("five-shot folders of v0 hold zero-shot results: their contents say so, and they equal their neighbours", () => {
    for (const model of ["pythia-410m", "pythia-410m-deduped"]) {
      expect(of(`v0/${model}/five-shot`, "run-mislabelled")).toContainEqual(
        expect.objectContaining({ severity: "error", evidence: { named: 5, stated: [0] } }),
      );
      expect(of(`v0/${model}/five-shot`, "runs-duplicated")).toHaveLength(1);
    }
    expect(of("v1/pythia-410m/five-shot", "run-mislabelled")).toEqual([]);
  });

  test("another evaluator scored one checkpoint of the long intervention, at the same stated version", () => {
    expect(of("long-intervention-1.3b-deduped", "evaluator-shift")).toMatchObject([
      { severity: "error", where: { steps: [[63000, 63000]], files: [expect.stringContaining("step63000")] } },
    ]);
    expect(findings.filter(({ code }) => code === "evaluator-shift")).toHaveLength(1);
  });

  test("pythia-70m-deduped spikes at step 53000 in many measures at once", () => {
    expect(of("70m-deduped/zero-shot", "checkpoint-outlier")).toContainEqual(
      expect.objectContaining({ severity: "warning", where: expect.objectContaining({ steps: [[53000, 53000]] }) }),
    );
  });

  test("160m-deduped is off at step 123000, on lambada beyond its items; its late loss of lambada is no finding", () => {
    const found = of("160m-deduped/zero-shot", "checkpoint-outlier");
    expect(found).toMatchObject([{ where: { measures: ["lambada_openai/ppl"], steps: [[123000, 123000]] } }]);
  });

  test("v0 counts sizes without embeddings: 350M in the files of the 410m model, a note", () => {
    expect(of("v0/pythia-410m/zero-shot", "run-mislabelled")).toMatchObject([{ severity: "note" }]);
  });

  test("models of one size start from the same weights", () => {
    expect(findings.filter(({ code }) => code === "weights-unchanged").length).toBeGreaterThanOrEqual(4);
  });

  test("nothing else is an error, and clean runs have no warning", () => {
    const errors = findings.filter(({ severity }) => severity === "error");
    expect(errors).toHaveLength(3);
    const warned = new Set(
      findings.filter(({ severity }) => severity === "warning").flatMap(({ where }) => where.runs),
    );
    const clean = [...runs.values()].filter(({ id }) => !warned.has(id));
    expect(clean.length).toBeGreaterThanOrEqual(runs.size - 5);
  });
});

test("reads a workspace, chooses runs and measures, and refuses an empty one", async () => {
  const home = mkdtempSync(join(tmpdir(), "ontogeny-audit-"));
  try {
    await expect(auditRuns({ home, selectors: [] })).rejects.toMatchObject({ code: "RUNS_NONE" });
    const table = ["step,loss,acc", ...Array.from({ length: 8 }, (_, i) => `${i},${i === 5 ? "nan" : 3 - i / 10},0.5`)];
    writeFileSync(join(home, "run.csv"), table.join("\n"));
    await importTree({ paths: [join(home, "run.csv")], home, signal: new AbortController().signal });
    const report = await auditRuns({ home, selectors: ["run"] });
    expect(report.runs).toMatchObject([{ name: "run", series: 2, points: 16 }]);
    expect(report.findings.map(({ code }) => code)).toEqual(["not-finite", "constant"]);
    const only = await auditRuns({ home, selectors: [], measures: ["acc"] });
    expect(only.findings.map(({ code }) => code)).toEqual(["constant"]);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
