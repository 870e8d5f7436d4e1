/**
 * @file Looks at a table and decides what its columns are for, by names first and by values where names do not say.
 *
 * - The step: the mapped column, else the best name of columnNames.ts that holds numbers, else refused. Without a step a row
 *   says nothing about a trajectory: nothing is guessed.
 * - Runs: columns with a run's name (run, seed, model, …), and columns of text that change while the step repeats. Columns that
 *   others determine (a model's family beside the model) are settings of the run, not part of its key.
 * - Text with one value for each step is a label of the step; text that never changes is configuration.
 * - Measures: in a long table (a column named measure, metric, task, …) every other column of numbers, as `task/column`; in a
 *   wide one, each by its own name. A number that never changes within a run but differs between runs is a setting.
 * - `x_stderr` is the standard error of `x`; `stderr` alone that of the column before it; `sd_x` with a number of items gives
 *   it too. `X__MIN` and `X__MAX` of wandb's exports, and pandas' row numbers, are left out.
 * - Restarts are believed where a single run's steps go back seldom (once, or in less than one row of 50).
 */
import { maybeStepInName } from "../stepNames.ts";
import {
  isErrorName,
  isExtremeOf,
  isItemsName,
  isLabelName,
  isMeasureName,
  isRowNumberName,
  isRunName,
  isTimeName,
  isValueName,
  maybeDeviationOf,
  maybeErrorOf,
  stepRank,
} from "./columnNames.ts";
import { type ColumnStats, Combinations, Constancy, count, Distinct, newStats } from "./columnStats.ts";
import { missingColumns, ROW_NUMBER_STEP, type TableMapping } from "./mapping.ts";
import type { Cell, RowBatch, RowSource } from "./rowSource.ts";
import type { TableRefusal, TableShape, TableSurvey, ValueColumn } from "./tableShape.ts";

const SAMPLE_ROWS = 500;
/** What a survey looks at; a longer file is taken to go on as it began. */
const SURVEY_BYTES = 64 * 2 ** 20;

export type Surveyed = TableSurvey | { readonly shape?: undefined; readonly refusal: TableRefusal };

export async function surveyTable(source: RowSource, mapping: TableMapping): Promise<Surveyed> {
  const sample: RowBatch[] = [];
  let survey: Survey | undefined;
  let [rows, bytes] = [0, 0];
  for await (const batch of source.batches()) {
    bytes += batch.bytesRead;
    if (survey === undefined) {
      sample.push(batch);
      rows += batch.rows.length;
      if (rows < SAMPLE_ROWS) continue;
      const started = startSurvey(sample, mapping);
      if (!(started instanceof Survey)) return started;
      survey = started;
    } else survey.take(batch);
    if (bytes >= SURVEY_BYTES) break;
  }
  const started = survey ?? startSurvey(sample, mapping);
  return started instanceof Survey ? started.result() : started;
}

function startSurvey(sample: readonly RowBatch[], mapping: TableMapping): Survey | { refusal: TableRefusal } {
  const header = sample.at(-1)?.header ?? [];
  const stats = header.map(newStats);
  for (const { rows } of sample) for (const row of rows) for (let i = 0; i < row.length; i++) count(stats[i], row[i]);
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
  const survey = new Survey(stats, step, mapping);
  for (const batch of sample) survey.take(batch);
  return survey;
}

function stepColumn(stats: readonly ColumnStats[]): string | undefined {
  const ranked = stats.flatMap(({ name, numbers, texts, firstText }) => {
    const rank = stepRank(name);
    const isStep = numbers > texts || (firstText !== undefined && maybeStepInName(firstText) !== undefined);
    return rank === undefined || !isStep ? [] : [{ name, rank }];
  });
  return ranked.sort((a, b) => a.rank - b.rank)[0]?.name;
}

function noStep(stats: readonly ColumnStats[]): string {
  const numbers = stats.filter(({ numbers, texts }) => numbers > texts).map(({ name }) => name);
  if (stats.length === 0) return "no rows";
  const example = numbers.length === 0 ? "step=COLUMN" : `step=${numbers[0]}`;
  return `no column of steps among ${listed(stats.map(({ name }) => name))}; say which one counts, e.g. --map ${example}, or --map step=${ROW_NUMBER_STEP} to count rows`;
}

export function listed(names: readonly string[]): string {
  return names.length <= 12 ? names.join(", ") : `${names.slice(0, 12).join(", ")} and ${names.length - 12} more`;
}

/** Counts over the rows that have a step. */
class Survey {
  private readonly stats: ColumnStats[];
  private readonly step: string;
  private readonly mapping: TableMapping;
  /** Places of columns that may name a run. */
  private readonly keys: readonly number[];
  private readonly measures: readonly number[];
  private readonly stepPlace: number;
  private readonly distinct = new Map<number, Distinct>();
  private readonly combinations = new Combinations();
  private readonly constancy: Constancy[] = [];
  private readonly steps = new Set<string>();
  private rows = 0;
  private repeats = 0;
  private descents = 0;
  private lastStep = Number.NEGATIVE_INFINITY;

  constructor(sampled: readonly ColumnStats[], step: string, mapping: TableMapping) {
    const header = sampled.map(({ name }) => name);
    this.step = step;
    this.mapping = mapping;
    this.stepPlace = header.indexOf(step);
    this.stats = header.map(newStats);
    const ignored = new Set(mapping.ignore);
    const named = (places: readonly string[] | undefined) =>
      places?.filter((name) => name !== "").map((name) => header.indexOf(name));
    const isText = ({ numbers, texts }: ColumnStats) => texts > numbers;
    const free = sampled.flatMap((stats, place) =>
      place === this.stepPlace || ignored.has(stats.name) ? [] : [{ stats, place }],
    );
    this.measures =
      named(mapping.measure) ??
      free.filter(({ stats }) => isText(stats) && isMeasureName(stats.name)).map(({ place }) => place);
    this.keys =
      named(mapping.run) ??
      free
        .filter(({ stats, place }) => !this.measures.includes(place) && !isTimeName(stats.name))
        .filter(({ stats }) => (isText(stats) ? !isLabelName(stats.name) : stats.numbers > 0 && isRunName(stats.name)))
        .map(({ place }) => place);
    for (const place of [...this.keys, ...this.measures]) this.distinct.set(place, new Distinct());
  }

  take({ header, rows }: RowBatch): void {
    while (this.stats.length < header.length) this.stats.push(newStats(header[this.stats.length]));
    for (const row of rows) this.row(row);
  }

  private row(row: readonly Cell[]): void {
    const step = this.stepPlace === -1 ? this.rows : stepOf(row[this.stepPlace]);
    if (step === undefined) return;
    this.rows++;
    if (step < this.lastStep) this.descents++;
    this.lastStep = step;
    for (const [place, distinct] of this.distinct) distinct.add(String(row[place] ?? ""), step);
    const run = this.combinations.add(this.keys.map((place) => String(row[place] ?? "")));
    this.countStep(step, row);
    for (let place = 0; place < row.length; place++) {
      const cell = row[place];
      count(this.stats[place], cell);
      if (typeof cell !== "number") continue;
      this.constancy[place] ??= new Constancy();
      this.constancy[place].add(run, cell);
    }
  }

  /** How often does a step come again under the same measure? */
  private countStep(step: number, row: readonly Cell[]): void {
    const key = [step, ...this.measures.map((place) => row[place])].join("\0");
    if (this.steps.has(key)) this.repeats++;
    else if (this.steps.size < 200_000) this.steps.add(key);
  }

  result(): Surveyed {
    if (this.rows === 0) return { refusal: { code: "STEP_UNKNOWN", why: `no row has a number in "${this.step}"` } };
    const notes: TableRefusal[] = [];
    const settings: string[] = [];
    const ignored = new Set(this.mapping.ignore);
    const measures = this.measureColumns(settings);
    const runs = this.runColumns(settings, ignored, notes);
    const names = new Set(this.stats.map(({ name }) => name));
    const taken = new Set([this.step, ...runs, ...measures, ...settings]);
    const time = this.mapping.time?.[0] ?? this.timeColumn(taken);
    if (time !== undefined) taken.add(time);
    const numbers = this.stats
      .filter(({ name, numbers: many }) => many > 0 && !taken.has(name) && !ignored.has(name))
      .map(({ name }) => name);
    for (const name of numbers)
      if (isExtremeOf(name, names) || (isRowNumberName(name) && this.mapping.value === undefined)) {
        ignored.add(name);
        notes.push({
          code: "COLUMN_LEFT_OUT",
          why: `${name}: ${isExtremeOf(name, names) ? "the extremes of a chart's points" : "numbers of rows"}`,
        });
      }
    const isLong = measures.length > 0;
    const free = numbers.filter(
      (name) => !ignored.has(name) && !this.isSettingOnly(name, { isLong, hasRuns: runs.length > 0 }, settings),
    );
    const items = this.mapping.n?.[0] ?? this.itemsColumn(free, names, isLong);
    const values = this.valueColumns(
      free.filter((name) => name !== items),
      names,
      items !== undefined,
    );
    if (values.length === 0)
      return {
        refusal: { code: "NO_VALUES", why: `no column of numbers besides "${this.step}" among ${listed([...names])}` },
      };
    for (const { name, texts, numbers: many } of this.stats)
      if (texts > 0 && many === 0 && !taken.has(name) && !ignored.has(name)) {
        ignored.add(name);
        notes.push({ code: "TEXT_LEFT_OUT", why: `${name}: text, e.g. ${JSON.stringify(this.firstText(name))}` });
      }
    const charts = chartsOf(values, names);
    const shape: TableShape = {
      step: this.step,
      ...(time !== undefined && { time }),
      runs,
      measures,
      values,
      ...(items !== undefined && { items }),
      settings: [...settings, ...this.constants(values)],
      ...(charts !== undefined && { charts }),
      isOpen: this.mapping.value === undefined,
      ignored: [...ignored],
      hasRestarts: runs.length === 0 && !isLong && charts === undefined && this.descents <= 1 + this.rows / 50,
    };
    return { shape, notes };
  }

  private measureColumns(settings: string[]): string[] {
    const names: string[] = [];
    for (const place of this.measures) {
      const { name } = this.stats[place];
      const isConstant = this.distinct.get(place)!.size <= 1;
      // One split or phase throughout is a setting; one task is still the task's name.
      if (
        isConstant &&
        this.mapping.measure === undefined &&
        !/measure|metric|task|tag|variable|quantity|benchmark/i.test(name)
      )
        settings.push(name);
      else names.push(name);
    }
    return names;
  }

  private runColumns(settings: string[], ignored: Set<string>, notes: TableRefusal[]): string[] {
    if (this.mapping.run !== undefined) return this.mapping.run.filter((name) => name !== "");
    const [kept, steps] = [[] as number[], new Set([...this.steps].map((key) => key.split("\0")[0])).size];
    const hasRepeats = this.repeats * 10 > this.rows;
    for (const place of this.keys) {
      const { name } = this.stats[place];
      const { size, isFull } = this.distinct.get(place)!;
      const leaveOut = (why: string) => {
        ignored.add(name);
        notes.push({ code: "TEXT_LEFT_OUT", why: `${name}: ${why}, e.g. ${JSON.stringify(this.firstText(name))}` });
      };
      if (size <= 1) settings.push(name);
      else if (isRunName(name)) kept.push(place);
      else if (isFull || size > Math.max(1000, this.rows / 2)) leaveOut("nearly every row says something else");
      else if (this.distinct.get(place)!.repeated === 0 && size <= steps) leaveOut("goes with the step");
      else if (!hasRepeats) leaveOut("changes within the run");
      else kept.push(place);
    }
    return this.withoutDetermined(kept, settings);
  }

  /** Leaves out what the other key columns determine, those with fewest values first. */
  private withoutDetermined(kept: number[], settings: string[]): string[] {
    const at = (place: number) => this.keys.indexOf(place);
    let key = [...kept];
    if (!this.combinations.isFull) {
      const all = this.combinations.sizeOf(key.map(at));
      for (const place of [...kept].sort((a, b) => this.distinct.get(a)!.size - this.distinct.get(b)!.size)) {
        const others = key.filter((other) => other !== place);
        if (others.length === 0 || this.combinations.sizeOf(others.map(at)) < all) continue;
        key = others;
        settings.push(this.stats[place].name);
      }
    }
    return key.map((place) => this.stats[place].name);
  }

  private timeColumn(taken: ReadonlySet<string>): string | undefined {
    // Seconds since 1973, or text: a smaller number is a duration.
    return this.stats.find(
      ({ name, numbers, texts, least, firstText }) =>
        isTimeName(name) &&
        !taken.has(name) &&
        ((numbers > 0 && least > 1e8) || (texts > 0 && !Number.isNaN(Date.parse(firstText ?? "")))),
    )?.name;
  }

  private isSettingOnly(
    name: string,
    { isLong, hasRuns }: { isLong: boolean; hasRuns: boolean },
    settings: string[],
  ): boolean {
    if (this.mapping.value?.includes(name) || this.mapping.n?.includes(name)) return false;
    const constancy = this.constancy[this.stats.findIndex((stats) => stats.name === name)];
    const isSetting =
      constancy?.isSetting === true &&
      !isItemsName(name) &&
      !isValueName(name) &&
      (isLong || (hasRuns && constancy.isDiffering));
    if (isSetting) settings.push(name);
    return isSetting;
  }

  private itemsColumn(free: readonly string[], names: ReadonlySet<string>, isLong: boolean): string | undefined {
    const items = free.filter((name) => isItemsName(name));
    const hasErrors = free.some(
      (name) =>
        isErrorName(name) || maybeErrorOf(name, names) !== undefined || maybeDeviationOf(name, names) !== undefined,
    );
    return items.length === 1 && (hasErrors || isLong || free.length === 2) ? items[0] : undefined;
  }

  private valueColumns(free: readonly string[], names: ReadonlySet<string>, hasItems: boolean): ValueColumn[] {
    const { value: mapped, se: errors = [] } = this.mapping;
    const errorOf = new Map<string, string>();
    for (const [i, error] of errors.entries()) {
      const owner =
        (mapped ?? free)
          .filter((name) => error !== name && error.startsWith(name))
          .sort((a, b) => b.length - a.length)[0] ??
        mapped?.[i] ??
        free.find((name) => name !== error);
      if (owner !== undefined) errorOf.set(owner, error);
    }
    const isUsed = new Set(errors);
    if (errors.length === 0)
      for (const [i, name] of free.entries()) {
        const owner = maybeErrorOf(name, names) ?? (isErrorName(name) ? free[i - 1] : undefined);
        if (owner === undefined || owner === name || !free.includes(owner)) continue;
        errorOf.set(owner, name);
        isUsed.add(name);
      }
    const columns = mapped ?? free.filter((name) => !isUsed.has(name));
    return columns.map((column) => {
      const se = errorOf.get(column);
      const deviation =
        hasItems && se === undefined ? free.find((name) => maybeDeviationOf(name, names) === column) : undefined;
      return { column, ...(se !== undefined && { se }), ...(deviation !== undefined && { deviation }) };
    });
  }

  /** Numbers that have not changed so far: measures, and worth knowing as configuration too. */
  private constants(values: readonly ValueColumn[]): string[] {
    return values
      .map(({ column }) => column)
      .filter((name) => this.constancy[this.stats.findIndex((stats) => stats.name === name)]?.isSetting === true);
  }

  private firstText(name: string): string {
    return (this.stats.find((stats) => stats.name === name)?.firstText ?? "").slice(0, 60);
  }
}

/** A number, or text that names a step. */
export function stepOf(cell: Cell | undefined): number | undefined {
  if (typeof cell === "number") return Number.isFinite(cell) ? cell : undefined;
  return typeof cell === "string" ? maybeStepInName(cell) : undefined;
}

/** "run name - metric", three columns each: wandb's export of a chart. */
function chartsOf(values: readonly ValueColumn[], names: ReadonlySet<string>): TableShape["charts"] {
  const charts = values.flatMap(({ column }) => {
    const dash = column.lastIndexOf(" - ");
    return dash > 0 && names.has(`${column}__MIN`)
      ? [[column, { run: column.slice(0, dash), measure: column.slice(dash + 3) }] as const]
      : [];
  });
  return charts.length === 0 ? undefined : Object.fromEntries(charts);
}
