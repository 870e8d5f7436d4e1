/**
 * @file From what a survey counted to the shape of a table (rules: surveyTable.ts).
 */
import {
  isExtremeOf,
  isItemsName,
  isRowNumberName,
  isRunName,
  isSplit,
  isTimeName,
  isValueName,
} from "./columnNames.ts";
import { ROW_NUMBER_STEP, type TableMapping } from "./mapping.ts";
import type { Survey } from "./survey.ts";
import { listed, type Surveyed } from "./surveyTable.ts";
import type { TableRefusal, TableShape, ValueColumn } from "./tableShape.ts";
import { itemsColumn, valueColumns } from "./valueColumns.ts";

export class ShapeFinder {
  private readonly survey: Survey;
  private readonly mapping: TableMapping;
  private readonly step: string;
  private readonly notes: TableRefusal[] = [];
  private readonly settings: string[] = [];
  private readonly ignored: Set<string>;
  private readonly placeOf: ReadonlyMap<string, number>;

  constructor(survey: Survey, mapping: TableMapping) {
    this.survey = survey;
    this.mapping = mapping;
    this.step = survey.places.step === -1 ? ROW_NUMBER_STEP : survey.places.header[survey.places.step];
    this.ignored = new Set(mapping.ignore);
    this.placeOf = new Map(survey.stats.map(({ name }, place) => [name, place]));
  }

  find(): Surveyed {
    const { stats, rows, descents } = this.survey;
    if (rows === 0) return { refusal: { code: "STEP_UNKNOWN", why: `no row has a number in "${this.step}"` } };
    const measures = this.measureColumns();
    const runs = this.runColumns(measures);
    const taken = new Set([this.step, ...runs, ...measures, ...this.settings]);
    const time = this.mapping.time?.[0] ?? this.timeColumn(taken);
    if (time !== undefined) taken.add(time);
    const names = new Set(stats.map(({ name }) => name));
    const numbers = this.numberColumns(taken, names);
    const [isLong, perRun] = [measures.length > 0, this.perRun(runs)];
    const free = numbers.filter((name) => {
      const isSetting = this.isSetting(name, perRun, isLong, runs.length > 0);
      if (isSetting) this.settings.push(name);
      return !isSetting;
    });
    const items = this.mapping.n?.[0] ?? itemsColumn(free, names, isLong);
    const values = valueColumns(
      free.filter((name) => name !== items),
      { names, mapping: this.mapping, hasItems: items !== undefined },
    );
    if (values.length === 0)
      return {
        refusal: { code: "NO_VALUES", why: `no column of numbers besides "${this.step}" among ${listed([...names])}` },
      };
    this.noteTexts(taken);
    const charts = chartsOf(values, names);
    const constant = values
      .map(({ column }) => column)
      .filter((name) => this.constancyOf(name, perRun)?.isSetting === true);
    const shape: TableShape = {
      step: this.step,
      ...(time !== undefined && { time }),
      ...(this.survey.places.epoch !== -1 && { epoch: this.nameAt(this.survey.places.epoch) }),
      runs,
      measures,
      values,
      ...(items !== undefined && { items }),
      settings: [...this.settings, ...constant],
      ...(charts !== undefined && { charts }),
      isOpen: this.mapping.value === undefined,
      ignored: [...this.ignored],
      isSettled: this.isSettled(),
      hasRestarts: runs.length === 0 && !isLong && charts === undefined && descents <= 1 + rows / 50,
    };
    return { shape, notes: this.notes };
  }

  /** Roles that were found by looking at values may look otherwise when there are more rows. */
  private isSettled(): boolean {
    const { places } = this.survey;
    const areMapped =
      this.mapping.run !== undefined && (places.measures.length === 0 || this.mapping.measure !== undefined);
    return this.settings.length === 0 && (areMapped || places.keys.length + places.measures.length === 0);
  }

  private nameAt(place: number): string {
    return this.survey.stats[place].name;
  }

  private measureColumns(): string[] {
    const { places, distinct } = this.survey;
    const names: string[] = [];
    for (const place of places.measures) {
      const name = this.nameAt(place);
      const isConstant = distinct.get(place)!.size <= 1 && this.mapping.measure === undefined;
      // One split or phase throughout is a setting; one task is still the task's name.
      if (isConstant && !/measure|metric|task|tag|variable|quantity|benchmark/i.test(name)) this.settings.push(name);
      else names.push(name);
    }
    return names;
  }

  /** May add to the measures. */
  private runColumns(measures: string[]): string[] {
    if (this.mapping.run !== undefined) return this.mapping.run.filter((name) => name !== "");
    const { places, distinct, rows, repeats, stepCount } = this.survey;
    const isLong = measures.length > 0;
    const kept: number[] = [];
    for (const place of places.keys) {
      const name = this.nameAt(place);
      const { size, isFull, repeated } = distinct.get(place)!;
      if (size <= 1) this.settings.push(name);
      else if (isRunName(name)) kept.push(place);
      else if ([...distinct.get(place)!.values()].every(isSplit)) measures.push(name);
      else if (this.survey.stats[place].texts * 10 < rows * 9) this.leaveOut(name, "most rows lack it");
      else if (isFull || size > Math.max(1000, rows / 2)) this.leaveOut(name, "nearly every row says something else");
      else if (repeated === 0 && size <= stepCount) this.leaveOut(name, "goes with the step");
      else if (repeats * 10 <= rows) this.leaveOut(name, "changes within the run");
      else if (isLong) measures.push(name);
      else kept.push(place);
    }
    return this.withoutDetermined(kept);
  }

  /** Leaves out what the other key columns determine, those with fewest values first. */
  private withoutDetermined(kept: readonly number[]): string[] {
    const { places, distinct, combinations } = this.survey;
    const sizeOf = (columns: readonly number[]) =>
      combinations.sizeOf(columns.map((place) => places.keys.indexOf(place)));
    let key = [...kept];
    if (!combinations.isFull && key.length > 1) {
      const all = sizeOf(key);
      for (const place of [...kept].sort((a, b) => distinct.get(a)!.size - distinct.get(b)!.size)) {
        const others = key.filter((other) => other !== place);
        if (others.length === 0 || sizeOf(others) < all) continue;
        key = others;
        this.settings.push(this.nameAt(place));
      }
    }
    return key.map((place) => this.nameAt(place));
  }

  private perRun(runs: readonly string[]): ReadonlyMap<string, string> {
    const { places, combinations } = this.survey;
    const inKey = [...places.keys.keys()].filter((at) => runs.includes(this.nameAt(places.keys[at])));
    return places.keys.length === 0 ? new Map() : combinations.projection(inKey);
  }

  private timeColumn(taken: ReadonlySet<string>): string | undefined {
    const time = this.survey.stats.find(({ name, numbers, least, texts, firstText }) => {
      if (!isTimeName(name) || taken.has(name)) return false;
      // Seconds since 1973, or a date: a smaller number is a duration.
      return (numbers > 0 && least > 1e8) || (texts > 0 && !Number.isNaN(Date.parse(firstText ?? "")));
    });
    return time?.name;
  }

  private numberColumns(taken: ReadonlySet<string>, names: ReadonlySet<string>): string[] {
    const free = this.survey.stats.filter(
      ({ name, numbers }) => numbers > 0 && !taken.has(name) && !this.ignored.has(name),
    );
    return free.flatMap(({ name }) => {
      const why = isExtremeOf(name, names)
        ? "the extremes of a chart's points"
        : isRowNumberName(name)
          ? "numbers of rows"
          : "";
      if (why === "" || this.mapping.value?.includes(name)) return [name];
      this.ignored.add(name);
      this.notes.push({ code: "COLUMN_LEFT_OUT", why: `${name}: ${why}` });
      return [];
    });
  }

  private isSetting(name: string, perRun: ReadonlyMap<string, string>, isLong: boolean, hasRuns: boolean): boolean {
    if (this.mapping.value?.includes(name) || this.mapping.n?.includes(name) || isItemsName(name) || isValueName(name))
      return false;
    const constancy = this.constancyOf(name, perRun);
    return constancy?.isSetting === true && (isLong || (hasRuns && constancy.isDiffering));
  }

  private constancyOf(name: string, perRun: ReadonlyMap<string, string>) {
    return this.survey.constancy[this.placeOf.get(name) ?? -1]?.over(perRun);
  }

  private noteTexts(taken: ReadonlySet<string>): void {
    for (const { name, texts, numbers } of this.survey.stats)
      if (texts > 0 && numbers === 0 && !taken.has(name) && !this.ignored.has(name)) this.leaveOut(name, "text");
  }

  private leaveOut(name: string, why: string): void {
    const { firstText = "" } = this.survey.stats.find((stats) => stats.name === name) ?? {};
    this.ignored.add(name);
    this.notes.push({ code: "TEXT_LEFT_OUT", why: `${name}: ${why}, e.g. ${JSON.stringify(firstText.slice(0, 60))}` });
  }
}

/** "run name - metric", three columns each: wandb's export of a chart. */
function chartsOf(values: readonly ValueColumn[], names: ReadonlySet<string>): TableShape["charts"] {
  const charts = values.flatMap(({ column }) => {
    const dash = column.lastIndexOf(" - ");
    const isChart = dash > 0 && names.has(`${column}__MIN`);
    return isChart ? [[column, { run: column.slice(0, dash), measure: column.slice(dash + 3) }] as const] : [];
  });
  return charts.length === 0 ? undefined : Object.fromEntries(charts);
}
