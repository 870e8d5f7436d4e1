/**
 * @file Shapes of learning curves: link(y) = a + b·g(step), one g for each family and each value of its own parameters.
 *
 * Families after the curve library of LC-PFN (Adriaensen et al., NeurIPS 2023). a and b are free, so each covers rising and
 * falling curves. Steps are positive. With free a and b several names of that library are one family:
 * power = pow3; shifted power = pow4; inverse log = ilog2; janoschek = weibull = exp4 (exponential at power 1);
 * mmf = hill = log_power with their lower end free (logistic in ln step); vap and loglog have links of their own.
 */
export type CurveFamilyName = "power" | "inverse log" | "janoschek" | "mmf" | "shifted power" | "vap" | "loglog";

export interface CurveShape {
  readonly family: CurveFamilyName;
  readonly label: string;
  /** What is linear in a and b: y itself, ln y (positive curves) or e^y. */
  readonly link: "identity" | "log" | "exp";
  g(step: number): number;
  /** g at step 0, where it is finite: what the curve starts from. */
  readonly start?: number;
}

const POWERS = [0.05, 0.15, 0.3, 0.5, 0.8, 1.2, 2];
const SHARPNESS = { janoschek: [0.5, 1, 2], mmf: [1, 2, 4] };
/** Of the shifted power law: where it begins, as a share of the last step, and its power. */
const SHIFTS = [0.02, 0.1, 0.4];
const SHIFTED_POWERS = [0.5, 1.2, 3];
/** Of vap: the weight of 1/step beside ln(step), as a share of the last step. */
const BENDS = [0, 0.01, 0.05, 0.2];

const COHORT_FAMILIES: readonly CurveFamilyName[] = ["power", "inverse log", "janoschek", "mmf"];
export const ALL_CURVE_FAMILIES: readonly CurveFamilyName[] = [...COHORT_FAMILIES, "shifted power", "vap", "loglog"];

/** The shapes of some families for a curve that ends at `lastStep`; time scales run from 2% to three times of it. */
export function curveShapes(lastStep: number, families: readonly CurveFamilyName[] = COHORT_FAMILIES): CurveShape[] {
  return families.flatMap((family) => shapesOf[family](lastStep));
}

const shapesOf: Readonly<Record<CurveFamilyName, (lastStep: number) => CurveShape[]>> = {
  power: (lastStep) =>
    POWERS.map((alpha) => ({
      family: "power",
      label: `power ${alpha}`,
      link: "identity",
      g: (step) => (step / lastStep) ** -alpha,
    })),
  "inverse log": () => [
    { family: "inverse log", label: "inverse log", link: "identity", g: (step) => 1 / Math.log(step + 1) },
  ],
  janoschek: (lastStep) =>
    SHARPNESS.janoschek.flatMap((delta) =>
      timeScales(lastStep).map((scale) => ({
        family: "janoschek",
        label: `janoschek ${delta} at ${Math.round(scale)}`,
        link: "identity",
        g: (step) => Math.exp(-((step / scale) ** delta)),
        start: 1,
      })),
    ),
  mmf: (lastStep) =>
    SHARPNESS.mmf.flatMap((delta) =>
      timeScales(lastStep).map((scale) => ({
        family: "mmf",
        label: `mmf ${delta} at ${Math.round(scale)}`,
        link: "identity",
        g: (step) => 1 / (1 + (step / scale) ** delta),
        start: 1,
      })),
    ),
  "shifted power": (lastStep) =>
    SHIFTS.flatMap((shift) =>
      SHIFTED_POWERS.map((alpha) => ({
        family: "shifted power",
        label: `power ${alpha} from ${-shift} of the end`,
        link: "identity",
        g: (step) => (step / lastStep + shift) ** -alpha,
        start: shift ** -alpha,
      })),
    ),
  vap: (lastStep) =>
    BENDS.map((bend) => ({
      family: "vap",
      label: `vap ${bend}`,
      link: "log",
      g: (step) => Math.log(step / lastStep) + (bend * lastStep) / step,
    })),
  loglog: () => [{ family: "loglog", label: "loglog", link: "exp", g: Math.log }],
};

function timeScales(lastStep: number): number[] {
  return Array.from({ length: 8 }, (_, i) => lastStep * 0.02 * 150 ** (i / 7));
}
