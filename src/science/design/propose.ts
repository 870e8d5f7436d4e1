/**
 * @file The next candidate of a search: the one that the surrogate gives the best chance of meeting all requirements.
 *
 * The chance is that of one new run, so it holds both ignorance and noise: far below a bound it rises with the spread, and
 * the search explores; above it falls, and the search settles. It is compared on the log scale, so that early candidates
 * whose chances are all tiny still rank.
 */
import { DomainError, type Rng, type Space } from "../../core/index.ts";
import { type Candidate, candidateFeatures, perturbCandidate, sampleCandidate } from "./candidates.ts";
import type { Surrogate } from "./surrogate.ts";

/** Two candidates nearer than this in the unit cube count as the same. */
const NEAR_DISTANCE = 0.05;
const ELITE_COUNT = 10;

interface Scored {
  readonly set: Candidate;
  readonly logMeetsAll: number;
}

/**
 * Half of the `pool` is drawn from the space, half from around the ten best of the first. Candidates within .05 of one in
 * `taken` are passed over, unless the space is so small that nothing else was drawn. Throws unless pool ≥ 2.
 */
export function proposeCandidate({
  space,
  surrogate,
  rng,
  pool = 2000,
  taken,
}: {
  readonly space: Space;
  readonly surrogate: Surrogate;
  readonly rng: Rng;
  readonly pool?: number;
  /** The points of the candidates tried so far. */
  readonly taken: readonly (readonly number[])[];
}): { readonly set: Candidate; readonly meetsAll: number } {
  if (!Number.isSafeInteger(pool) || pool < 2) throw new DomainError("proposeCandidate: pool", "an integer ≥ 2", pool);
  const fresh: Scored[] = [];
  const near: Scored[] = [];
  const consider = (set: Candidate) => {
    const point = candidateFeatures(space, set);
    const { logMeetsAll } = surrogate.predict(point);
    const isNear = taken.some((other) => distance(point, other) < NEAR_DISTANCE);
    (isNear ? near : fresh).push({ set, logMeetsAll });
  };
  const drawn = Math.ceil(pool / 2);
  for (let i = 0; i < drawn; i++) consider(sampleCandidate(space, rng));
  const elite = bestFirst(fresh.length > 0 ? fresh : near).slice(0, ELITE_COUNT);
  for (let i = drawn; i < pool; i++)
    consider(perturbCandidate(space, elite[i % elite.length].set, { rng, redraw: 0.15, step: 0.1 }));
  const [best] = bestFirst(fresh.length > 0 ? fresh : near);
  return { set: best.set, meetsAll: Math.exp(best.logMeetsAll) };
}

function bestFirst(scored: readonly Scored[]): Scored[] {
  return [...scored].sort((a, b) => b.logMeetsAll - a.logMeetsAll);
}

function distance(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return Math.sqrt(sum);
}
