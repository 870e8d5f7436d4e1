/**
 * @file `ontogeny effect`: what interventions caused, from a study's results or from branches on disk.
 */
import type { Command } from "commander";
import { formatEstimate } from "../../core/index.ts";
import type { Contrast, StudyResults } from "../../study/results.ts";
import { type CommonOptions, makeCommand, openWorkspace } from "../common.ts";
import { effectTable } from "../effectTable.ts";
import { UsageError } from "../failure.ts";
import { wholeNumber } from "../options.ts";
import { print, printJson } from "../output.ts";
import { resolveId } from "../resolve.ts";
import { findStudy, requireResults } from "../studies.ts";
import { renderTable, shortNumber } from "../table.ts";

interface EffectCommandOptions extends CommonOptions {
  readonly study?: string;
  readonly measure?: string;
  readonly step?: number;
}

export function effectCommand(): Command {
  return makeCommand("effect", "What interventions caused, with intervals", [
    "ontogeny effect --study shortcut-digits",
    "ontogeny effect r1a2b3 r4d5e6 --measure conflict.accuracy   (each against its own control arm)",
  ])
    .argument("[treated...]", "branches, by id or its beginning; each is paired with its control")
    .option("--study <id>", "the effects that a finished study measured")
    .option("--measure <name>", "only this measure (with branches)")
    .option("--step <n>", "judge at this step (with branches; default: the last that all reached)", wholeNumber(1))
    .action(effect);
}

async function effect(treated: readonly string[], options: EffectCommandOptions): Promise<void> {
  if ((options.study === undefined) === (treated.length === 0))
    throw new UsageError("expected either --study or the ids of branches; see `ontogeny effect --help`");
  const workspace = await openWorkspace(options);
  if (options.study !== undefined) {
    const results = requireResults(findStudy(workspace, options.study));
    if (options.json) printJson(results.intervene ?? null);
    else print(studyEffects(results));
    return;
  }
  const ids = workspace.runIds();
  const { effectOf } = await import("../../study/commands/effectOf.ts");
  const result = await effectOf({
    home: options.home,
    treated: treated.map((text) => resolveId(text, ids, "run")),
    measure: options.measure,
    step: options.step,
  });
  if (options.json) {
    printJson(result);
    return;
  }
  print(
    `${result.pairs.map((pair) => `${pair.treated} against ${pair.control}`).join("\n")}\nat step ${result.step}\n`,
  );
  print(effectTable(result.effects));
}

function studyEffects({ study, intervene }: StudyResults): string {
  if (intervene === undefined) return `Study ${study.id} has no interventions.`;
  const { families, nulls, label, step } = intervene;
  const rows = [
    ...families.flatMap(({ contrasts, kind }) => contrasts.map((contrast) => ({ family: kind as string, contrast }))),
    ...(nulls.active ? [{ family: "active placebo", contrast: nulls.active }] : []),
  ];
  const lines = [
    `Effects on ${label} at step ${step}, treated − control over ${intervene.seeds} seeds`,
    "",
    contrastTable(rows),
    "",
    `Exact placebo: ${nulls.exact.identical} of ${nulls.exact.compared} branches have their parent's bits.`,
  ];
  if (nulls.perturbed)
    lines.push(`Perturbed null: ${formatEstimate(nulls.perturbed.effect)}, n = ${nulls.perturbed.effect.n}`);
  for (const method of new Set(rows.map(({ contrast }) => contrast.effect.method))) lines.push(`Intervals: ${method}`);
  return lines.join("\n");
}

function contrastTable(rows: readonly { family: string; contrast: Contrast }[]): string {
  return renderTable(rows, [
    { title: "FAMILY", text: ({ family }) => family },
    { title: "ARM", text: ({ contrast }) => contrast.name },
    { title: "EFFECT", text: ({ contrast }) => formatEstimate(contrast.effect), align: "right" },
    { title: "P (JOINT)", text: ({ contrast }) => shortNumber(contrast.adjustedP), align: "right" },
    { title: "N", text: ({ contrast }) => String(contrast.effect.n), align: "right" },
  ]);
}
