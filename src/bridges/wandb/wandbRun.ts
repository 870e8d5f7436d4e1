/**
 * @file Takes the records of a `.wandb` file into a run: history, system statistics, summary, configuration, identity, end.
 *
 * System statistics become `system/…` at the step of the last history row. Of the summary only what no history has becomes
 * `summary/…`, once the run has ended. Console text, artifacts, alerts and TensorBoard records are counted; records of the
 * protocol itself (telemetry, files, requests, header, footer, …) hold nothing to import.
 */
import { type Json, OntogenyError } from "../../core/index.ts";
import {
  ITEM,
  ItemReader,
  JsonNumberReader,
  parseTolerantJson,
  RECORD,
  RecordReader,
  readExitCode,
  readMetricRecord,
  readRunRecord,
  readStatsTime,
  textOf,
} from "../../formats/index.ts";
import type { RunSink } from "../bridge.ts";
import type { SkipCounter } from "../skipCounter.ts";
import { flatConfiguration } from "../yamlConfiguration.ts";
import { History } from "./history.ts";
import { type Metric, Metrics } from "./metrics.ts";
import { maybeWord, parseValue, type RowTaker, takeValue } from "./rowValues.ts";
import type { WandbState } from "./state.ts";

const CONFIGURATION_BOUNDS = { maxDepth: 64, maxCharacters: 2 ** 20, maxContainers: 50_000 };
/** What a configuration's settings take together, as text. */
const CONFIGURATION_CHARACTERS_AT_MOST = 2 ** 22;
const SUMMARY_NAMES_AT_MOST = 20_000;

const COUNTED: ReadonlyMap<number, readonly [code: string, what: string]> = new Map([
  [RECORD.output, ["WANDB_CONSOLE", "console output"]],
  [RECORD.outputRaw, ["WANDB_CONSOLE", "console output"]],
  [RECORD.artifact, ["WANDB_ARTIFACT", "an artifact"]],
  [RECORD.tbrecord, ["WANDB_TENSORBOARD", "a reference to TensorBoard event files; import those"]],
  [RECORD.alert, ["WANDB_ALERT", "an alert"]],
]);

export class WandbRun {
  readonly history: History;
  private readonly run: RunSink;
  private readonly skips: SkipCounter;
  private readonly metrics = new Metrics();
  private readonly system = new Metrics();
  private readonly record = new RecordReader();
  private readonly items = new ItemReader();
  private readonly numbers = new JsonNumberReader();
  private readonly summary = new Map<Metric, number | null>();
  private hasEnded: boolean;
  private isDescribed: boolean;
  private configurationCharacters = 0;

  constructor(run: RunSink, skips: SkipCounter, state: WandbState) {
    this.run = run;
    this.skips = skips;
    this.hasEnded = state.hasEnded;
    this.isDescribed = state.isDescribed;
    for (const [name, isPlaced, axis, syncs, last, isInHistory] of state.metrics) {
      const metric = this.metrics.named(name);
      metric.isPlaced = isPlaced === 1;
      metric.axis = axis === null ? undefined : this.metrics.named(axis);
      metric.syncs = syncs === 1;
      metric.last = last;
      metric.isInHistory = isInHistory === 1;
    }
    this.metrics.definitions.push(...state.definitions.map(({ goal, ...rest }) => ({ ...rest, goal })));
    for (const [name, value] of state.summary) this.summary.set(this.metrics.named(name), value);
    this.history = new History(run, this.metrics, skips, state);
  }

  beginFile(file: string, segment: number | undefined): void {
    if (segment === undefined) {
      this.history.beginFile(file);
      this.hasEnded = false;
    } else this.history.resumeFile(file, segment);
  }

  state(): Omit<WandbState, "files"> {
    const flag = (is: boolean): 0 | 1 => (is ? 1 : 0);
    return {
      metrics: [...this.metrics.byName.values()].map((metric) => [
        metric.name,
        flag(metric.isPlaced),
        metric.axis?.name ?? null,
        flag(metric.syncs),
        metric.last,
        flag(metric.isInHistory),
      ]),
      definitions: this.metrics.definitions.map(({ goal, ...rest }) => ({ ...rest, ...(goal && { goal }) })),
      lastStep: this.history.lastStep,
      maxSegment: this.history.maxSegment,
      hasEnded: this.hasEnded,
      isDescribed: this.isDescribed,
      summary: [...this.summary].map(([{ name }, value]) => [name, value]),
    };
  }

  /** One Record: `bytes[begin … end)`. */
  take(bytes: Uint8Array, begin: number, end: number): void {
    const { record } = this;
    if (!record.read(bytes, begin, end)) {
      this.malformed("a record");
      return;
    }
    switch (record.kind) {
      case RECORD.history:
        this.history.take(bytes, record.begin, record.end);
        return;
      case RECORD.summary:
        this.takeSummary(bytes, record.begin, record.end);
        return;
      case RECORD.stats:
        this.takeStats(bytes, record.begin, record.end);
        return;
      case RECORD.config:
        this.takeConfiguration(bytes, record.begin, record.end);
        return;
      case RECORD.metric:
        this.takeDefinition(bytes);
        return;
      case RECORD.run:
        this.takeRun(bytes);
        return;
      case RECORD.exit:
        this.takeExit(bytes);
        return;
      case RECORD.preempting:
        this.run.describe({ tags: { "wandb.preempting": "true" } });
        return;
      default: {
        const counted = COUNTED.get(record.kind);
        if (counted !== undefined) this.skips.add(counted[0], () => `${this.history.where}: ${counted[1]}`);
      }
    }
  }

  private takeRun(bytes: Uint8Array): void {
    const run = readRunRecord(bytes, this.record.begin, this.record.end);
    if (run === undefined) {
      this.malformed("a run record");
      return;
    }
    const { runId, project, displayName, texts, tags, startedAtMs, config } = run;
    if (!this.isDescribed) {
      this.isDescribed = true;
      const named = { id: runId, project, tags: tags.join(", "), ...Object.fromEntries(texts) };
      this.run.describe({
        ...(displayName !== "" && { name: displayName }),
        ...(runId !== "" && { foreignId: project === "" ? runId : `${project}/${runId}` }),
        ...(startedAtMs !== undefined && { startedAtMs }),
        tags: Object.fromEntries(
          Object.entries(named)
            .filter(([, text]) => text !== "")
            .map(([name, text]) => [`wandb.${name}`, text]),
        ),
      });
    }
    // A run that ended before has been resumed.
    this.run.describe({ status: "unknown" });
    if (config !== undefined) this.takeConfiguration(bytes, config.begin, config.end);
  }

  private takeConfiguration(bytes: Uint8Array, begin: number, end: number): void {
    const configuration: Record<string, Json> = Object.create(null);
    const items = this.items.over(bytes, begin, end, 1);
    while (items.next()) {
      const name = textOf(items.nameBytes, items.nameBegin, items.nameEnd);
      const size = items.valueEnd - items.valueBegin;
      if (/^_wandb(\.|$)/.test(name) || items.kind !== ITEM.json) continue;
      this.configurationCharacters += size + name.length;
      if (this.configurationCharacters > CONFIGURATION_CHARACTERS_AT_MOST) {
        this.skips.add(
          "CONFIGURATION_TOO_LARGE",
          () => `${this.history.where}: setting "${name}" and what follows: more than 4 MiB of settings`,
        );
        continue;
      }
      try {
        const value = parseTolerantJson(textOf(bytes, items.valueBegin, items.valueEnd), CONFIGURATION_BOUNDS);
        for (const [inner, json] of Object.entries(flatConfiguration(value, name))) configuration[inner] = json;
      } catch (error) {
        if (!(error instanceof OntogenyError)) throw error;
        this.skips.add("WANDB_JSON", () => `${this.history.where}: setting "${name}": ${error.message.split("\n")[0]}`);
      }
    }
    if (items.malformed) this.malformed("a configuration");
    if (Object.keys(configuration).length > 0) this.run.describe({ configuration });
  }

  private takeDefinition(bytes: Uint8Array): void {
    const definition = readMetricRecord(bytes, this.record.begin, this.record.end);
    if (definition === undefined || (definition.name === "" && definition.glob === "")) {
      this.malformed("a metric's definition");
      return;
    }
    for (const { name, axis } of this.metrics.define(definition))
      this.skips.add(
        "WANDB_DEFINED_LATE",
        () =>
          `"${name}": defined against "${definition.stepMetric || "_step"}" after its first values, kept against "${axis?.name ?? "_step"}"`,
      );
  }

  private takeStats(bytes: Uint8Array, begin: number, end: number): void {
    const wallMs = readStatsTime(bytes, begin, end);
    const step = this.history.lastStep ?? 0;
    const segment = this.history.segment;
    const push = (metric: Metric, value: number) => {
      metric.series ??= this.run.series(`system/${metric.name}`);
      metric.series.push(step, value, wallMs, segment);
    };
    const taker: RowTaker = {
      number: (name, value) => push(this.system.named(name), value),
      histogram: (name) => taker.skip("WANDB_HISTOGRAM", name, "a histogram"),
      skip: (code, name, what) => this.skips.add(code, () => `${this.history.where}: "system/${name}": ${what}`),
    };
    this.takeItems(bytes, begin, end, { field: 3, metrics: this.system, push, taker });
  }

  private takeSummary(bytes: Uint8Array, begin: number, end: number): void {
    const set = (metric: Metric, value: number | null) => {
      if (metric.isInternal || metric.isInHistory) return;
      if (this.summary.size >= SUMMARY_NAMES_AT_MOST && !this.summary.has(metric)) {
        this.skips.add("WANDB_NAME_REFUSED", () => `${this.history.where}: "summary/${metric.name}": one too many`);
        return;
      }
      this.summary.set(metric, value);
    };
    const taker: RowTaker = {
      number: (name, value) => set(this.metrics.named(name), value),
      histogram: (name) => set(this.metrics.named(name), null),
      skip: (_, name) => set(this.metrics.named(name), null),
    };
    this.takeItems(bytes, begin, end, { field: 1, metrics: this.metrics, push: set, taker });
    if (this.hasEnded) this.pushSummary();
  }

  private takeItems(
    bytes: Uint8Array,
    begin: number,
    end: number,
    to: {
      readonly field: number;
      readonly metrics: Metrics;
      readonly push: (metric: Metric, value: number) => void;
      readonly taker: RowTaker;
    },
  ): void {
    const items = this.items.over(bytes, begin, end, to.field);
    while (items.next()) {
      const metric = to.metrics.of(items.nameBytes, items.nameBegin, items.nameEnd);
      if (metric === undefined)
        this.skips.add(
          "WANDB_NAME_REFUSED",
          () => `${this.history.where}: a name longer than 4,096 bytes, or one too many`,
        );
      else if (metric.isInternal || metric.isInHistory || items.kind !== ITEM.json) continue;
      else if (this.numbers.read(bytes, items.valueBegin, items.valueEnd)) to.push(metric, this.numbers.value);
      else {
        const word = maybeWord(bytes, items.valueBegin, items.valueEnd);
        if (word !== undefined) to.push(metric, word);
        else {
          const parsed = parseValue(bytes, items.valueBegin, items.valueEnd, metric.name, to.taker);
          if (parsed !== undefined) takeValue(parsed.value, metric.name, to.taker);
        }
      }
    }
    if (items.malformed) this.malformed("a summary or statistics");
  }

  private takeExit(bytes: Uint8Array): void {
    const exitCode = readExitCode(bytes, this.record.begin, this.record.end);
    this.run.describe({ status: exitCode === 0 ? "complete" : "failed", tags: { "wandb.exitCode": String(exitCode) } });
    this.hasEnded = true;
    this.pushSummary();
  }

  /** What was set in the summary and stands in no history; `loss.max` of a `loss` that does is derived. */
  private pushSummary(): void {
    for (const [metric, value] of this.summary) {
      const parent = this.metrics.byName.get(metric.name.slice(0, Math.max(0, metric.name.lastIndexOf("."))));
      if (metric.isInHistory || parent?.isInHistory) continue;
      if (value === null)
        this.skips.add("WANDB_TEXT", () => `${this.history.where}: "summary/${metric.name}": not a number`);
      else
        this.run
          .series(`summary/${metric.name}`)
          .push(this.history.lastStep ?? 0, value, Number.NaN, this.history.segment);
    }
    this.summary.clear();
  }

  private malformed(what: string): void {
    this.skips.add("WANDB_MALFORMED", () => `${this.history.where}: ${what}: not valid protobuf`);
  }
}
