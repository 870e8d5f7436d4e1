/**
 * @file Shapes of learning curves: y(step) = a + b·g(step), one g for each family and each value of its own parameters.
 *
 * Families after the curve library of LC-PFN (Adriaensen et al., NeurIPS 2023): power law, inverse logarithm, Janoschek
 * (Weibull; exponential at power 1) and MMF (Hill; logistic in ln step). a and b are free, so each covers rising and
 * falling curves. Steps are positive.
 */
export interface CurveShape {
  readonly family: "power" | "inverse log" | "janoschek" | "mmf";
  readonly label: string;
  g(step: number): number;
}

const POWERS = [0.05, 0.15, 0.3, 0.5, 0.8, 1.2, 2];
const SHARPNESS = { janoschek: [0.5, 1, 2], mmf: [1, 2, 4] };

/** All shapes for a curve that ends at `lastStep`; time scales run from 2% to three times of it. */
export function curveShapes(lastStep: number): CurveShape[] {
  const scales = Array.from({ length: 8 }, (_, i) => lastStep * 0.02 * 150 ** (i / 7));
  const power = POWERS.map(
    (alpha): CurveShape => ({ family: "power", label: `power ${alpha}`, g: (step) => (step / lastStep) ** -alpha }),
  );
  const inverseLog: CurveShape = { family: "inverse log", label: "inverse log", g: (step) => 1 / Math.log(step + 1) };
  const janoschek = SHARPNESS.janoschek.flatMap((delta) =>
    scales.map(
      (scale): CurveShape => ({
        family: "janoschek",
        label: `janoschek ${delta} at ${Math.round(scale)}`,
        g: (step) => Math.exp(-((step / scale) ** delta)),
      }),
    ),
  );
  const mmf = SHARPNESS.mmf.flatMap((delta) =>
    scales.map(
      (scale): CurveShape => ({
        family: "mmf",
        label: `mmf ${delta} at ${Math.round(scale)}`,
        g: (step) => 1 / (1 + (step / scale) ** delta),
      }),
    ),
  );
  return [...power, inverseLog, ...janoschek, ...mmf];
}
