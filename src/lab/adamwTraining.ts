/**
 * @file The organisms' training: AdamW steps of a small model as a loop program, and the host's row of scalars for every
 * step.
 *
 * Parameters are float32. Moments are named "m.<parameter>" and "v.<parameter>" and start at 0.
 */
import type { Tensor } from "../core/index.ts";
import {
  adamw,
  initialTrainingState,
  type LoopSpec,
  scheduleAt,
  type TrainingOptions,
  trainingColumns,
  trainingLoop,
} from "../engine/index.ts";
import type { State } from "./nativeTrainer.ts";
import type { OptimizerSettings } from "./optimizerParameters.ts";

type Betas = Pick<OptimizerSettings, "beta1" | "beta2">;

export function adamwLoop(options: Omit<TrainingOptions, "optimizer"> & { readonly betas: Betas }): LoopSpec {
  const { betas, ...rest } = options;
  return trainingLoop({ ...rest, optimizer: adamw(betas) });
}

/** The state at step 0: these parameters and moments of zero. */
export function initialState(parameters: Readonly<Record<string, Tensor>>): State {
  return initialTrainingState(parameters, { optimizer: adamw() });
}

/** AdamW's scalars for the updates `firstStep` … `firstStep + steps − 1`, one column each. */
export function optimizerColumns(options: {
  readonly settings: OptimizerSettings;
  readonly firstStep: number;
  readonly steps: number;
}): Record<string, Tensor> {
  const { settings, firstStep, steps } = options;
  const { learningRate, schedule, decaySteps, warmupSteps, weightDecay, beta1, beta2 } = settings;
  const totalSteps = Math.max(decaySteps, warmupSteps);
  return trainingColumns({
    parts: { optimizer: adamw({ beta1, beta2 }) },
    firstStep,
    steps,
    settingsAt: (step) => ({
      learningRate: scheduleAt({ kind: schedule, peak: learningRate, totalSteps, warmupSteps }, step),
      weightDecay,
    }),
  });
}
