/**
 * @file Rows: the transformer's Hessian–vector product next to its gradient, and whether it is the product that JAX finds.
 */
import { join } from "node:path";
import { alternateCosts, type BenchRow, median, ratioInterval } from "../../harness.ts";
import { PeerProcess, python } from "../../peerProcess.ts";
import { CURVATURE_KINDS, curvatureProblem, type ProductDigest } from "../curvature.ts";
import { CORE, type Measuring, SUITE, withProblem } from "../trainingRows.ts";
import { startOurs } from "./ownProcess.ts";

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
