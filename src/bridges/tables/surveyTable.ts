/**
 * @file Looks at a table and decides what its columns are for, by names first and by values where names do not say.
 *
 * - The step: the mapped column, else the best name of columnNames.ts that holds numbers, else refused. Without a step a row
 *   says nothing about a trajectory: nothing is guessed.
 * - Text with a run's name (run, model, seed, …; also numbers, for seeds) makes runs; other text that changes while the step
 *   repeats makes runs in a wide table, and is part of the measure's name in a long one, whose rows are measurements. A key
 *   column that the others determine is a setting of the run. Text with one value for each step is a label of the step.
 * - A long table has a column named measure, metric, task, …, or one that says train, val, test; its other columns of numbers are measures `task/column`. In a wide
 *   one each is a measure by its own name. A number that never changes within a run but differs between runs is a setting.
 * - `x_stderr` is the standard error of `x`; `stderr` alone that of the column before it; `sd_x` with a number of items gives
 *   it too. `X__MIN` and `X__MAX` of wandb's exports, and pandas' row numbers, are left out.
 * - Steps that begin anew with every epoch, where a column `epoch` says so, are put one after the other (epochSteps.ts).
 * - Restarts are believed where a single run's steps go back seldom (once, or in less than one row of 50).
 */
import { maybeStepInName } from "../stepNames.ts";
import { isEpochName, isLabelName, isMeasureName, isRunName, isTimeName, stepRank } from "./columnNames.ts";
import { type ColumnStats, count, newStats } from "./columnStats.ts";
import { missingColumns, ROW_NUMBER_STEP, type TableMapping } from "./mapping.ts";
import type { RowBatch, RowSource } from "./rowSource.ts";
import { ShapeFinder } from "./shapeFinder.ts";
import { Survey, stepOf } from "./survey.ts";
import type { TableRefusal, TableSurvey } from "./tableShape.ts";
import { unifiedBatches } from "./unifiedBatches.ts";

const SAMPLE_ROWS = 500;
/** What a survey looks at; a longer file is taken to go on as it began. */
const SURVEY_BYTES = 64 * 2 ** 20;
/** The same where no column could name runs or measures. */
const PLAIN_SURVEY_BYTES = 4 * 2 ** 20;

export type Surveyed = TableSurvey | { readonly shape?: undefined; readonly refusal: TableRefusal };

export async function surveyTable(source: RowSource, mapping: TableMapping): Promise<Surveyed> {
  const sample: RowBatch[] = [];
  let survey: Survey | undefined;
  let [rows, bytes] = [0, 0];
  for await (const batch of unifiedBatches(source)) {
    bytes += batch.bytesRead;
    if (survey === undefined) {
      sample.push(batch);
      rows += batch.rows.length;
      if (rows < SAMPLE_ROWS) continue;
      const started = startSurvey(sample, mapping);
      if (!(started instanceof Survey)) return started;
      survey = started;
    } else survey.take(batch);
    const isPlain = survey !== undefined && survey.places.keys.length + survey.places.measures.length === 0;
    if (bytes >= (isPlain ? PLAIN_SURVEY_BYTES : SURVEY_BYTES)) break;
  }
  const started = survey ?? startSurvey(sample, mapping);
  return started instanceof Survey ? new ShapeFinder(started, mapping).find() : started;
}

function startSurvey(sample: readonly RowBatch[], mapping: TableMapping): Survey | { refusal: TableRefusal } {
  const header = sample.at(-1)?.header ?? [];
  const stats = header.map(newStats);
  for (const { rows } of sample) for (const row of rows) for (let i = 0; i < row.length; i++) count(stats[i], row[i]);
  if (sample.every(({ rows }) => rows.length === 0)) return { refusal: { code: "NO_ROWS", why: "no rows" } };
  const missing = missingColumns(mapping, header);
  if (missing.length > 0)
    return {
      refusal: {
        code: "MAP_COLUMN_MISSING",
        why: `--map names ${missing.join(", ")}; the columns are ${listed(header)}`,
      },
    };
  const step = mapping.step?.[0] ?? stepColumn(stats);
  if (step === undefined) return { refusal: { code: "STEP_UNKNOWN", why: noStep(stats) } };
  const stepPlace = header.indexOf(step);
  const survey = new Survey({
    header,
    step: stepPlace,
    epoch: step === ROW_NUMBER_STEP ? -1 : header.findIndex((name) => name !== step && isEpochName(name)),
    ...keyPlaces(withStep(sample, header, stepPlace), step, mapping),
  });
  for (const batch of sample) survey.take(batch);
  return survey;
}

/** Over the rows that have a step: the others state settings, whose columns name no runs. */
function withStep(sample: readonly RowBatch[], header: readonly string[], step: number): ColumnStats[] {
  const stats = header.map(newStats);
  for (const { rows } of sample)
    for (const row of rows)
      if (step === -1 || stepOf(row[step]) !== undefined) for (let i = 0; i < row.length; i++) count(stats[i], row[i]);
  return stats;
}

function stepColumn(stats: readonly ColumnStats[]): string | undefined {
  const ranked = stats.flatMap(({ name, numbers, texts, firstText }) => {
    const rank = stepRank(name);
    const isStep = numbers > texts || (firstText !== undefined && maybeStepInName(firstText) !== undefined);
    return rank === undefined || !isStep ? [] : [{ name, rank }];
  });
  return ranked.sort((a, b) => a.rank - b.rank)[0]?.name;
}

/** The column that looks most like a step goes into the example. */
function noStep(stats: readonly ColumnStats[]): string {
  const numbers = stats.filter(({ numbers, texts }) => numbers > texts).map(({ name }) => name);
  const likely = numbers.find((name) => /step|iter|epoch|token|update|size|time/i.test(name)) ?? numbers[0] ?? "COLUMN";
  return `no column of steps among ${listed(stats.map(({ name }) => name))}; say which one counts, e.g. --map step=${likely}, or --map step=${ROW_NUMBER_STEP} to count rows`;
}

export function listed(names: readonly string[]): string {
  return names.length <= 12 ? names.join(", ") : `${names.slice(0, 12).join(", ")} and ${names.length - 12} more`;
}

function keyPlaces(sampled: readonly ColumnStats[], step: string, mapping: TableMapping) {
  const places = (names: readonly string[] | undefined) =>
    names?.filter((name) => name !== "").map((name) => sampled.findIndex((stats) => stats.name === name));
  const isText = ({ numbers, texts }: ColumnStats) => texts > numbers;
  const free = [...sampled.entries()].filter(([, { name }]) => name !== step && !mapping.ignore?.includes(name));
  const measures =
    places(mapping.measure) ??
    free.filter(([, stats]) => isText(stats) && isMeasureName(stats.name)).map(([place]) => place);
  const keys =
    places(mapping.run) ??
    free
      .filter(([place, { name }]) => !measures.includes(place) && !isTimeName(name) && !mapping.value?.includes(name))
      .filter(([, stats]) => (isText(stats) ? !isLabelName(stats.name) : stats.numbers > 0 && isRunName(stats.name)))
      .map(([place]) => place);
  return { keys, measures };
}
