/**
 * @file Sixteen trainings as one program against sixteen calls of the separate program, in one process and in turns. Costs
 * are processor time a step and training. No goal: which of the two a study uses is measured there, on its own shapes.
 */
import {
  compareMembers,
  type Ensemble,
  ensembleLoop,
  exactnessOf,
  type LoopProgram,
  type MemberData,
  runMembers,
  stackResident,
} from "../../src/engine/index.ts";
import { nativeDevice } from "../../src/engine/native.ts";
import { organism } from "../../src/lab/index.ts";
import { openGrokkingModel } from "../../src/lab/organisms/grokking/model.ts";
import { RegimeHistory } from "../../src/lab/regime.ts";
import { alternateCosts, type BenchRow, median, ratioInterval } from "../harness.ts";

const MEMBERS = 16;

export interface EnsembleCase {
  readonly title: string;
  readonly modulus: number;
  readonly embedding: number;
  readonly hidden: number;
  readonly stepsPerTurn: number;
}

const CASES: readonly EnsembleCase[] = [
  {
    title: "16 seeds at once: grokking MLP 16 wide, mod 11, 48 pairs",
    modulus: 11,
    embedding: 16,
    hidden: 16,
    stepsPerTurn: 100,
  },
  {
    title: "16 seeds at once: grokking MLP 16 wide, mod 53, 1,124 pairs",
    modulus: 53,
    embedding: 16,
    hidden: 16,
    stepsPerTurn: 20,
  },
  {
    title: "16 seeds at once: grokking MLP 128 wide, mod 11, 48 pairs",
    modulus: 11,
    embedding: 64,
    hidden: 128,
    stepsPerTurn: 40,
  },
  {
    title: "16 seeds at once: grokking MLP 128 wide, mod 53, 1,124 pairs",
    modulus: 53,
    embedding: 64,
    hidden: 128,
    stepsPerTurn: 5,
  },
];

/** One row a case; ours: together, peer: one by one. */
export async function ensembleRows({ turns }: { readonly turns: number }): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const one of CASES) rows.push(await ensembleRow(one, turns));
  return rows;
}

async function ensembleRow(here: EnsembleCase, turns: number): Promise<BenchRow> {
  const { ensemble, data } = await trainings(here);
  const [separate, together] = [
    await nativeDevice.compileLoop(ensemble.member),
    await nativeDevice.compileLoop(ensemble.loop),
  ];
  const steps = here.stepsPerTurn;
  const exactness = exactnessOf(await compareMembers({ ensemble, separate, together, data, steps }));
  together.bind(
    stackResident(
      ensemble,
      data.map(({ resident }) => resident),
    ),
  );
  const contestants = [
    { name: "together", turn: () => cost(steps, () => runMembers({ ensemble, together, data, steps })) },
    { name: "one by one", turn: () => cost(steps, () => oneByOne(separate, data, steps)) },
  ];
  const costs = await alternateCosts(contestants, turns);
  await Promise.all([separate.dispose(), together.dispose()]);
  const [own, other] = contestants.map(({ name }) => costs.get(name)!);
  return {
    suite: "engine",
    case: here.title,
    ours: median(own),
    peer: median(other),
    peerName: "one by one",
    ratio: median(own) / median(other),
    ratioInterval: ratioInterval(own, other),
    goal: null,
    unit: "ms CPU/step and seed",
    runs: turns,
    note: `states after ${steps} steps: ${exactness}`,
  };
}

async function oneByOne(separate: LoopProgram, data: readonly MemberData[], steps: number): Promise<void> {
  for (const { resident, state, table } of data) {
    separate.bind(resident);
    await separate.run({ state, table, steps });
  }
}

async function cost(steps: number, work: () => Promise<unknown>): Promise<number> {
  const began = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000 / steps / MEMBERS;
}

async function trainings(here: EnsembleCase): Promise<{ ensemble: Ensemble; data: readonly MemberData[] }> {
  const { modulus, embedding, hidden, stepsPerTurn: steps } = here;
  const settings = { "data.modulus": modulus, "architecture.embedding": embedding, "architecture.hidden": hidden };
  const factors = organism("grokking").parseFactors(settings, "bench");
  const models = [];
  for (let seed = 0; seed < MEMBERS; seed++)
    models.push(await openGrokkingModel({ factors, seeds: { data: seed, init: seed }, device: nativeDevice }));
  const { spec, perMember } = models[0].member!;
  const data = models.map((model, seed): MemberData => {
    const { resident, table } = model.member!;
    const regime = new RegimeHistory({ factors, seeds: { data: seed, init: seed } }, []).at(0);
    return { resident, state: { ...model.initialState() }, table: table({ step: 0, steps, regime }) };
  });
  return { ensemble: ensembleLoop(spec, { members: MEMBERS, perMember }), data };
}
