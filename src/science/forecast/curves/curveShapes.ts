/**
 * @file Shapes of learning curves: y(step) = a + b·g(step), one g for each family and each value of its own parameters.
 *
 * The families of curveTracks.ts that are linear in y, at fixed values of their parameter. a and b are free, so each covers
 * rising and falling curves. Steps are positive.
 */
import { CURVE_TRACKS, type CurveTrack } from "./curveTracks.ts";

export interface CurveShape {
  readonly family: CurveTrack["family"];
  readonly label: string;
  g(step: number): number;
}

const FAMILIES: readonly CurveTrack["family"][] = ["power", "inverse log", "janoschek", "mmf"];
const POWERS = [0.05, 0.15, 0.3, 0.5, 0.8, 1.2, 2];

/** All shapes for a curve that ends at `lastStep`; time scales run from 2% to three times of it. */
export function curveShapes(lastStep: number): CurveShape[] {
  return CURVE_TRACKS.filter(({ family }) => FAMILIES.includes(family)).flatMap((track) =>
    gridOf(track).map((theta) => ({
      family: track.family,
      label: labelOf(track, theta, lastStep),
      g: (step) => track.g(step, theta, lastStep),
    })),
  );
}

function gridOf({ family, range }: CurveTrack): readonly number[] {
  if (range === undefined) return [1];
  if (family === "power") return POWERS;
  return Array.from({ length: 8 }, (_, i) => range[0] * (range[1] / range[0]) ** (i / 7));
}

function labelOf({ family, label, range }: CurveTrack, theta: number, lastStep: number): string {
  if (range === undefined) return label;
  return family === "power" ? `power ${theta}` : `${label} at ${Math.round(theta * lastStep)}`;
}
