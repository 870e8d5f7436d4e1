/**
 * @file chooseMembers: how many trainings to run as one program, by measurement on the real shapes.
 *
 * Small steps cost mostly calls of operators, which an ensemble shares; large ones cost arithmetic, and N times the values
 * no longer fit in the processor's caches. Given its clock's readings the choice is a function of its arguments. Ensembles
 * that the device cannot run, whose outputs are too far from the separate runs', or in which a member's state depends on its
 * place, are not chosen.
 */
import type { Device, LoopProgram, LoopSpec } from "../device.ts";
import { EngineError } from "../errors.ts";
import {
  compareMembers,
  type Exactness,
  exactnessOf,
  LARGEST_DIFFERENCE,
  type MemberData,
  runMembers,
} from "./compareMembers.ts";
import { type Ensemble, ensembleLoop } from "./ensembleLoop.ts";
import { stackResident } from "./stack.ts";

export interface ChooseMembersOptions {
  readonly device: Device;
  readonly spec: LoopSpec;
  /** As in `ensembleLoop`. */
  readonly perMember: readonly string[];
  /** Numbers of members to try, each at least 2. */
  readonly candidates: readonly number[];
  /** Data of one member for so many steps; called with 0, 1, … */
  readonly member: (index: number, steps: number) => MemberData;
  /** Milliseconds; the processor time of the process is steadier than the time of day. */
  readonly nowMs: () => number;
  /** An ensemble is worth its trouble when it takes at most this share of the separate time. Default .9. */
  readonly worthwhileRatio?: number;
  /** Steps over which members are compared with separate runs. Default 10. */
  readonly comparedSteps?: number;
  /** Only ensembles whose members have their separate runs' bits; after one that has not, larger ones are not tried. */
  readonly isExactOnly?: boolean;
}

export interface MeasuredMembers {
  readonly members: number;
  /** Time of a step of all of them / time of as many separate steps: medians over `rounds`. */
  readonly ratio: number;
  readonly rounds: number;
  readonly stepsPerRound: number;
  readonly exactness: Exactness;
  /** Of the ensemble's program. */
  readonly graphHash: string;
}

export interface MembersChoice {
  /** 1: separately. */
  readonly members: number;
  /** In the order of `candidates`. */
  readonly measured: readonly MeasuredMembers[];
  /** Candidates that are not used whatever they take, and why. */
  readonly excluded: readonly { readonly members: number; readonly why: string }[];
}

const NOT_EXACT = "members round otherwise than their separate runs";
const ROUNDS = 5;
/** What one separate turn should last. */
const TURN_MS = 4;
const MOST_STEPS = 100;

export async function chooseMembers(options: ChooseMembersOptions): Promise<MembersChoice> {
  const { device, spec, candidates, worthwhileRatio = 0.9 } = options;
  const separate = await device.compileLoop(spec);
  try {
    const steps = await stepsPerTurn(separate, options);
    const measured: MeasuredMembers[] = [];
    const excluded: { members: number; why: string }[] = [];
    for (const members of candidates) {
      const found = await orWhyNot(() => measureMembers(separate, members, steps, options));
      if (typeof found === "string") excluded.push({ members, why: found });
      else measured.push(found);
      if (found === NOT_EXACT) break;
    }
    const eligible = measured.filter(({ ratio }) => ratio <= worthwhileRatio);
    const best = eligible.reduce<MeasuredMembers | undefined>(
      (least, one) => (least === undefined || one.ratio < least.ratio ? one : least),
      undefined,
    );
    return { members: best?.members ?? 1, measured, excluded };
  } finally {
    await separate.dispose();
  }
}

/** A reason when members are too far from their separate runs, or have other bits in another place. */
async function measureMembers(
  separate: LoopProgram,
  members: number,
  steps: number,
  { device, spec, perMember, member, nowMs, comparedSteps = 10, isExactOnly = false }: ChooseMembersOptions,
): Promise<MeasuredMembers | string> {
  const ensemble = ensembleLoop(spec, { members, perMember });
  const together = await device.compileLoop(ensemble.loop);
  try {
    const data = dataOf(ensemble, member, steps);
    const compared = await compareMembers({
      ensemble,
      separate,
      together,
      data: dataOf(ensemble, member, comparedSteps),
      steps: comparedSteps,
    });
    if (isExactOnly && !compared.isStateIdentical) return NOT_EXACT;
    if (!compared.isPlaceFree) return "a member's bits depend on its place among the others";
    if (!(compared.largestOutputDifference <= LARGEST_DIFFERENCE))
      return `outputs differ from the separate runs' by up to ${compared.largestOutputDifference} of their largest value`;
    const costs: { separate: number[]; together: number[] } = { separate: [], together: [] };
    together.bind(
      stackResident(
        ensemble,
        data.map(({ resident }) => resident),
      ),
    );
    separate.bind(data[0].resident);
    for (let round = 0; round < ROUNDS; round++) {
      const began = nowMs();
      await separate.run({ ...data[0], steps });
      const between = nowMs();
      await runMembers({ ensemble, together, data, steps });
      costs.separate.push(between - began);
      costs.together.push(nowMs() - between);
    }
    return {
      members,
      ratio: median(costs.together) / (members * median(costs.separate)),
      rounds: ROUNDS,
      stepsPerRound: steps,
      exactness: exactnessOf(compared),
      graphHash: together.graphHash,
    };
  } finally {
    await together.dispose();
  }
}

/** So many that one separate turn takes a few milliseconds. */
async function stepsPerTurn(separate: LoopProgram, { member, nowMs }: ChooseMembersOptions): Promise<number> {
  const { resident, state, table } = member(0, 2);
  separate.bind(resident);
  await separate.run({ state, table, steps: 2 }); // the first call also sets up memory
  const began = nowMs();
  await separate.run({ state, table, steps: 2 });
  const msPerStep = Math.max(1e-3, (nowMs() - began) / 2);
  return Math.max(2, Math.min(MOST_STEPS, Math.round(TURN_MS / msPerStep)));
}

const dataOf = ({ members }: Ensemble, member: ChooseMembersOptions["member"], steps: number): MemberData[] =>
  Array.from({ length: members }, (_, i) => member(i, steps));

/** What a candidate may fail by without harm: its size, and primitives that have no batched form. */
const EXCLUDING = ["ENGINE_MEMORY", "ENGINE_TRACE", "ENGINE_UNSUPPORTED"];

async function orWhyNot<T>(work: () => Promise<T>): Promise<T | string> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof EngineError && EXCLUDING.includes(error.code)) return error.message;
    throw error;
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
