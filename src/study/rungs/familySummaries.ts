/**
 * @file What a family of contrasts says as a whole: where a window works best and whether it closes, whether the effect
 * follows the dose.
 */
import { formatNumber, Rng } from "../../core/index.ts";
import { doseTrend, peakMinusLast, peakPosition } from "../../science/index.ts";
import type { Contrast, ContrastFamily } from "../results.ts";

export function familySummaries(
  kind: ContrastFamily["kind"],
  contrasts: readonly Contrast[],
): Pick<ContrastFamily, "summaries" | "notes"> {
  const ordered = [...contrasts].sort((a, b) => a.x - b.x);
  const x = ordered.map((contrast) => contrast.x);
  const differences = ordered[0].pairs.map((_, seed) =>
    ordered.map(({ pairs }) => pairs[seed].treated - pairs[seed].control),
  );
  const input = { x, differences, rng: Rng.of("family", kind) };
  if (kind === "dose") {
    const { estimate, p } = doseTrend(input);
    return { summaries: [{ label: "rank correlation of dose and effect within a seed", estimate, p }], notes: [] };
  }
  const closing = peakMinusLast(input);
  return {
    summaries: [
      { label: "window start with the largest effect", estimate: peakPosition(input) },
      { label: "effect at the best start minus effect at the last start", ...closing },
    ],
    notes: [
      `The best start was picked by looking at these same effects, so the drop from it to the last start (${formatNumber(closing.estimate.value)}) is flattered a little.`,
    ],
  };
}
