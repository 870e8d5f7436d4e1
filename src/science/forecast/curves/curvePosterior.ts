/**
 * @file Where one curve goes, from its own beginning: every family of curveTracks.ts, weighted by its evidence.
 *
 * Points must be finite, with positive ascending steps; fewer than four refuse. Shapes that have settled before the
 * cutoff, or whose link the values do not allow, are left out; the answer is refused when none is left.
 */
import { DomainError, RefusedError } from "../../../core/index.ts";
import { normalCdf, normalPdf } from "../../stats/distributions.ts";
import { median, sorted } from "../../stats/moments.ts";
import { CURVE_TRACKS, type CurveTrack } from "./curveTracks.ts";
import { preparedPosterior, preparePrior, type ShapePrior, whitenedShapeSums } from "./shapeEvidence.ts";

export interface CurvePoints {
  readonly steps: readonly number[];
  readonly values: readonly number[];
  /** Standard deviation of each point's noise, up to one common factor that is inferred. */
  readonly scales: readonly number[];
}

export interface CurveQuestion {
  readonly points: CurvePoints;
  /** Curves are described by their values here and at the target. */
  readonly cutoff: number;
  readonly targetStep: number;
  /** What is believed of value(target) − value(cutoff) before the curve is seen. */
  readonly gain: { readonly mean: number; readonly sd: number };
  /** The noise at scale 1 is at least this: what other runs or standard errors say where a series does not move. */
  readonly leastNoise?: number;
  /** Value that curves with a finite start begin near, e.g. chance level. */
  readonly start?: number;
  readonly range?: readonly [number | null, number | null];
}

/** A mixture of normals for the value that would be measured at the target. */
export interface CurvePosterior {
  readonly components: readonly { readonly weight: number; readonly mean: number; readonly sd: number }[];
  readonly mean: number;
  readonly sd: number;
  /** Share of the weight by family. */
  readonly families: Readonly<Record<string, number>>;
  /** Posterior mean of the noise's standard deviation at scale 1. */
  readonly noise: number;
}

/** Correlation of neighbouring points' noise, each with the same prior weight. */
const CORRELATIONS = [0, 0.5, 0.85];
/** Values of a family's parameter, equal in ln θ, before the neighbourhood of the best is filled in. */
const COARSE = 7;
/** Times that the spacing around the best value is halved. */
const HALVINGS = 3;
/** Levels of noise, equal in ln from a third of what neighbouring points suggest to three times that, or half the spread. */
const NOISE_LEVELS = 6;

/**
 * For each family, value of its parameter, noise level and correlation, the posterior of the two ends is that of a Bayesian
 * straight line; its marginal likelihood is the component's weight. Linear parameters are integrated exactly; a family's
 * parameter by a grid in ln θ (prior weight its share of the range) that is refined around its best value. Curves outside
 * the measure's range at the target are given their share of prior and posterior mass inside. Families have equal prior weight.
 */
export function curvePosterior(question: CurveQuestion): CurvePosterior {
  const { points, range = [null, null] } = question;
  requirePoints(points);
  const setup = setupOf(question);
  const parts: Parts = { list: [], top: Number.NEGATIVE_INFINITY };
  for (const { track, weight } of WEIGHTED_TRACKS) addTrack(parts, track, weight, question, setup);
  const { list, top } = parts;
  if (!Number.isFinite(top)) throw new RefusedError("Learning curves", "no shape can be continued from these points");
  const components: { weight: number; mean: number; sd: number }[] = [];
  const families: Record<string, number> = {};
  let [total, first, second, noise] = [0, 0, 0, 0];
  for (const part of list) {
    if (!(part.logWeight > top - LEAST)) continue;
    const weight = Math.exp(part.logWeight - top);
    const component = inRange(part, weight, range);
    components.push(component);
    total += weight;
    first += weight * (component.mean - setup.last);
    second += weight * (component.sd ** 2 + (component.mean - setup.last) ** 2);
    noise += weight * part.noise;
    families[part.family] = (families[part.family] ?? 0) + weight;
  }
  for (const component of components) component.weight /= total;
  for (const family of Object.keys(families)) families[family] /= total;
  const shift = first / total;
  return {
    components,
    mean: setup.last + shift,
    sd: Math.sqrt(Math.max(0, second / total - shift * shift)),
    families,
    noise: noise / total,
  };
}

/** Parts lighter than e⁻⁷ of the heaviest are dropped. */
const LEAST = 7;

interface Parts {
  readonly list: Part[];
  top: number;
}

interface Part {
  readonly family: string;
  readonly logWeight: number;
  /** Of the curve at the target, in the units of the values. */
  readonly mean: number;
  readonly sd: number;
  readonly noise: number;
}

interface Setup {
  readonly last: number;
  readonly spread: number;
  readonly noise: number;
  readonly levels: readonly number[];
}

function setupOf({ points: { values, scales, steps }, leastNoise = 0 }: CurveQuestion): Setup {
  const ascending = sorted(values);
  const spread = ascending[ascending.length - 1] - ascending[0];
  const size = Math.max(Math.abs(ascending[0]), Math.abs(ascending[ascending.length - 1]));
  const floor = Math.max(leastNoise, 1e-3 * spread, 1e-9 * size, 1e-150);
  const noise = Math.max(neighbourNoise(steps, values, scales), floor);
  const [low, high] = [Math.max(noise / 3, leastNoise), Math.max(3 * noise, spread / 2)];
  const levels = Array.from({ length: NOISE_LEVELS }, (_, i) => low * (high / low) ** (i / (NOISE_LEVELS - 1)));
  return { last: values[values.length - 1], spread, noise, levels };
}

/** Standard deviation of the noise at scale 1, from how far inner points lie off the line through their neighbours in ln(step); 0 below three points. */
export function neighbourNoise(steps: readonly number[], values: readonly number[], scales: readonly number[]): number {
  const squares: number[] = [];
  for (let i = 1; i + 1 < steps.length; i++) {
    const share = Math.log(steps[i] / steps[i - 1]) / Math.log(steps[i + 1] / steps[i - 1]);
    const miss = values[i] - (1 - share) * values[i - 1] - share * values[i + 1];
    const variance = scales[i] ** 2 + ((1 - share) * scales[i - 1]) ** 2 + (share * scales[i + 1]) ** 2;
    squares.push((miss * miss) / variance);
  }
  if (squares.length === 0) return 0;
  // The median of a squared standard normal is .4549.
  return Math.sqrt(median(squares) / 0.4549);
}

/** Families share the prior weight equally, and a family's tracks its own. */
const WEIGHTED_TRACKS = CURVE_TRACKS.map((track) => {
  const families = new Set(CURVE_TRACKS.map(({ family }) => family)).size;
  const own = CURVE_TRACKS.filter(({ family }) => family === track.family).length;
  return { track, weight: 1 / (families * own) };
});

const LINKS = {
  identity: { to: (y: number) => y, from: (u: number) => u, slope: () => 1, isAllowed: () => true },
  log: { to: Math.log, from: Math.exp, slope: (y: number) => 1 / y, isAllowed: (y: number) => y > 0 },
  exp: { to: Math.exp, from: Math.log, slope: Math.exp, isAllowed: (y: number) => Math.abs(y) < 20 },
};

/** One value of a track's parameter, with its parts for every noise level and correlation. */
interface Node {
  readonly logTheta: number;
  readonly evidence: number;
  readonly parts: readonly Part[];
}

/** Adds the parts of one track: a coarse grid of its parameter, then finer around the best; each node weighs its cell. */
function addTrack(parts: Parts, track: CurveTrack, weight: number, question: CurveQuestion, setup: Setup): void {
  const least = parts.top - LEAST - Math.log(weight);
  if (track.range === undefined) {
    addNodes(parts, [{ node: nodeOf(track, 0, question, setup, least), share: weight }]);
    return;
  }
  const [low, high] = track.range.map(Math.log);
  let spacing = (high - low) / (COARSE - 1);
  const nodes = Array.from({ length: COARSE }, (_, i) => nodeOf(track, low + i * spacing, question, setup, least));
  for (let halving = 0; halving < HALVINGS; halving++) {
    let best = 0;
    for (let i = 1; i < nodes.length; i++) if (nodes[i].evidence > nodes[best].evidence) best = i;
    spacing /= 2;
    const centre = nodes[best].logTheta;
    if (best < nodes.length - 1) nodes.splice(best + 1, 0, nodeOf(track, centre + spacing, question, setup, least));
    if (best > 0) nodes.splice(best, 0, nodeOf(track, centre - spacing, question, setup, least));
  }
  const edge = (i: number) => {
    if (i === 0) return low;
    return i === nodes.length ? high : (nodes[i - 1].logTheta + nodes[i].logTheta) / 2;
  };
  addNodes(
    parts,
    nodes.map((node, i) => ({ node, share: (weight * (edge(i + 1) - edge(i))) / (high - low) })),
  );
}

function addNodes(parts: Parts, nodes: readonly { readonly node: Node; readonly share: number }[]): void {
  for (const { node, share } of nodes)
    for (const part of node.parts) {
      const logWeight = part.logWeight + Math.log(share);
      if (!(logWeight > parts.top - LEAST)) continue;
      parts.list.push({ ...part, logWeight });
      parts.top = Math.max(parts.top, logWeight);
    }
}

/** Parts lighter than `least` are not made; a node without any has evidence −∞ or what its lightest would have. */
function nodeOf(track: CurveTrack, logTheta: number, question: CurveQuestion, setup: Setup, least: number): Node {
  const none = { logTheta, evidence: Number.NEGATIVE_INFINITY, parts: [] };
  const { points, cutoff, targetStep, gain, start, range } = question;
  const { to, from, slope, isAllowed } = LINKS[track.link];
  const goal = setup.last + gain.mean;
  if (!points.values.every(isAllowed) || !isAllowed(goal)) return none;
  const theta = Math.exp(logTheta);
  const g0 = track.g(cutoff, theta, targetStep);
  const span = track.g(targetStep, theta, targetStep) - g0;
  // A curve that has settled before the cutoff cannot be extrapolated: its other end would decide everything.
  if (!(Math.abs(span) >= 1e-3 * Math.abs(track.g(cutoff / 10, theta, targetStep) - g0))) return none;
  const n = points.steps.length;
  const [w, y, scales] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  const offset = to(setup.last);
  let logJacobian = 0;
  for (let i = 0; i < n; i++) {
    const rate = slope(points.values[i]);
    w[i] = (track.g(points.steps[i], theta, targetStep) - g0) / span;
    y[i] = to(points.values[i]) - offset;
    scales[i] = points.scales[i] * rate;
    if (track.link !== "identity") logJacobian += Math.log(rate);
  }
  const [unit, rate] = [slope(setup.last), slope(goal)];
  const free = priorOf(to(goal) - offset, gain.sd * rate, 3 * unit * (setup.spread + setup.noise), setup.noise * unit);
  const begins = track.start?.(theta);
  const prior =
    start === undefined || begins === undefined
      ? free
      : startingAt(free, (begins - g0) / span, start - setup.last, 0.25 * setup.spread + setup.noise);
  const before = { mean: from(prior.mean[1] + offset), sd: Math.sqrt(prior.covariance[2]) / rate };
  const base = logJacobian - Math.log(CORRELATIONS.length * NOISE_LEVELS) - logMassInRange(before, range);
  const prepared = preparePrior(prior);
  const parts: Part[] = [];
  let evidence = Number.NEGATIVE_INFINITY;
  for (const correlation of CORRELATIONS) {
    const sums = whitenedShapeSums({ w, y, scales, correlation });
    for (const noise of setup.levels) {
      const { end, endVariance, logEvidence } = preparedPosterior(sums, prepared, noise * noise);
      const most = base + logEvidence + sums.logScale;
      evidence = Math.max(evidence, most);
      if (!(most > least)) continue;
      const mean = from(end + offset);
      if (!Number.isFinite(mean)) continue;
      const sd = Math.sqrt(endVariance) / Math.abs(slope(mean));
      parts.push({ family: track.family, mean, sd, noise, logWeight: most + logMassInRange({ mean, sd }, range) });
    }
  }
  return { logTheta, evidence, parts };
}

/** v₀ is vague; v₁ − v₀ is what is believed of the gain. Offsets are from the last value, in the link's units. */
function priorOf(gainMean: number, gainSd: number, vague: number, noise: number): ShapePrior {
  const gainVariance = gainSd * gainSd + 1e-4 * noise * noise;
  const v0 = vague * vague;
  return { mean: [0, gainMean], covariance: [v0, v0, v0 + gainVariance], noiseVariance: 1 };
}

/** The prior once it is known that the curve's value at coordinate w is `value` ± `sd`. */
function startingAt({ mean, covariance, noiseVariance }: ShapePrior, w: number, value: number, sd: number): ShapePrior {
  const [a, b] = [1 - w, w];
  const [c00, c01, c11] = covariance;
  const [k0, k1] = [a * c00 + b * c01, a * c01 + b * c11];
  const variance = a * k0 + b * k1 + sd * sd;
  const miss = (value - a * mean[0] - b * mean[1]) / variance;
  const jitter = 1e-12 * (c00 + c11);
  return {
    mean: [mean[0] + k0 * miss, mean[1] + k1 * miss],
    covariance: [c00 - (k0 * k0) / variance + jitter, c01 - (k0 * k1) / variance, c11 - (k1 * k1) / variance + jitter],
    noiseVariance,
  };
}

type Bounds = CurveQuestion["range"];

function logMassInRange({ mean, sd }: { mean: number; sd: number }, range: Bounds): number {
  const { below, above } = outside(mean, sd, range);
  return below === 0 && above === 0 ? 0 : Math.log(Math.max(1 - below - above, 1e-300));
}

function outside(mean: number, sd: number, [low, high]: NonNullable<Bounds> = [null, null]) {
  const isNear = (bound: number) => Math.abs(bound - mean) < 8 * sd;
  const at = (z: number) => (sd > 0 ? normalCdf(z) : Number(z > 0));
  return {
    below: low === null || (low < mean && !isNear(low)) ? 0 : at((low - mean) / sd),
    above: high === null || (high > mean && !isNear(high)) ? 0 : at((mean - high) / sd),
  };
}

/** Mean and sd of the curve's value given that it is in range, with the measurement's noise added. */
function inRange({ mean, sd, noise }: Part, weight: number, range: Bounds) {
  const [low, high] = range ?? [null, null];
  const { below, above } = outside(mean, sd, range);
  const mass = 1 - below - above;
  if (!(mass < 1 - 1e-9) || !(sd > 0)) return { weight, mean, sd: Math.sqrt(sd * sd + noise * noise) };
  if (!(mass > 1e-12)) {
    const nearest = Math.min(high ?? Number.POSITIVE_INFINITY, Math.max(low ?? Number.NEGATIVE_INFINITY, mean));
    return { weight, mean: nearest, sd: noise };
  }
  // Moments of a truncated normal (Johnson, Kotz & Balakrishnan 1994, §10.1).
  const [a, b] = [low === null ? -40 : (low - mean) / sd, high === null ? 40 : (high - mean) / sd];
  const [pa, pb] = [normalPdf(a), normalPdf(b)];
  const shift = (pa - pb) / mass;
  const variance = 1 + (a * pa - b * pb) / mass - shift * shift;
  return { weight, mean: mean + sd * shift, sd: Math.sqrt(sd * sd * Math.max(0, variance) + noise * noise) };
}

function requirePoints({ steps, values, scales }: CurvePoints): void {
  if (steps.length < 4)
    throw new RefusedError("Learning curves", `${steps.length} points are too few to continue a curve; 4 are needed`);
  for (let i = 0; i < steps.length; i++)
    if (!(steps[i] > 0) || !(i === 0 || steps[i] > steps[i - 1]) || !Number.isFinite(values[i]) || !(scales[i] > 0))
      throw new DomainError(
        "curvePosterior: points",
        "positive ascending steps, finite values and positive scales",
        `${values[i]} ± ${scales[i]} at step ${steps[i]}`,
      );
}
