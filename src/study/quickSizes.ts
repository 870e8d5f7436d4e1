/**
 * @file The smaller sizes of `--quick`: fewer seeds, arms and candidates, the same questions.
 */
import { OntogenyError, type Study } from "../core/index.ts";

/** Throws QUICK_UNDEFINED when the study names no smaller sizes. */
export function quickSizes(study: Study): Study {
  const { quick } = study;
  if (quick === undefined)
    throw new OntogenyError(
      "QUICK_UNDEFINED",
      `Study ${study.study}: --quick expects a "quick" section with the smaller sizes; add one or run without --quick`,
    );
  const { observe, predict, intervene, design } = study;
  const variance = observe.variance && {
    ...observe.variance,
    bases: quick.varianceBases ?? observe.variance.bases,
    variants: quick.varianceVariants ?? observe.variance.variants,
  };
  return {
    ...study,
    observe: { ...observe, seeds: quick.observeSeeds ?? observe.seeds, variance },
    predict: predict && { ...predict, seeds: quick.predictSeeds ?? predict.seeds },
    intervene: intervene && {
      ...intervene,
      seeds: quick.interveneSeeds ?? intervene.seeds,
      pilotSeeds: quick.pilotSeeds ?? intervene.pilotSeeds,
      window: intervene.window && { ...intervene.window, starts: quick.windowStarts ?? intervene.window.starts },
      dose: intervene.dose && { ...intervene.dose, values: quick.doseValues ?? intervene.dose.values },
    },
    design: design && {
      ...design,
      search: {
        ...design.search,
        candidates: quick.candidates ?? design.search.candidates,
        random: Math.min(design.search.random, Math.ceil((2 / 3) * (quick.candidates ?? Number.POSITIVE_INFINITY))),
        finalists: quick.finalists ?? design.search.finalists,
        replicates: quick.replicates ?? design.search.replicates,
      },
      confirm: { failures: quick.confirmFailures ?? design.confirm.failures },
    },
  };
}
