/**
 * @file What a family of contrasts says as a whole: where a window works best and whether it opens and closes, whether the
 * effect follows the dose and where it saturates.
 */
import { Rng } from "../../core/index.ts";
import { criticalWindow, doseResponse, type WindowContrast } from "../../science/index.ts";
import type { Contrast, ContrastFamily } from "../results.ts";

type Summaries = Pick<ContrastFamily, "summaries" | "notes">;

/** `controlDose`: the dose of the study's own process, whose effect is 0 by definition. */
export function familySummaries(
  kind: ContrastFamily["kind"],
  contrasts: readonly Contrast[],
  controlDose?: number,
): Summaries {
  const ordered = [...contrasts].sort((a, b) => a.x - b.x);
  const rng = Rng.of("family", kind);
  return kind === "dose" ? doseSummaries(ordered, rng, controlDose) : windowSummaries(ordered, rng);
}

function doseSummaries(contrasts: readonly Contrast[], rng: Rng, controlDose: number | undefined): Summaries {
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

function difference({ treated, control }: Contrast["pairs"][number]): number {
  return treated - control;
}
