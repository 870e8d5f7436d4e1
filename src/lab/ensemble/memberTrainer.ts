/**
 * @file One run of an ensemble by itself, as a trainer: copies of it fill the ensemble up, so that its bits are those that it
 * has among others.
 */
import type { Trainer } from "../../core/index.ts";
import type { EnsembleTrainer } from "./ensembleTrainer.ts";

/** Over an ensemble that was opened with exactly one run. */
export function memberTrainer(ensemble: EnsembleTrainer): Trainer {
  const run = ensemble.run(0);
  return {
    numerics: run.numerics,
    trainingBytes: run.trainingBytes,
    get step() {
      return run.step;
    },
    async advance(options) {
      const { failures, batchLossNats } = await ensemble.advance(options);
      const failure = failures.get(0);
      if (failure !== undefined) throw failure;
      return { batchLossNats: Float32Array.from(batchLossNats[0]) };
    },
    snapshot: () => run.snapshot(),
    restore: (snapshot) => run.restore(snapshot),
    apply: (change) => run.apply(change),
    measure: (options) => run.measure(options),
    close: () => ensemble.close(),
  };
}
