/**
 * @file The rows without peers: share of the machine's MatMul rate, Hessian–vector product, two cores, compile time.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LocalExecutor } from "../../src/fleet/index.ts";
import { alternateCosts, type BenchRow, median, ratioInterval } from "../harness.ts";
import { PeerProcess, python } from "../peerProcess.ts";
import type { CompileTimes } from "./compileTimes.ts";
import { CURVATURE_KINDS, curvatureProblem, type ProductDigest } from "./curvature.ts";
import type { MatMulRate } from "./matmulRate.ts";
import { CORE, contestant, type Measuring, SUITE, withProblem } from "./trainingRows.ts";

const NO_PEER = { suite: SUITE, peer: null, peerName: null, ratio: null } as const;

/** How much of a step's time its matrix products would need on their own. */
export async function matmulShareRows({ turns, clock }: Measuring): Promise<BenchRow[]> {
  return withOurs(["rate", "transformer"], async (ours) => {
    await ours.time(5);
    const rates: MatMulRate[] = [];
    const steps: number[] = [];
    for (let turn = 0; turn < turns; turn++) {
      steps.push(await ours.time(10, clock));
      if (turn < 3) rates.push(await ours.ask<MatMulRate>({ rate: true }));
    }
    const [{ gigaflop }] = rates;
    const aloneMs = median(rates.map((rate) => rate.aloneMs));
    const stepMs = median(steps);
    return [
      {
        ...NO_PEER,
        case: "1-layer transformer, batch 512: share of this machine's MatMul rate",
        ours: aloneMs / stepMs,
        profile: "transformer",
        goal: 0.65,
        held: { what: "ours", side: "atLeast" },
        unit: "share",
        runs: turns,
        note: `${(1000 * gigaflop).toFixed(0)} Mflop in products a step: ${(gigaflop / stepMs) * 1000} of ${(gigaflop / aloneMs) * 1000} Gflop/s`.replace(
          /\d+\.\d+/g,
          (number) => Number(number).toFixed(1),
        ),
      },
    ];
  });
}

/** Of norms and projections in float32. */
const PRODUCT_TOLERANCE = 1e-4;

export async function hvpRows({ root, turns, clock }: Measuring): Promise<BenchRow[]> {
  return withProblem(curvatureProblem(), async (folder) => {
    const started = await Promise.all(CURVATURE_KINDS.map((kind) => startOurs(kind, folder)));
    try {
      const [gradient, ...products] = started;
      const agreements: Agreement[] = [];
      for (const product of products) agreements.push(await compareWithJax(root, folder, product));
      const contestants = started.map((one) => ({ name: one.name, turn: () => one.time(8, clock) }));
      await alternateCosts(contestants, 1);
      const costs = await alternateCosts(contestants, turns);
      const base = costs.get(gradient.name)!;
      return products.map(({ name }, i): BenchRow => {
        const own = costs.get(name)!;
        const { agree, text } = agreements[i];
        return {
          suite: SUITE,
          case: `1-layer transformer, batch 512: Hessian–vector product ${["at a new point", "at a known point"][i]}`,
          ours: median(own),
          peer: median(base),
          peerName: "its own gradient",
          ratio: agree ? median(own) / median(base) : Number.NaN,
          ratioInterval: ratioInterval(own, base),
          goal: 2,
          held: { what: "ratio", side: "atMost" },
          unit: clock === "cpu" ? "ms CPU" : "ms",
          runs: turns,
          note: text,
          ...(name === "product" ? { profile: "product" } : {}),
        };
      });
    } finally {
      for (const one of started) one.stop();
    }
  });
}

interface Agreement {
  readonly agree: boolean;
  readonly text: string;
}

async function compareWithJax(root: string, folder: string, ours: PeerProcess): Promise<Agreement> {
  const jax = await PeerProcess.start([python(), join(root, "bench", "peers", "enginePeer.py"), "jax", folder], CORE);
  if (!(jax instanceof PeerProcess)) return { agree: true, text: `not compared with JAX: ${jax.missing}` };
  try {
    const [own, theirs] = await Promise.all(
      [ours, jax].map(async (one) => (await one.ask<{ product: ProductDigest }>({ product: true })).product),
    );
    const gaps = Object.entries(theirs).flatMap(([name, [norm, along]]) => {
      const [ownNorm, ownAlong] = own[name] ?? [Number.NaN, Number.NaN];
      return [Math.abs(ownNorm / norm - 1), Math.abs(ownAlong - along) / norm];
    });
    const worst = Math.max(...gaps.map((gap) => (Number.isFinite(gap) ? gap : Infinity)));
    const agree = worst <= PRODUCT_TOLERANCE;
    return {
      agree,
      text: `${agree ? "agrees with" : "FAILED: differs from"} ${jax.name} to ${worst.toExponential(0)}`,
    };
  } finally {
    jax.stop();
  }
}

const RUNS = 32;
const STEPS_PER_RUN = 200;

/** 32 runs with one worker and with two, in turn; only training, workers warm. */
export async function twoCoreRows({ turns }: Measuring): Promise<BenchRow[]> {
  const entry = fileURLToPath(new URL("throughputWorker.js", import.meta.url));
  const executors = [1, 2].map((workers) => LocalExecutor.open({ entry, workers }));
  const training: number[][] = [[], []];
  const batchOf = async (which: number, runs: number): Promise<number> => {
    const begun = performance.now();
    const outcomes = await Promise.all(
      Array.from({ length: runs }, (_, seed) =>
        executors[which].run({ name: `run ${seed}`, payload: { seed, steps: STEPS_PER_RUN } }),
      ),
    );
    for (const outcome of outcomes)
      if (outcome.status === "done") training[which].push((outcome.result as { trainingMs: number }).trainingMs);
    return performance.now() - begun;
  };
  try {
    for (const which of [0, 1]) await batchOf(which, 4); // compilation
    for (const list of training) list.splice(0);
    const rounds = Math.max(3, Math.round(turns / 3));
    const contestants = ["one", "two"].map((name, which) => ({ name, turn: () => batchOf(which, RUNS) }));
    const costs = await alternateCosts(contestants, rounds);
    const [one, two] = ["one", "two"].map((name) => costs.get(name)!);
    const slower = median(training[1]) / median(training[0]);
    const idle = 1 - (median(training[1]) * RUNS) / 2 / median(two);
    return [
      {
        suite: SUITE,
        case: `${RUNS} runs of the grokking MLP, ${STEPS_PER_RUN} steps each: throughput of 2 workers`,
        ours: median(two),
        peer: median(one),
        peerName: "1 worker",
        ratio: median(one) / median(two),
        ratioInterval: ratioInterval(one, two),
        goal: 1.85,
        held: { what: "ratio", side: "atLeast" },
        unit: "ms",
        runs: rounds,
        note: `a run trains ${slower.toFixed(2)} × as long beside another; ${(100 * idle).toFixed(0)}% of two workers' time is not training`,
      },
    ];
  } finally {
    await Promise.all(executors.map((executor) => executor[Symbol.asyncDispose]()));
  }
}

/** A fresh process each turn. */
export async function compileRows({ turns, clock }: Measuring): Promise<BenchRow[]> {
  const all: CompileTimes[] = [];
  for (let turn = 0; turn < turns; turn++)
    all.push(await withOurs(["compile", "transformer", clock], (ours) => ours.ask<CompileTimes>({})));
  const part = (name: keyof CompileTimes): number => median(all.map((times) => times[name])) / 1000;
  const total = median(all.map(({ traceAndLower, encode, session }) => traceAndLower + encode + session)) / 1000;
  const parts = (["setUp", "traceAndLower", "encode", "session"] as const).map((name) => part(name).toFixed(3));
  return [
    {
      ...NO_PEER,
      case: "compiling the transformer's step, cold",
      ours: total,
      goal: 0.8,
      unit: clock === "cpu" ? "s CPU" : "s",
      runs: turns,
      note: `trace and lower ${parts[1]}, encode ${parts[2]}, session ${parts[3]}; besides, tracer's set-up ${parts[0]}`,
    },
  ];
}

async function withOurs<T>(args: readonly string[], work: (ours: PeerProcess) => Promise<T>): Promise<T> {
  const ours = await startOurs(...args);
  try {
    return await work(ours);
  } finally {
    ours.stop();
  }
}

async function startOurs(...args: readonly string[]): Promise<PeerProcess> {
  const ours = await PeerProcess.start(contestant("ownMeasures.js", ...args), CORE);
  if (!(ours instanceof PeerProcess)) throw new Error(`${args.join(" ")}: ${ours.missing}`);
  return ours;
}
