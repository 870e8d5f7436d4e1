/**
 * @file Candidates in the plane of two factors: pass, fail and stopped have shapes of their own.
 */
import type { Json, Space } from "../../../core/index.ts";
import type { CandidateRow } from "../../results.ts";
import { type Html, svg } from "../html.ts";
import { frame, plotArea } from "../svg/frame.ts";
import { mark, type Shape } from "../svg/marks.ts";
import { factorScale } from "./factorScale.ts";

export type CandidateFate = "pass" | "fail" | "stopped";
export const FATE_MARKS: Readonly<Record<CandidateFate, { shape: Shape; classes: string; label: string }>> = {
  pass: { shape: "circle", classes: "f3 dot", label: "meets every requirement" },
  fail: { shape: "square", classes: "hollow s2", label: "trained to the end, misses a requirement" },
  stopped: { shape: "cross", classes: "sf", label: "stopped early as hopeless" },
};

export function fateOf({ pass, stoppedAt }: CandidateRow): CandidateFate {
  return pass ? "pass" : stoppedAt === undefined || stoppedAt === null ? "fail" : "stopped";
}

const WIDTH = 720;
const HEIGHT = 380;

export interface SearchPlaneOptions {
  readonly id: string;
  readonly space: Space;
  readonly factors: readonly [string, string];
  readonly candidates: readonly CandidateRow[];
  /** Ringed and named. */
  readonly ringed: { readonly set: Readonly<Record<string, Json>>; readonly label: string };
}

export function searchPlane({ id, space, factors: [xName, yName], candidates, ringed }: SearchPlaneOptions): Html {
  const area = plotArea(WIDTH, HEIGHT, { top: 34, right: 24, bottom: 44, left: 60 });
  const [xFactor, yFactor] = [factorScale(space[xName]), factorScale(space[yName])];
  const x = (share: number): number => area.left + 14 + share * (area.right - area.left - 28);
  const y = (share: number): number => area.bottom - 12 - share * (area.bottom - area.top - 24);
  const order: CandidateFate[] = ["stopped", "fail", "pass"];
  const sorted = [...candidates].sort((a, b) => order.indexOf(fateOf(a)) - order.indexOf(fateOf(b)));
  const counts = order.map(
    (fate) => `${candidates.filter((candidate) => fateOf(candidate) === fate).length} ${FATE_MARKS[fate].label}`,
  );
  const [cx, cy] = [xFactor.place(ringed.set[xName]), yFactor.place(ringed.set[yName])];
  return frame(
    {
      id,
      title: `Candidates in the plane of ${xName} and ${yName}`,
      desc: `${candidates.length} candidates: ${counts.join(", ")}.`,
      width: WIDTH,
      height: HEIGHT,
    },
    svg`<text class="axis-title" x="0" y="14">${yName}</text><text class="axis-title" x="${area.right}" y="${area.bottom + 36}" text-anchor="end">${xName}</text>${xFactor.ticks.map(
      ({ at, label }) =>
        svg`<line class="grid" x1="${x(at)}" x2="${x(at)}" y1="${area.top}" y2="${area.bottom}"/><text x="${x(at)}" y="${area.bottom + 17}" text-anchor="middle">${label}</text>`,
    )}${yFactor.ticks.map(
      ({ at, label }) =>
        svg`<line class="grid" x1="${area.left}" x2="${area.right}" y1="${y(at)}" y2="${y(at)}"/><text x="${area.left - 8}" y="${y(at) + 4}" text-anchor="end">${label}</text>`,
    )}<line class="base" x1="${area.left}" x2="${area.right}" y1="${area.bottom}" y2="${area.bottom}"/>${
      cx !== undefined &&
      cy !== undefined &&
      svg`<circle class="open s0 line" cx="${x(cx)}" cy="${y(cy)}" r="11"/><text class="name halo" x="${x(cx) + (cx > 0.8 ? -17 : 17)}" y="${y(cy) + 4}" text-anchor="${cx > 0.8 ? "end" : "start"}">${ringed.label}</text>`
    }${sorted.map((candidate) => {
      const [px, py] = [xFactor.place(candidate.set[xName]), yFactor.place(candidate.set[yName])];
      if (px === undefined || py === undefined) return "";
      const { shape, classes } = FATE_MARKS[fateOf(candidate)];
      return svg`<g><title>${`candidate ${candidate.index} (${candidate.origin}): ${candidate.reason}`}</title>${mark(shape, x(px), y(py), candidate.pass ? 5.2 : 4.2, classes)}</g>`;
    })}`,
  );
}

export interface TellingFactors {
  readonly factors: readonly [string, string];
  /** How they were picked, for the caption. */
  readonly why: string;
}

/**
 * The two factors whose mean places on the axis differ most between candidates that passed and the others; when none or
 * all passed, between those trained to the end and those stopped; when that too is one group, the first two.
 */
export function tellingFactors(space: Space, candidates: readonly CandidateRow[]): TellingFactors | undefined {
  const names = Object.keys(space);
  if (names.length < 2) return undefined;
  const splits = [
    { isIn: (fate: CandidateFate) => fate === "pass", why: "candidates that passed differ most from the others" },
    {
      isIn: (fate: CandidateFate) => fate !== "stopped",
      why: "candidates that were stopped differ most from the others",
    },
  ];
  for (const { isIn, why } of splits) {
    const inside = candidates.filter((candidate) => isIn(fateOf(candidate)));
    const outside = candidates.filter((candidate) => !isIn(fateOf(candidate)));
    if (inside.length === 0 || outside.length === 0) continue;
    const [first, second] = names
      .map((name, i) => ({
        name,
        i,
        size: Math.abs(meanPlace(space[name], name, inside) - meanPlace(space[name], name, outside)) || 0,
      }))
      .sort((a, b) => b.size - a.size || a.i - b.i);
    return {
      factors: [first.name, second.name],
      why: `the two factors in which ${why} (difference of mean place on the axis)`,
    };
  }
  return { factors: [names[0], names[1]], why: "the first two factors of the space" };
}

function meanPlace(spec: Space[string], name: string, candidates: readonly CandidateRow[]): number {
  const { place } = factorScale(spec);
  const places = candidates.flatMap(({ set }) => place(set[name]) ?? []);
  return places.length === 0 ? Number.NaN : places.reduce((sum, value) => sum + value, 0) / places.length;
}
