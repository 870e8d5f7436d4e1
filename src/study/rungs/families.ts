/**
 * @file The families of treatments that a study asks for: a sliding window, a ladder of doses. Nothing is run here.
 */
import type { Study } from "../../core/index.ts";
import type { StudyPlan } from "../plan.ts";
import type { ContrastFamily } from "../results.ts";
import type { Treatment } from "./arms.ts";

export interface Family {
  readonly kind: ContrastFamily["kind"];
  readonly title: string;
  readonly xLabel: string;
  readonly scale: "linear" | "log";
  readonly windowSteps?: number;
  readonly controlDose?: number;
  readonly treatments: readonly Treatment[];
}

export function familiesOf(plan: StudyPlan, { window, dose }: NonNullable<Study["intervene"]>): Family[] {
  const families: Family[] = [];
  if (window !== undefined)
    families.push({
      kind: "window",
      title: window.title,
      xLabel: "step at which the window opens",
      scale: "linear",
      windowSteps: window.length,
      treatments: window.starts.map((start) => ({
        name: `window ${start}–${start + window.length}`,
        x: start,
        forkStep: start,
        changes: [{ from: start, until: start + window.length, set: window.set }],
      })),
    });
  if (dose !== undefined)
    families.push({
      kind: "dose",
      title: dose.title,
      xLabel: `${dose.path}, from step ${dose.from} on`,
      scale: dose.values.every((value) => value > 0) ? "log" : "linear",
      controlDose: maybeSetting(plan, dose.path),
      treatments: dose.values.map((value) => ({
        name: `${shortPath(dose.path)} = ${value}`,
        x: value,
        forkStep: dose.from,
        changes: [{ from: dose.from, set: { [dose.path]: value } }],
      })),
    });
  return families;
}

/** "objective.conflictWeight" → "conflictWeight": the factor stands in the axis label. */
export function shortPath(path: string): string {
  return path.slice(path.indexOf(".") + 1);
}

function maybeSetting({ factors }: StudyPlan, path: string): number | undefined {
  const [factor, key] = path.split(".");
  const value = factors[factor as keyof StudyPlan["factors"]][key];
  return typeof value === "number" ? value : undefined;
}
