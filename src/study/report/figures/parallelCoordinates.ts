/**
 * @file Every candidate as a line through all searched factors: what those that passed have in common.
 */
import type { Space } from "../../../core/index.ts";
import type { CandidateRow } from "../../results.ts";
import { type Html, svg } from "../html.ts";
import { frame, plotArea } from "../svg/frame.ts";
import { polyline } from "../svg/marks.ts";
import { factorScale } from "./factorScale.ts";
import { type CandidateFate, fateOf } from "./searchPlane.ts";

const WIDTH = 720;
const HEIGHT = 268;
export const FATE_LINES: Readonly<Record<CandidateFate, string>> = {
  pass: "line s3",
  fail: "pale s2",
  stopped: "pale sf dash",
};

export function parallelCoordinates({
  id,
  space,
  candidates,
}: {
  id: string;
  space: Space;
  candidates: readonly CandidateRow[];
}): Html {
  const names = Object.keys(space);
  const area = plotArea(WIDTH, HEIGHT, { top: 46, right: 64, bottom: 14, left: 64 });
  const axes = names.map((name, i) => ({
    name,
    scale: factorScale(space[name]),
    x:
      names.length === 1
        ? (area.left + area.right) / 2
        : area.left + (i / (names.length - 1)) * (area.right - area.left),
  }));
  const y = (share: number): number => area.bottom - share * (area.bottom - area.top);
  const order: CandidateFate[] = ["stopped", "fail", "pass"];
  const sorted = [...candidates].sort((a, b) => order.indexOf(fateOf(a)) - order.indexOf(fateOf(b)));
  return frame(
    {
      id,
      title: "Candidates over all searched factors",
      desc: `Factors: ${names.join(", ")}. ${candidates.filter(({ pass }) => pass).length} of ${candidates.length} candidates passed.`,
      width: WIDTH,
      height: HEIGHT,
    },
    svg`${sorted.map((candidate) =>
      polyline(
        axes.map(({ name, scale, x }) => {
          const place = scale.place(candidate.set[name]);
          return [x, place === undefined ? null : y(place)] as const;
        }),
        FATE_LINES[fateOf(candidate)],
      ),
    )}${axes.map(({ name, scale, x }, i) => {
      const [group, short] = splitPath(name);
      return svg`<line class="base" x1="${x}" x2="${x}" y1="${area.top}" y2="${area.bottom}"/><text class="small" x="${x}" y="12" text-anchor="middle">${group}</text><text class="strong" x="${x}" y="${i % 2 && names.length > 6 ? 38 : 26}" text-anchor="middle">${short}</text>${scale.ticks.map(
        ({ at, label }) =>
          svg`<line class="base" x1="${x - 3}" x2="${x}" y1="${y(at)}" y2="${y(at)}"/><text class="small halo" x="${x - 6}" y="${y(at) + 3.5}" text-anchor="end">${label}</text>`,
      )}`;
    })}`,
  );
}

function splitPath(name: string): [string, string] {
  const dot = name.indexOf(".");
  return dot < 0 ? ["", name] : [name.slice(0, dot), name.slice(dot + 1)];
}
