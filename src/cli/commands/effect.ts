/**
 * @file `ontogeny effect`: what interventions caused, from a study's results, from branches on disk, or from two sets of
 * recorded runs.
 */
import type { Command } from "commander";
import { formatEstimate } from "../../core/index.ts";
import type { Contrast, StudyResults } from "../../study/results.ts";
import { type CommonOptions, makeCommand, openWorkspace } from "../common.ts";
import { effectTable } from "../effectTable.ts";
import { UsageError } from "../failure.ts";
import { collect, wholeNumber } from "../options.ts";
import { print, printJson } from "../output.ts";
import { recordedEffectText } from "../recordedEffectText.ts";
import { resolveId } from "../resolve.ts";
import { findStudy, requireResults } from "../studies.ts";
import { renderTable, shortNumber } from "../table.ts";

interface EffectCommandOptions extends CommonOptions {
  readonly study?: string;
  readonly measure?: string[];
  readonly step?: number;
  readonly treated?: string[];
  readonly control?: string[];
  readonly from?: number | "last";
  readonly to?: number;
  readonly despite?: boolean;
}

export function effectCommand(): Command {
  return makeCommand("effect", "What interventions caused, with intervals", [
    "ontogeny effect --study shortcut-digits",
    "ontogeny effect r1a2b3 r4d5e6 --measure conflict.accuracy   (each against its own control arm)",
    "ontogeny effect --treated 'swap-*' --control 'base-*' --measure 'crows_pairs*/pct_stereotype' --from 134000",
  ])
    .argument("[treated...]", "branches, by id or its beginning; each is paired with its control")
    .option("--study <id>", "the effects that a finished study measured")
    .option("--treated <run...>", "recorded runs with the intervention: ids, names or patterns", collect)
    .option("--control <run...>", "recorded runs without it", collect)
    .option("--measure <name>", "only this measure; with recorded runs a name or pattern, repeatable", collect)
    .option("--step <n>", "judge at this step (with branches; default: the last that all reached)", wholeNumber(1))
    .option(
      "--from <step>",
      'first step that counts, or "last" for the last common one (with recorded runs)',
      stepOrLast,
    )
    .option("--to <step>", "last step that counts (with recorded runs)", wholeNumber(0))
    .option("--despite", "go on where the audit finds errors or the runs were measured differently (is recorded)")
    .action(effect);
}

function stepOrLast(text: string): number | "last" {
  return text === "last" ? "last" : wholeNumber(0)(text);
}

async function effect(treated: readonly string[], options: EffectCommandOptions): Promise<void> {
  const isRecorded = options.treated !== undefined || options.control !== undefined;
  if ([options.study !== undefined, treated.length > 0, isRecorded].filter(Boolean).length !== 1)
    throw new UsageError(
      "expected --study, the ids of branches, or --treated with --control; see `ontogeny effect --help`",
    );
  if (isRecorded) return effectOfRecorded(options);
  const workspace = await openWorkspace(options);
  if (options.study !== undefined) {
    const results = requireResults(findStudy(workspace, options.study));
    if (options.json) printJson(results.intervene ?? null);
    else print(studyEffects(results));
    return;
  }
  if ((options.measure?.length ?? 0) > 1)
    throw new UsageError("expected one --measure with branches; with recorded runs there may be several");
  const ids = workspace.runIds();
  const { effectOf } = await import("../../study/commands/effectOf.ts");
  const result = await effectOf({
    home: options.home,
    treated: treated.map((text) => resolveId(text, ids, "run")),
    measure: options.measure?.[0],
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

async function effectOfRecorded(options: EffectCommandOptions): Promise<void> {
  const { home, treated = [], control = [], measure, from, to, despite } = options;
  if (treated.length === 0 || control.length === 0) throw new UsageError("expected both --treated and --control");
  await openWorkspace(options);
  const { recordedEffect } = await import("../../study/commands/recordedEffect.ts");
  const result = await recordedEffect({ home, treated, control, measures: measure, from, to, despite });
  if (options.json) printJson(result);
  else print(recordedEffectText(result));
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
