/**
 * @file An audit's report for people: errors and warnings in full, notes on demand, then how many were looked at.
 */
import type { Finding } from "../core/index.ts";
import type { AuditReport } from "../study/commands/auditRuns.ts";

const NOTES_SHOWN = 12;

export function auditText({ runs, level, findings }: AuditReport, { notes }: { readonly notes: boolean }): string {
  const inFull = findings.filter(({ severity }) => notes || severity !== "note");
  const inShort = findings.filter(({ severity }) => !notes && severity === "note").sort(byWeight);
  const count = (severity: Finding["severity"]) => findings.filter((finding) => finding.severity === severity).length;
  const series = runs.reduce((sum, run) => sum + run.series, 0);
  const points = runs.reduce((sum, run) => sum + run.points, 0);
  return [
    ...inFull.flatMap((finding) => [...findingLines(finding), ""]),
    ...inShort.slice(0, NOTES_SHOWN).map(({ code, what }) => `note ${code}: ${what}`),
    ...(inShort.length > NOTES_SHOWN
      ? [`and ${inShort.length - NOTES_SHOWN} more notes (--notes shows them all, with their grounds)`]
      : []),
    ...(inShort.length > 0 ? [""] : []),
    `${plural(runs.length, "run")}, ${series} series, ${points} points: ${plural(count("error"), "error")}, ${plural(count("warning"), "warning")}, ${plural(count("note"), "note")}.`,
    `Statistical checks: each at most ${level} false alarms per clean run. What they do and how often they err: docs/audit.md.`,
  ].join("\n");
}

/** Notes on data first, notes on labels and grids last. */
function byWeight(a: Finding, b: Finding): number {
  return Number(b.confidence.chance !== undefined) - Number(a.confidence.chance !== undefined);
}

export function findingLines({ severity, code, what, where, confidence, spoils }: Finding): string[] {
  const lines = [`${severity} ${code}`, `  ${what}`];
  const chance = confidence.chance === undefined ? "" : `chance ${shortChance(confidence.chance)}: `;
  lines.push(`  how sure: ${chance}${confidence.ground}`);
  if (spoils.length > 0) lines.push(`  spoils: ${spoils.join("; ")}`);
  if (where.files !== undefined && where.files.length > 0)
    lines.push(
      `  files: ${where.files.slice(0, 3).join(", ")}${where.files.length > 3 ? `, and ${where.files.length - 3} more` : ""}`,
    );
  return lines;
}

function shortChance(chance: number): string {
  if (chance < 1e-12) return "below 1e-12";
  return chance >= 0.001 ? chance.toPrecision(2) : chance.toExponential(0);
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
