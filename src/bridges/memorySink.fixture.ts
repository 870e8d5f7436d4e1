/**
 * @file For tests of bridges: a sink that keeps everything in memory, and a tree over a folder.
 *
 * Facts, configuration and tags merge name by name, later over earlier. Nothing is checked and nothing is bounded: what a
 * bridge pushes is what a test sees.
 */
import { closeSync, openSync, readdirSync, readSync, realpathSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { EvaluationContext, Json, MeasureSpec } from "../core/index.ts";
import type {
  Bridge,
  ColumnMapping,
  ImportedPoint,
  ImportSink,
  ImportUnit,
  RunFacts,
  RunSink,
  SeriesSink,
  SourceFile,
  SourceTree,
} from "./bridge.ts";

export interface Skipped {
  count: number;
  /** The first one. */
  readonly example: string;
}

/** Columns of one length; "not stated" is NaN, or −1 in the index columns. */
export class MemorySeries implements SeriesSink {
  readonly measure: string;
  spec: Partial<MeasureSpec> = {};
  readonly steps: number[] = [];
  readonly values: number[] = [];
  readonly wallMs: number[] = [];
  readonly segments: number[] = [];
  readonly ses: number[] = [];
  readonly ns: number[] = [];
  readonly contexts: number[] = [];
  readonly files: number[] = [];

  constructor(measure: string) {
    this.measure = measure;
  }

  push(step: number, value: number, wallMs: number, segment = 0): void {
    this.pushPoint({ step, value, wallMs, segment });
  }

  pushPoint({
    step,
    value,
    wallMs = Number.NaN,
    se = Number.NaN,
    n = Number.NaN,
    segment = 0,
    context = -1,
    file = -1,
  }: ImportedPoint): void {
    this.steps.push(step);
    this.values.push(value);
    this.wallMs.push(wallMs);
    this.segments.push(segment);
    this.ses.push(se);
    this.ns.push(n);
    this.contexts.push(context);
    this.files.push(file);
  }
}

export class MemoryRun implements RunSink {
  readonly key: string;
  facts: RunFacts = {};
  readonly contexts: EvaluationContext[] = [];
  /** Relative names. */
  readonly files: string[] = [];
  readonly measures = new Map<string, MemorySeries>();

  constructor(key: string) {
    this.key = key;
  }

  describe(facts: RunFacts): void {
    const { configuration, tags } = this.facts;
    this.facts = {
      ...this.facts,
      ...facts,
      ...(facts.configuration && { configuration: { ...configuration, ...facts.configuration } }),
      ...(facts.tags && { tags: { ...tags, ...facts.tags } }),
    };
  }

  series(measure: string, spec?: Partial<MeasureSpec>): MemorySeries {
    let series = this.measures.get(measure);
    if (series === undefined) {
      series = new MemorySeries(measure);
      this.measures.set(measure, series);
    }
    if (spec !== undefined) series.spec = { ...series.spec, ...spec };
    return series;
  }

  context(context: EvaluationContext): number {
    const text = JSON.stringify(context);
    const known = this.contexts.findIndex((other) => JSON.stringify(other) === text);
    return known === -1 ? this.contexts.push(context) - 1 : known;
  }

  file({ relative: name }: SourceFile): number {
    const known = this.files.indexOf(name);
    return known === -1 ? this.files.push(name) - 1 : known;
  }
}

export class MemorySink implements ImportSink {
  readonly runs = new Map<string, MemoryRun>();
  readonly skipped = new Map<string, Skipped>();
  /** What each `drain` said. */
  readonly drained: number[] = [];

  run(key: string): MemoryRun {
    let run = this.runs.get(key);
    if (run === undefined) {
      run = new MemoryRun(key);
      this.runs.set(key, run);
    }
    return run;
  }

  skip(code: string, example: string, count = 1): void {
    addSkip(this.skipped, code, example, count);
  }

  async drain(bytesRead: number): Promise<void> {
    this.drained.push(bytesRead);
  }
}

export interface MemoryTree extends SourceTree {
  readonly skipped: Map<string, Skipped>;
}

/** Every file under a folder (or the one file), by relative name in code-unit order. */
export function treeOf(root: string, mapping?: ColumnMapping): MemoryTree {
  const base = realpathSync(root);
  const names = statSync(base).isDirectory()
    ? readdirSync(base, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
    : [base];
  const files = names
    .map((path): SourceFile => {
      const { size: bytes, mtimeMs } = statSync(path);
      const name = path === base ? path.slice(path.lastIndexOf(sep) + 1) : relative(base, path);
      return { path, relative: name.replaceAll(sep, "/"), bytes, mtimeMs };
    })
    .sort((a, b) => (a.relative < b.relative ? -1 : 1));
  const heads = new Map<string, Uint8Array>();
  const skipped = new Map<string, Skipped>();
  return {
    files,
    skipped,
    ...(mapping && { mapping }),
    head: async ({ path }) => {
      const head = heads.get(path) ?? readHead(path);
      heads.set(path, head);
      return head;
    },
    skip: (file, code, why) => addSkip(skipped, code, `${file.relative}: ${why}`, 1),
  };
}

export interface Imported {
  readonly sink: MemorySink;
  readonly units: readonly ImportUnit[];
  readonly tree: MemoryTree;
  /** What each unit's `read` returned, by key. */
  readonly states: ReadonlyMap<string, Json | undefined>;
}

/** Claims and reads all of a bridge's units under a folder into one sink. */
export async function importAll(bridge: Bridge, root: string, mapping?: ColumnMapping): Promise<Imported> {
  const [tree, sink] = [treeOf(root, mapping), new MemorySink()];
  const units = await bridge.claim(tree);
  const states = new Map<string, Json | undefined>();
  for (const unit of units) states.set(unit.key, await bridge.read(unit, { sink: prefixed(sink, unit), mapping }));
  return { sink, units, tree, states };
}

/** Runs of different units never meet: the run's key follows the unit's, with " » " between unless one is empty. */
function prefixed(sink: MemorySink, { key: unit }: ImportUnit): ImportSink {
  return {
    run: (key) => sink.run([unit, key].filter((part) => part !== "").join(" » ")),
    skip: (code, example, count) => sink.skip(code, example, count),
    drain: (bytes) => sink.drain(bytes),
  };
}

function addSkip(skipped: Map<string, Skipped>, code: string, example: string, count: number): void {
  const known = skipped.get(code);
  if (known === undefined) skipped.set(code, { count, example });
  else known.count += count;
}

function readHead(path: string): Uint8Array {
  const head = new Uint8Array(65_536);
  const handle = openSync(path, "r");
  try {
    return head.subarray(0, readSync(handle, head, 0, head.length, 0));
  } finally {
    closeSync(handle);
  }
}
