/**
 * @file What is remembered of an lm-eval unit between imports: files read, steps seen, and which run each setting is.
 *
 * The first setting met is the run "", every other one carries its setting as key: so a folder of one model is one run, and
 * stays the same run when another model's files join it.
 */
import { z } from "zod";
import type { Json } from "../../core/index.ts";

const StateSchema = z.strictObject({
  files: z.array(z.string()),
  runs: z.array(
    z.strictObject({ identity: z.string(), key: z.string(), segment: z.int(), steps: z.array(z.number()) }),
  ),
});

interface RunPlace {
  readonly key: string;
  segment: number;
  readonly steps: Set<number>;
}

/** Contract of `Bridge.read`: at most 1 MB. */
const CHARACTERS_AT_MOST = 900_000;

export class LmEvalState {
  private readonly files: Set<string>;
  private readonly runs: Map<string, RunPlace>;

  private constructor(files: Set<string>, runs: Map<string, RunPlace>) {
    this.files = files;
    this.runs = runs;
  }

  /** What is no state of ours starts from the beginning. */
  static parse(from: Json | undefined): LmEvalState {
    const parsed = StateSchema.safeParse(from);
    if (!parsed.success) return new LmEvalState(new Set(), new Map());
    const runs = parsed.data.runs.map(({ identity, key, segment, steps }): [string, RunPlace] => [
      identity,
      { key, segment, steps: new Set(steps) },
    ]);
    return new LmEvalState(new Set(parsed.data.files), new Map(runs));
  }

  has(relative: string): boolean {
    return this.files.has(relative);
  }

  add(relative: string): void {
    this.files.add(relative);
  }

  /** The run and segment for a file of this setting and step; remembers both. */
  place(
    relative: string,
    identity: string,
    step: number | undefined,
  ): { key: string; segment: number; isNew: boolean } {
    this.files.add(relative);
    const known = this.runs.get(identity);
    const run = known ?? { key: this.runs.size === 0 ? "" : identity, segment: 0, steps: new Set<number>() };
    if (known === undefined) this.runs.set(identity, run);
    if (step !== undefined) {
      if (run.steps.has(step)) run.segment++;
      run.steps.add(step);
    }
    return { key: run.key, segment: run.segment, isNew: known === undefined };
  }

  toJson(): Json | undefined {
    const state = {
      files: [...this.files],
      runs: [...this.runs].map(([identity, { key, segment, steps }]) => ({
        identity,
        key,
        segment,
        steps: [...steps],
      })),
    };
    return JSON.stringify(state).length > CHARACTERS_AT_MOST ? undefined : state;
  }
}
