/**
 * @file The metrics of a W&B run by name, and which measure's value is each one's place on the x axis.
 *
 * `define_metric` counts from its place in the log on, an exact name before a pattern, patterns in the order of their
 * definition. A metric keeps the axis of its first value: a series on two axes would mean nothing, so a later definition is
 * reported by the caller and not followed.
 */

import { ByteNames, type MetricRecord } from "../../formats/index.ts";
import type { SeriesSink } from "../bridge.ts";
import type { MomentSeries } from "../momentSeries.ts";

export class Metric {
  readonly name: string;
  /** `_step` and the like, which say where a row stands. */
  readonly isInternal: boolean;
  series: SeriesSink | undefined;
  moments: MomentSeries | undefined;
  /** Whether its axis is settled: it has a value. */
  isPlaced = false;
  /** undefined: the row's step. */
  axis: Metric | undefined;
  /** A row without the axis' value takes its last one. */
  syncs = false;
  /** Stood in a history row, whatever its value. */
  isInHistory = false;
  /** The row that `last` is from; −1: none since reading began. */
  row = -1;
  last = Number.NaN;

  constructor(name: string) {
    this.name = name;
    this.isInternal = /^_(step|runtime|timestamp|wandb)(\.|$)/.test(name);
  }
}

export interface Definition {
  readonly name: string;
  readonly isPattern: boolean;
  readonly stepMetric: string;
  readonly syncs: boolean;
  readonly goal: "lower" | "higher" | undefined;
}

export class Metrics {
  readonly byName = new Map<string, Metric>();
  readonly definitions: Definition[] = [];
  private readonly names = new ByteNames();
  private readonly byId: Metric[] = [];

  /** undefined: a name that is too long, or one too many. */
  of(bytes: Uint8Array, begin: number, end: number): Metric | undefined {
    const id = this.names.idOf(bytes, begin, end);
    if (id < this.byId.length) return this.byId[id];
    const metric = this.named(this.names.texts[id]);
    this.byId.push(metric);
    return metric;
  }

  named(name: string): Metric {
    let metric = this.byName.get(name);
    if (metric === undefined) {
      metric = new Metric(name);
      this.byName.set(name, metric);
    }
    return metric;
  }

  /** Metrics that have values on another axis already, and keep it. */
  define({ name, glob, stepMetric, syncsStep: syncs, goal }: MetricRecord): Metric[] {
    const isPattern = name === "";
    const definition = { name: isPattern ? glob : name, isPattern, stepMetric, syncs, goal };
    const known = this.definitions.findIndex((one) => one.name === definition.name && one.isPattern === isPattern);
    if (known === -1) this.definitions.push(definition);
    else this.definitions[known] = definition;
    const concerned = isPattern ? [...this.byName.values()] : [this.named(name)];
    return concerned.filter((metric) => metric.isPlaced && this.axisOf(metric)?.name !== metric.axis?.name);
  }

  definitionOf({ name }: Metric): Definition | undefined {
    return (
      this.definitions.find((one) => !one.isPattern && one.name === name) ??
      this.definitions.find((one) => one.isPattern && matches(one.name, name))
    );
  }

  /** Settles the metric's axis, with its first value. */
  place(metric: Metric): void {
    metric.isPlaced = true;
    metric.axis = this.axisOf(metric);
    metric.syncs = this.definitionOf(metric)?.syncs ?? false;
  }

  private axisOf(metric: Metric): Metric | undefined {
    const stepMetric = this.definitionOf(metric)?.stepMetric ?? "";
    if (stepMetric === "" || stepMetric === "_step" || stepMetric === metric.name) return undefined;
    return this.named(stepMetric);
  }
}

/** "*" stands for any characters, as often as it occurs. */
function matches(pattern: string, name: string): boolean {
  const [first, ...rest] = pattern.split("*");
  if (rest.length === 0) return pattern === name;
  const last = rest.pop()!;
  if (!name.startsWith(first) || !name.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at + last.length <= name.length;
}
