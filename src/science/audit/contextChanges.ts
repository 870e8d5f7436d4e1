/**
 * @file What the files themselves say of how values were measured: changes inside a series, differences between runs,
 * and revisions that name another step.
 *
 * What is not stated is not a difference.
 */
import type { EvaluationContext, Finding, RecordedRun } from "../../core/index.ts";
import { filesAt, finding, gridOf, listed, stepRanges } from "./check.ts";

const FIELDS = ["evaluator", "evaluatorVersion", "taskVersion", "shots", "prompt", "limit", "model"] as const;
type Field = (typeof FIELDS)[number];

const FIELD_NAMES: Readonly<Record<Field, string>> = {
  evaluator: "evaluator",
  evaluatorVersion: "evaluator version",
  taskVersion: "task version",
  shots: "number of examples in the prompt",
  prompt: "prompt",
  limit: "limit on items",
  model: "evaluated model",
};

/** Inside one run: a field that changes along a series; a revision "step3000" at another step. */
export function contextChanges(run: RecordedRun): Finding[] {
  return [...FIELDS.flatMap((field) => changesOf(run, field)), ...wrongRevisions(run)];
}

function changesOf(run: RecordedRun, field: Field): Finding[] {
  // Measures that change alike are one finding.
  const alike = new Map<
    string,
    { measures: string[]; steps: Set<number>; files: Set<string>; counts: Map<string, number> }
  >();
  for (const [measure, series] of run.series) {
    if (series.contexts === undefined) continue;
    const positions = new Map<string, number[]>();
    series.contexts.forEach((index, i) => {
      const value = run.contexts[index]?.[field];
      if (value === undefined) return;
      positions.set(String(value), [...(positions.get(String(value)) ?? []), i]);
    });
    if (positions.size < 2) continue;
    const ordered = [...positions].sort((a, b) => b[1].length - a[1].length);
    const key = ordered
      .map(([value]) => value)
      .sort()
      .join(" | ");
    const entry = alike.get(key) ?? {
      measures: [],
      steps: new Set<number>(),
      files: new Set<string>(),
      counts: new Map<string, number>(),
    };
    alike.set(key, entry);
    entry.measures.push(measure);
    for (const [value, at] of ordered) entry.counts.set(value, Math.max(entry.counts.get(value) ?? 0, at.length));
    for (const [, at] of ordered.slice(1)) {
      for (const i of at) entry.steps.add(series.steps[i]);
      for (const file of filesAt(run, series, at)) entry.files.add(file);
    }
  }
  return [...alike.values()].map(({ measures, steps, files, counts }) => {
    const values = [...counts].map(([value, count]) => `"${value}" at ${count}`);
    return finding(
      "context-changed",
      `${run.name}: the ${FIELD_NAMES[field]} changes along ${listed(measures)}: ${listed(values)} checkpoints`,
      {
        severity: field === "evaluatorVersion" ? "warning" : "error",
        where: {
          runs: [run.id],
          measures,
          steps: stepRanges([...steps], gridOf(run)),
          files: [...files].slice(0, 20),
        },
        evidence: { field, ...Object.fromEntries(counts) },
        confidence: { ground: "stated in the files", n: steps.size },
        spoils: [`forecasts and trends of ${listed(measures)}`, "effects between values on both sides of the change"],
      },
    );
  });
}

function wrongRevisions(run: RecordedRun): Finding[] {
  const wrong = new Map<number, { revision: string; files: string[] }>();
  for (const series of run.series.values())
    series.contexts?.forEach((index, i) => {
      const revision = run.contexts[index]?.revision;
      const named = /^(?:global_?)?step[-_]?(\d+)$/i.exec(revision ?? "")?.[1];
      if (revision !== undefined && named !== undefined && Number(named) !== series.steps[i])
        wrong.set(series.steps[i], { revision, files: filesAt(run, series, [i]) });
    });
  if (wrong.size === 0) return [];
  const steps = [...wrong.keys()].sort((a, b) => a - b);
  const first = wrong.get(steps[0])!;
  return [
    finding(
      "step-mislabelled",
      `${run.name}: ${steps.length === 1 ? "the value" : "values"} filed under ${listed(steps.map((step) => `step ${step}`))} state another revision, e.g. ${first.revision}`,
      {
        severity: "error",
        where: {
          runs: [run.id],
          steps: stepRanges(steps, gridOf(run)),
          files: [...wrong.values()].flatMap(({ files }) => files).slice(0, 20),
        },
        evidence: Object.fromEntries(steps.slice(0, 20).map((step) => [String(step), wrong.get(step)!.revision])),
        confidence: { ground: "the files' names and their contents disagree", n: steps.length },
        spoils: ["everything that places these values on the step axis"],
      },
    ),
  ];
}

/** Between runs: fields in which runs that measured the same thing differ. One note a field. */
export function contextsDiffer(runs: readonly RecordedRun[]): Finding[] {
  return FIELDS.filter((field) => field !== "model").flatMap((field) => {
    const byValue = new Map<string, Map<string, Set<string>>>();
    for (const run of runs)
      for (const [measure, series] of run.series)
        for (const index of new Set(series.contexts ?? [])) {
          const value = (run.contexts[index] as EvaluationContext | undefined)?.[field];
          if (value === undefined) continue;
          const values = byValue.get(measure) ?? new Map<string, Set<string>>();
          byValue.set(measure, values);
          values.set(String(value), (values.get(String(value)) ?? new Set()).add(run.id));
        }
    const differing = [...byValue].filter(
      ([, values]) => values.size > 1 && new Set([...values.values()].flatMap((ids) => [...ids])).size > 1,
    );
    if (differing.length === 0) return [];
    const measures = differing.map(([measure]) => measure);
    const holders = new Map<string, Set<string>>();
    for (const [, values] of differing)
      for (const [value, ids] of values)
        for (const id of ids) holders.set(value, (holders.get(value) ?? new Set()).add(id));
    const names = new Map(runs.map(({ id, name }) => [id, name]));
    const classes = [...holders].map(
      ([value, ids]) =>
        `${value} in ${listed(
          [...ids].map((id) => names.get(id)!),
          2,
        )}`,
    );
    return [
      finding(
        "contexts-differ",
        `The ${FIELD_NAMES[field]} differs between runs on ${listed(measures, 2)}: ${listed(classes)}`,
        {
          severity: "note",
          where: { runs: [...new Set([...holders.values()].flatMap((ids) => [...ids]))], measures },
          evidence: { field, values: [...holders.keys()].slice(0, 10), measures: measures.length },
          confidence: { ground: "stated in the files", n: measures.length },
          spoils: [`effects and cohorts across these values of the ${FIELD_NAMES[field]}`],
        },
      ),
    ];
  });
}
