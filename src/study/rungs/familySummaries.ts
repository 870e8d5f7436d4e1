/**
 * @file What a family of contrasts says as a whole: where a window works best and whether it opens and closes, whether the
 * effect follows the dose and where it saturates. Contrasts without an effect are left out, and a note says so.
 */
import { Rng } from "../../core/index.ts";
import { criticalWindow, doseResponse, type WindowContrast } from "../../science/index.ts";
import type { Contrast, ContrastFamily } from "../results.ts";
import { difference, isWhole } from "./arms.ts";

type Summaries = Pick<ContrastFamily, "summaries" | "notes">;

/** `controlDose`: the dose of the study's own process, whose effect is 0 by definition. */
export function familySummaries(
  kind: ContrastFamily["kind"],
  contrasts: readonly Contrast[],
  controlDose?: number,
): Summaries {
  const ordered = contrasts.filter(({ pairs }) => isWhole(pairs)).sort((a, b) => a.x - b.x);
  const rng = Rng.of("family", kind);
  const { summaries, notes } =
    kind === "dose" ? doseSummaries(ordered, rng, controlDose) : windowSummaries(ordered, rng);
  const left = contrasts.length - ordered.length;
  if (left === 0) return { summaries, notes };
  const missing = `Left out: ${left} of ${contrasts.length}, which have no effect since runs failed.`;
  return { summaries, notes: [...notes, missing] };
}

function doseSummaries(contrasts: readonly Contrast[], rng: Rng, controlDose: number | undefined): Summaries {
  if (contrasts.length + (controlDose === undefined ? 0 : 1) < 3)
    return { summaries: [], notes: ["Fewer than three doses, the control's included, say nothing of a trend."] };
  const response = doseResponse({
    doses: contrasts.map(({ x }) => x),
    differences: contrasts[0].pairs.map((_, seed) => contrasts.map(({ pairs }) => difference(pairs[seed]))),
    controlDose,
    rng,
    draws: 400,
  });
  const { trend, emax, emaxRefused } = response;
  return {
    summaries: [
      { label: "rank correlation of dose and effect within a seed", estimate: trend.estimate, p: trend.p },
      ...(emax
        ? [{ label: "dose above the control that gives half the largest effect (Emax curve)", estimate: emax.ed50 }]
        : []),
    ],
    notes: emaxRefused === undefined ? [] : [`No saturating curve is given: ${emaxRefused}`],
  };
}

function windowSummaries(contrasts: readonly Contrast[], rng: Rng): Summaries {
  if (contrasts.length < 3)
    return { summaries: [], notes: ["Fewer than three windows say nothing of a critical period."] };
  const { peak, opens, closes } = criticalWindow({
    starts: contrasts.map(({ x }) => x),
    effects: contrasts.map(({ pairs }) => pairs.map(difference)),
    rng,
  });
  const against = (label: string, contrast: WindowContrast | undefined) =>
    contrast === undefined ? [] : [{ label, estimate: contrast.effect, p: contrast.adjustedP }];
  return {
    summaries: [
      { label: "window start with the largest effect", estimate: peak },
      ...against("the best start does more than the first by", opens),
      ...against("the best start does more than the last by", closes),
    ],
    notes: [],
  };
}
