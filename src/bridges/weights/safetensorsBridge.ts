/**
 * @file safetensors checkpoints: what their weights say along training. A trajectory is a run, a checkpoint a step.
 *
 * Measures, of all floating-point weights (`weights/norm`) and of each group (`weights/layers.*.mlp.weight/norm`): Euclidean norm,
 * mean, sd (population), largest magnitude, shares of zeros and of values that are not finite, spectral norm (largest of the
 * group's matrices) and stable rank (mean of ‖A‖²_F / ‖A‖²₂ over them), distance from the first checkpoint and from the one before.
 * Streamed through a fixed buffer; a damaged or unfinished file leaves its checkpoint out, counted, until it changes. When checkpoints
 * are deleted while training goes on, the first one stays the first: then distances from it end, rather than change their meaning.
 */

import { z } from "zod";
import { type Json, type MeasureSpec, OntogenyError } from "../../core/index.ts";
import type { Bridge, ImportUnit, ReadOptions, RunSink, SourceFile } from "../bridge.ts";
import { boundedState, parseReadingState } from "../readingState.ts";
import { SkipCounter } from "../skipCounter.ts";
import { CheckpointReader } from "./checkpointReader.ts";
import { type CheckpointFiles, checkpointSeries, checkpointsOf } from "./checkpoints.ts";
import { type GroupMeasures, measureCheckpoint, WHOLE } from "./measureCheckpoint.ts";

export const safetensorsBridge: Bridge = {
  format: "safetensors",
  title: "safetensors checkpoints (measures of the weights)",
  segmentsAre: "repetitions",
  async claim(tree) {
    return checkpointSeries(tree).map(({ key, files, indices }) => ({
      format: "safetensors",
      key,
      files,
      companions: indices,
    }));
  },
  read,
};

const StateSchema = z.strictObject({
  /** Checkpoints that were read, the first one first: step and names of files. */
  done: z.array(z.tuple([z.number(), z.array(z.string())])),
  /** What was skipped already, so that a folder that grows does not count it again. */
  told: z.array(z.string()),
});
const TOLD_AT_MOST = 1000;

async function read(unit: ImportUnit, { sink, from }: ReadOptions): Promise<Json | undefined> {
  const before = parseReadingState(StateSchema, from ?? { done: [], told: [] }, "checkpoints");
  const done = new Map(before.done);
  const told = new Set(before.told);
  const { checkpoints, incomplete } = checkpointsOf(unit.files);
  const skips = new SkipCounter();
  const run = sink.run("");
  const tellOnce = (code: string, why: string) => {
    const key = `${code} ${why}`;
    if (!told.has(key)) skips.add(code, () => why);
    if (told.size < TOLD_AT_MOST) told.add(key);
  };
  for (const { code, why } of incomplete) tellOnce(code, why);
  const byName = new Map(unit.files.map((file) => [file.relative, file]));
  const again = ([step, names]: readonly [number, readonly string[]]): CheckpointFiles | undefined => {
    const files = names.map((name) => byName.get(name));
    return files.includes(undefined) ? undefined : { step, files: files as SourceFile[] };
  };
  let bytesRead = 0;
  for (const files of checkpoints) {
    if (done.has(files.step)) continue;
    const firstDone = [...done].at(0);
    const beforeDone = [...done]
      .filter(([step]) => step < files.step)
      .sort(([a], [b]) => b - a)
      .at(0);
    const [firstFiles, previousFiles] = [firstDone && again(firstDone), beforeDone && again(beforeDone)];
    if (firstDone !== undefined && firstFiles === undefined)
      skips.add(
        "WEIGHTS_FIRST_GONE",
        () => `step ${files.step}: the first checkpoint (step ${firstDone[0]}) is there no more`,
      );
    if (beforeDone !== undefined && previousFiles === undefined)
      skips.add(
        "WEIGHTS_PREVIOUS_GONE",
        () => `step ${files.step}: the checkpoint before (step ${beforeDone[0]}) is there no more`,
      );
    const opened: CheckpointReader[] = [];
    const openOne = async (one: CheckpointFiles | undefined) => {
      if (one === undefined) return undefined;
      opened.push(await CheckpointReader.open(one));
      return opened.at(-1);
    };
    try {
      const checkpoint = (await openOne(files))!;
      const first = await openOne(firstFiles);
      const previous =
        previousFiles === undefined || previousFiles.step === firstFiles?.step ? first : await openOne(previousFiles);
      const groups = await measureCheckpoint({
        checkpoint,
        ...(first && { first }),
        ...(beforeDone !== undefined && previousFiles !== undefined && previous && { previous }),
        skip: (code, example) => skips.add(code, example),
        // Nothing of this checkpoint has been pushed yet.
        drain: () => sink.drain(bytesRead + checkpoint.bytesRead, () => stateOf(done, told)),
      });
      pushAll(run, files, groups, done.size === 0);
      done.set(
        files.step,
        files.files.map(({ relative }) => relative),
      );
      bytesRead += checkpoint.bytesRead;
    } catch (error) {
      if (!(error instanceof OntogenyError) || error.code !== "SAFETENSORS_INVALID") throw error;
      tellOnce(error.code, `${files.files[0].relative}: ${error.message}`);
    } finally {
      for (const reader of opened) await reader.close();
    }
    skips.flush(sink);
    await sink.drain(bytesRead, () => stateOf(done, told));
  }
  skips.flush(sink);
  return stateOf(done, told);
}

/** undefined: more than may be kept (some 10,000 checkpoints); such a trajectory is read whole each time. */
function stateOf(done: ReadonlyMap<number, readonly string[]>, told: ReadonlySet<string>): Json | undefined {
  return boundedState({ done: [...done].map(([step, names]) => [step, [...names]]), told: [...told] });
}

function pushAll(
  run: RunSink,
  { step, files }: CheckpointFiles,
  groups: ReadonlyMap<string, GroupMeasures>,
  isFirst: boolean,
): void {
  const file = run.file(files[0]);
  for (const [group, { stats, spectralNorm, stableRanks, fromFirst, fromPrevious }] of groups) {
    const push = (name: string, value: number, spec: Partial<MeasureSpec>) =>
      run
        .series(group === WHOLE ? `weights/${name}` : `weights/${group}/${name}`, {
          family: "optimization",
          direction: "neutral",
          ...spec,
        })
        .pushPoint({ step, value, file });
    if (stats.count + stats.nonFinite === 0) continue;
    push("norm", stats.norm, { unit: "Euclidean norm", range: [0, null] });
    push("nonFinite", stats.shareNonFinite, { unit: "share", range: [0, 1], direction: "lower" });
    push("zeros", stats.shareZeros, { unit: "share", range: [0, 1] });
    if (stats.count > 0) {
      push("mean", stats.mean, {});
      push("sd", stats.sd, { range: [0, null] });
      push("largest", stats.largest, { range: [0, null] });
    }
    if (stableRanks.length > 0) {
      push("spectralNorm", spectralNorm, { unit: "largest singular value", range: [0, null] });
      const defined = stableRanks.filter((rank) => !Number.isNaN(rank));
      if (defined.length > 0)
        push("stableRank", defined.reduce((a, b) => a + b, 0) / defined.length, {
          range: [1, null],
          family: "mechanism",
        });
    }
    if (isFirst) push("distanceFromFirst", 0, DISTANCE);
    else if (fromFirst !== undefined) push("distanceFromFirst", Math.sqrt(fromFirst), DISTANCE);
    if (fromPrevious !== undefined) push("distanceFromPrevious", Math.sqrt(fromPrevious), DISTANCE);
  }
}

const DISTANCE: Partial<MeasureSpec> = { unit: "Euclidean norm", range: [0, null] };
