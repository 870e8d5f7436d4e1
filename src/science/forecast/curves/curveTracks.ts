/**
 * @file Learning-curve families with a continuous parameter: link(y) = a + b·g(step; θ), for fits that search θ.
 *
 * Families after the curve library of LC-PFN (Adriaensen et al., NeurIPS 2023), eleven names for seven families once a and b
 * are free: power = pow3; shifted power = pow4; inverse log = ilog2; janoschek = weibull = exp4; mmf = hill = log_power with
 * their lower end free (logistic in ln step); vap and loglog have links of their own. Steps are positive.
 */
export interface CurveTrack {
  readonly family: "power" | "inverse log" | "janoschek" | "mmf" | "shifted power" | "vap" | "loglog";
  /** With the family's fixed powers, e.g. "janoschek 0.5". */
  readonly label: string;
  /** What is linear in a and b: y itself, ln y (positive curves) or e^y. */
  readonly link: "identity" | "log" | "exp";
  /** Ends of θ, both positive, searched in ln θ; absent: the family has no parameter. */
  readonly range?: readonly [number, number];
  /** `step` and `lastStep` in updates. */
  g(step: number, theta: number, lastStep: number): number;
  /** g at step 0, where it is finite: what the curve starts from. */
  start?(theta: number): number;
}

/** Time scales, as shares of the last step: from curves that settled long ago to ones that have hardly begun. */
const TIME_SCALES = [0.02, 3] as const;

/**
 * power c − a·x^(−θ); inverse log c − a/ln(x + 1); janoschek c − a·e^(−(x/θ)^δ); mmf c − a/(1 + (x/θ)^δ); shifted power
 * c − a·(x + θ)^(−α); vap e^(a + c(ln x + θ/x)); loglog ln(a·ln x + b). θ is a share of the last step but for power's exponent.
 */
export const CURVE_TRACKS: readonly CurveTrack[] = [
  {
    family: "power",
    label: "power",
    link: "identity",
    range: [0.05, 2],
    g: (step, theta, last) => (step / last) ** -theta,
  },
  { family: "inverse log", label: "inverse log", link: "identity", g: (step) => 1 / Math.log(step + 1) },
  ...[0.5, 1, 2].map(
    (delta): CurveTrack => ({
      family: "janoschek",
      label: `janoschek ${delta}`,
      link: "identity",
      range: TIME_SCALES,
      g: (step, theta, last) => Math.exp(-((step / (theta * last)) ** delta)),
      start: () => 1,
    }),
  ),
  ...[1, 2, 4].map(
    (delta): CurveTrack => ({
      family: "mmf",
      label: `mmf ${delta}`,
      link: "identity",
      range: TIME_SCALES,
      g: (step, theta, last) => 1 / (1 + (step / (theta * last)) ** delta),
      start: () => 1,
    }),
  ),
  ...[0.5, 1.2, 3].map(
    (alpha): CurveTrack => ({
      family: "shifted power",
      label: `shifted power ${alpha}`,
      link: "identity",
      range: [0.02, 1],
      g: (step, theta, last) => (step / last + theta) ** -alpha,
      start: (theta) => theta ** -alpha,
    }),
  ),
  {
    family: "vap",
    label: "vap",
    link: "log",
    range: [0.001, 0.3],
    g: (step, theta, last) => Math.log(step / last) + (theta * last) / step,
  },
  { family: "loglog", label: "loglog", link: "exp", g: Math.log },
];
