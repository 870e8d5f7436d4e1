/**
 * @file What is remembered of an lm-eval unit between imports: files read, and which run each setting is.
 *
 * The first setting met is the run "", every other one carries its setting as key: so a folder of one model is one run, and
 * stays the same run when another model's files join it.
 */

import { z } from "zod";
import type { Json } from "../../core/index.ts";
import { boundedState } from "../readingState.ts";

const StateSchema = z.strictObject({
  files: z.array(z.string()),
  /** Setting → key of its run. */
  runs: z.array(z.tuple([z.string(), z.string()])),
});

export class LmEvalState {
  private readonly files: Set<string>;
  private readonly runs: Map<string, string>;

  private constructor(files: Set<string>, runs: Map<string, string>) {
    this.files = files;
    this.runs = runs;
  }

  /** What is no state of ours starts from the beginning. */
  static parse(from: Json | undefined): LmEvalState {
    const { data } = StateSchema.safeParse(from);
    return new LmEvalState(new Set(data?.files), new Map(data?.runs));
  }

  has(relative: string): boolean {
    return this.files.has(relative);
  }

  add(relative: string): void {
    this.files.add(relative);
  }

  /** The run of a file with this setting; remembers both. */
  place(relative: string, setting: string): { key: string; isNew: boolean } {
    this.files.add(relative);
    const known = this.runs.get(setting);
    if (known !== undefined) return { key: known, isNew: false };
    const key = this.runs.size === 0 ? "" : setting;
    this.runs.set(setting, key);
    return { key, isNew: true };
  }

  toJson(): Json | undefined {
    return boundedState({ files: [...this.files], runs: [...this.runs] });
  }
}
