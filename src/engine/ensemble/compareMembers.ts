/**
 * @file How an ensemble's members compare with their separate runs, over the first steps from the same states.
 *
 * A product of a batch of matrices, an elementwise operation and a sum over the last axis are the same arithmetic for each
 * member as alone; a sum over another axis, and a bias that alone rides on a product, round in another order. Two float32
 * sums of the same n terms differ by at most 12·√n·2⁻²⁴·Σ|x| (each is within half of that of the true one: Higham and Mary
 * 2019, theorem 3.1, probabilistic), and training amplifies that. The runtime computes the last few elements of a buffer by
 * another logarithm, so that an output (a loss) may depend on a member's place by its last bit; a state that does so is
 * reported: sums over a last axis seem to begin at an aligned address, for it does where a member's rows × columns are no multiple
 * of four. Non-finite values that are equal count as equal.
 */
import type { Tensor } from "../../core/index.ts";
import type { LoopProgram, LoopResult, Tensors } from "../device.ts";
import type { Ensemble } from "./ensembleLoop.ts";
import { memberResult, memberState, stackResident, stackState, stackTables } from "./stack.ts";

/** What one member is bound to, starts from, and is told step by step. */
export interface MemberData {
  readonly resident: Tensors;
  readonly state: Tensors;
  /** Leading dimension: steps. */
  readonly table: Tensors;
}

export interface MembersCompared {
  readonly members: number;
  readonly steps: number;
  /** The state after these steps, of every member. */
  readonly isStateIdentical: boolean;
  /** The state of a member does not depend on its place among the others. */
  readonly isPlaceFree: boolean;
  /** Of a step's output, as a share of the largest value of that output over all steps; NaN where one of two is NaN. */
  readonly largestOutputDifference: number;
}

/** How a member's numbers relate to those of its separate run. */
export type Exactness = "bit-identical" | `within ${string}`;

/** Ensembles whose outputs are farther from the separate runs than this, within `compareMembers`' steps, are not used. */
export const LARGEST_DIFFERENCE = 1e-4;

/** Of states; "within": of outputs, rounded up to a power of ten, 1e-6 at least, so as not to hang on one measurement. */
export function exactnessOf({ isStateIdentical, largestOutputDifference }: MembersCompared): Exactness {
  if (isStateIdentical) return "bit-identical";
  const power = Math.max(-6, Math.ceil(Math.log10(largestOutputDifference)));
  return `within 1e${power}`;
}

/** `separate` and `together` are the compiled programs of `ensemble.member` and `ensemble.loop`. */
export async function compareMembers(options: {
  readonly ensemble: Ensemble;
  readonly separate: LoopProgram;
  readonly together: LoopProgram;
  readonly data: readonly MemberData[];
  readonly steps: number;
}): Promise<MembersCompared> {
  const { ensemble, separate, data, steps } = options;
  const all = await inPlaces(options);
  // Everyone one place on: what a buffer's last elements are computed by may differ from the rest.
  const moved = await inPlaces({ ...options, data: [...data.slice(-1), ...data.slice(0, -1)] });
  let [isStateIdentical, isPlaceFree, largestOutputDifference] = [true, true, 0];
  for (const [i, { resident, state, table }] of data.entries()) {
    separate.bind(resident);
    const alone = await separate.run({ state, table, steps });
    const member = memberResult(all, i);
    isStateIdentical &&= sameBits(alone.state, member.state);
    isPlaceFree &&= sameBits(member.state, memberState(moved.state, (i + 1) % data.length));
    for (const [name, tensor] of Object.entries(alone.outputs)) {
      const difference = largestShare(tensor, member.outputs[name]);
      if (!(difference <= largestOutputDifference)) largestOutputDifference = difference;
    }
  }
  return { members: ensemble.members, steps, isStateIdentical, isPlaceFree, largestOutputDifference };
}

function inPlaces({
  ensemble,
  together,
  data,
  steps,
}: Pick<Parameters<typeof compareMembers>[0], "ensemble" | "together" | "data" | "steps">): Promise<LoopResult> {
  together.bind(
    stackResident(
      ensemble,
      data.map(({ resident }) => resident),
    ),
  );
  return runMembers({ ensemble, together, data, steps });
}

/** One call of the ensemble's program, bound already. */
export function runMembers(options: {
  readonly ensemble: Ensemble;
  readonly together: LoopProgram;
  readonly data: readonly Pick<MemberData, "state" | "table">[];
  readonly steps: number;
}): Promise<LoopResult> {
  const { ensemble, together, data, steps } = options;
  return together.run({
    steps,
    state: stackState(data.map(({ state }) => state)),
    table: stackTables(
      ensemble,
      data.map(({ table }) => table),
    ),
  });
}

function sameBits(a: Tensors, b: Tensors): boolean {
  return Object.keys(a).every((name) => a[name].data.every((value, i) => Object.is(value, b[name].data[i])));
}

function largestShare(alone: Tensor, member: Tensor): number {
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < alone.data.length; i++) {
    const [x, y] = [alone.data[i], member.data[i]];
    largest = Math.max(largest, Math.abs(x));
    if (Object.is(x, y)) continue;
    const apart = Math.abs(x - y);
    if (!(apart <= difference)) difference = apart;
  }
  return difference === 0 ? 0 : difference / largest;
}
