/**
 * @file A point of the design space as a procedure: settings from the start, and changes that come later.
 */
import { stringify } from "yaml";
import type { Change, Json } from "../core/index.ts";
import type { StudyPlan } from "./plan.ts";

type Setting = Record<string, Json>;

/** Settings as factors, and those with a start as changes that belong to the procedure. */
export function procedure(plan: StudyPlan, set: Readonly<Setting>): { set: Setting; changes: Change[] } {
  const fromStart: Setting = {};
  const changes: Change[] = [];
  for (const [path, value] of Object.entries(set)) {
    if (path.endsWith("@start")) continue;
    const start = Math.round(Number(set[`${path}@start`] ?? 0) * plan.steps);
    if (start === 0) fromStart[path] = value;
    else changes.push({ from: start, set: { [path]: value } });
  }
  return { set: fromStart, changes };
}

/** The `process` section of a study that uses the procedure. */
export function procedureText(plan: StudyPlan, set: Readonly<Setting>): string {
  const { factors, changes, organism, steps } = plan.study.process;
  const own = procedure(plan, set);
  const all = [...changes, ...own.changes];
  return stringify({
    process: { organism, steps, factors: { ...factors, ...own.set }, ...(all.length === 0 ? {} : { changes: all }) },
  });
}
