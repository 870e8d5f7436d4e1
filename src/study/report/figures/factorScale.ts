/**
 * @file Places the values of one searched factor on an axis: linear, log with a place for exact 0, or choices.
 *
 * A value outside the stated range is held at its edge; one that is not of the factor's kind has no place (undefined).
 */
import { scaleLinear, scaleLog } from "d3-scale";
import type { Json, Space } from "../../../core/index.ts";
import { formatJson, formatShort } from "../format.ts";
import type { Tick } from "../svg/scale.ts";

export interface FactorScale {
  /** Position in [0, 1]. */
  readonly place: (value: Json | undefined) => number | undefined;
  readonly ticks: readonly Tick[];
}

const ZERO_GAP = 0.12;

export function factorScale(spec: Space[string]): FactorScale {
  if (spec.kind === "choice") {
    const keys = spec.values.map((value) => JSON.stringify(value));
    const at = (i: number): number => (keys.length === 1 ? 0.5 : 0.06 + (0.88 * i) / (keys.length - 1));
    return {
      place: (value) => {
        const i = keys.indexOf(JSON.stringify(value));
        return i < 0 ? undefined : at(i);
      },
      ticks: spec.values.map((value, i) => ({ at: at(i), label: formatJson(value) })),
    };
  }
  const { low, high } = spec;
  const hasZero = spec.kind === "log" && (spec.zeroShare ?? 0) > 0;
  const start = hasZero ? ZERO_GAP : 0;
  const scale = spec.kind === "log" ? scaleLog([low, high], [start, 1]) : scaleLinear([low, high], [0, 1]);
  const ends = [low, high].map((value) => ({ at: scale(value), label: formatShort(value) }));
  const middle =
    spec.kind === "log"
      ? scaleLog([low, high], [start, 1])
          .ticks()
          .filter((value) => Number.isInteger(Math.log10(value) + 1e-12) || Math.abs(Math.log10(value) % 1) < 1e-9)
      : scaleLinear([low, high], [0, 1]).ticks(3);
  const inner = middle
    .map((value) => ({ at: scale(value), label: formatShort(value) }))
    .filter(({ at }) => at > start + 0.16 && at < 0.84);
  return {
    place: (value) => {
      if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
      if (hasZero && value === 0) return 0;
      return Math.min(1, Math.max(start, scale(Math.min(high, Math.max(low, value)))));
    },
    ticks: hasZero ? [{ at: 0, label: "0" }, ...ends, ...inner] : [...ends, ...inner],
  };
}
