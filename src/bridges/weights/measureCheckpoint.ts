/**
 * @file Measures of one checkpoint's weights, for all of them together and for each group of tensors, streamed tensor by tensor.
 *
 * A group is the tensors whose names differ only in their numbers ("layers.*.mlp.weight"). Only floating-point tensors count in
 * the whole; integers and booleans (position ids, masks, counters) have groups of their own. Distances need tensors of the
 * same names and shapes on both sides, the whole's all of them; else there is none, and it is counted. Spectral norms and stable
 * ranks are of matrices of at most `MATRIX_VALUES_AT_MOST` values; larger ones are counted.
 */

import type { CheckpointReader, OpenTensor } from "./checkpointReader.ts";
import { spectralNorm } from "./spectralNorm.ts";
import { squaredDistance, WeightStats } from "./weightStats.ts";

/** 2,048 × 2,048: a second or less a matrix, 32 MiB. */
export const MATRIX_VALUES_AT_MOST = 2 ** 22;
export const GROUPS_AT_MOST = 500;
/** Of measures and groups: all weights together. */
export const WHOLE = "";

export class GroupMeasures {
  readonly stats = new WeightStats();
  spectralNorm = 0;
  /** Of each matrix that was small enough. */
  readonly stableRanks: number[] = [];
  /** Sum of squares; undefined: not to be had. */
  fromFirst: number | undefined = 0;
  fromPrevious: number | undefined = 0;
}

export interface MeasureOptions {
  readonly checkpoint: CheckpointReader;
  readonly first?: CheckpointReader;
  readonly previous?: CheckpointReader;
  readonly skip: (code: string, example: () => string) => void;
  readonly drain: () => Promise<void>;
}

/** By group; `WHOLE` is among them. */
export async function measureCheckpoint(options: MeasureOptions): Promise<Map<string, GroupMeasures>> {
  const whole = new GroupMeasures();
  const groups = new Map<string, GroupMeasures>([[WHOLE, whole]]);
  const { checkpoint, first, previous, skip, drain } = options;
  const { step } = checkpoint.files;
  const { valuesAtMost } = checkpoint;
  const scratch = { values: new Float64Array(valuesAtMost), others: new Float64Array(valuesAtMost) };
  for (const tensor of checkpoint.tensors.values()) {
    if (tensor.type === undefined) {
      skip("WEIGHTS_DTYPE_NOT_READ", () => `tensor "${tensor.name}" of ${tensor.dtype} at step ${step}`);
      continue;
    }
    const of = await measureTensor(tensor, options, scratch);
    if (first !== undefined && of.fromFirst === undefined)
      skip("WEIGHTS_NO_COUNTERPART", () =>
        `tensor "${tensor.name}" at step ${step} has none at step ${first.files.step}`);
    const name = groupOf(tensor.name);
    let group = groups.get(name);
    if (group === undefined && groups.size <= GROUPS_AT_MOST) {
      group = new GroupMeasures();
      groups.set(name, group);
    }
    if (group === undefined) skip("WEIGHTS_TOO_MANY_GROUPS", () => `"${name}", beyond the first ${GROUPS_AT_MOST}`);
    else addTo(group, of);
    if (tensor.type.isFloat) addTo(whole, of);
    await drain();
  }
  if (first !== undefined && hasLost(first, checkpoint)) whole.fromFirst = undefined;
  if (previous !== undefined && hasLost(previous, checkpoint)) whole.fromPrevious = undefined;
  return groups;
}

export function groupOf(name: string): string {
  return name
    .split(".")
    .map((part) => (/^\d+$/.test(part) ? "*" : part))
    .join(".");
}

async function measureTensor(
  tensor: OpenTensor,
  { checkpoint, first, previous, skip, drain }: MeasureOptions,
  { values, others }: { readonly values: Float64Array; readonly others: Float64Array },
): Promise<GroupMeasures> {
  const of = new GroupMeasures();
  const firstTensor = counterpart(tensor, first);
  const previousTensor = counterpart(tensor, previous);
  if (firstTensor === undefined) of.fromFirst = undefined;
  if (previousTensor === undefined) of.fromPrevious = undefined;
  const [rows, columns] = tensor.shape;
  const isMatrix = tensor.shape.length === 2 && tensor.type?.isFloat === true && tensor.count > 0;
  const isSmall = tensor.count <= MATRIX_VALUES_AT_MOST;
  if (isMatrix && !isSmall)
    skip("WEIGHTS_MATRIX_TOO_LARGE", () =>
      `spectral norm of "${tensor.name}" [${rows}, ${columns}], at most ${MATRIX_VALUES_AT_MOST} values`);
  const matrix = isMatrix && isSmall ? new Float64Array(tensor.count) : undefined;
  for (let from = 0; from < tensor.count; ) {
    const read = await checkpoint.read(tensor, from, values);
    of.stats.add(values, read);
    matrix?.set(values.subarray(0, read), from);
    if (first !== undefined && firstTensor !== undefined) {
      await first.read(firstTensor, from, others);
      of.fromFirst! += squaredDistance(values, others, read);
    }
    if (previous !== undefined && previousTensor !== undefined) {
      if (previousTensor !== firstTensor) await previous.read(previousTensor, from, others);
      of.fromPrevious! += squaredDistance(values, others, read);
    }
    from += read;
    await drain();
  }
  if (matrix !== undefined) {
    of.spectralNorm = spectralNorm(matrix, rows, columns);
    of.stableRanks.push((of.stats.norm / of.spectralNorm) ** 2);
  }
  return of;
}

function counterpart({ name, shape }: OpenTensor, other: CheckpointReader | undefined): OpenTensor | undefined {
  const tensor = other?.tensors.get(name);
  const isAlike = tensor?.shape.length === shape.length && tensor.shape.every((size, i) => size === shape[i]);
  return isAlike && tensor.type !== undefined ? tensor : undefined;
}

/** Has a floating-point tensor that the later one has not. */
function hasLost(earlier: CheckpointReader, later: CheckpointReader): boolean {
  return [...earlier.tensors.values()].some(({ name, type }) => type?.isFloat === true && !later.tensors.has(name));
}

function addTo(group: GroupMeasures, of: GroupMeasures): void {
  group.stats.addAll(of.stats);
  group.spectralNorm = Math.max(group.spectralNorm, of.spectralNorm);
  group.stableRanks.push(...of.stableRanks);
  group.fromFirst = sumOrNone(group.fromFirst, of.fromFirst);
  group.fromPrevious = sumOrNone(group.fromPrevious, of.fromPrevious);
}

function sumOrNone(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}
