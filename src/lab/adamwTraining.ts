/**
 * @file One AdamW step of any small model as a loop program: parameters with their two moments as the state, a traced
 * loss, and the host's row of scalars for every step.
 *
 * Parameters are float32. Moments are named "m.<parameter>" and "v.<parameter>" and start at 0.
 */
import { valueAndGrad } from "@jax-js/jax";
import type { Tensor } from "../core/index.ts";
import {
  ADAMW_COLUMNS,
  ADAMW_TABLE,
  adamw,
  adamwRow,
  type GatherSpec,
  type JaxArrays,
  type LoopSpec,
  type Specs,
  scalarColumns,
  scheduleAt,
  withoutPrefix,
  withPrefix,
  zeros,
} from "../engine/index.ts";
import type { State } from "./nativeTrainer.ts";
import type { OptimizerSettings } from "./optimizerParameters.ts";

type JaxArray = JaxArrays[string];

export function adamwLoop(options: {
  readonly name: string;
  readonly parameters: Specs;
  readonly resident: Specs;
  readonly perStep: Specs;
  readonly gathers: Readonly<Record<string, GatherSpec>>;
  /** A traced scalar, nats; must not consume its arguments. */
  readonly loss: (parameters: JaxArrays, args: JaxArrays) => JaxArray;
  readonly betas: { readonly beta1: number; readonly beta2: number };
}): LoopSpec {
  const { name, parameters, resident, perStep, gathers, loss, betas } = options;
  const names = Object.keys(parameters);
  return {
    name,
    resident,
    gathers,
    state: { ...parameters, ...withPrefix(parameters, "m."), ...withPrefix(parameters, "v.") },
    perStep: { ...perStep, ...ADAMW_TABLE },
    step(args) {
      const params = Object.fromEntries(names.map((key) => [key, args[key]]));
      const kept = Object.fromEntries(names.map((key) => [key, args[key].ref]));
      const [value, grads] = valueAndGrad((own: JaxArrays) => loss(own, args))(kept);
      const next = adamw({
        params,
        grads,
        m: withoutPrefix(args, "m."),
        v: withoutPrefix(args, "v."),
        row: Object.fromEntries(ADAMW_COLUMNS.map((column) => [column, args[column]])),
        ...betas,
      });
      return {
        state: { ...next.params, ...withPrefix(next.m, "m."), ...withPrefix(next.v, "v.") },
        outputs: { loss: value },
      };
    },
  };
}

/** The state at step 0: these parameters and moments of zero. */
export function initialState(parameters: Readonly<Record<string, Tensor>>): State {
  const moments = Object.fromEntries(Object.entries(parameters).map(([name, { shape }]) => [name, zeros(shape)]));
  const again = Object.fromEntries(Object.entries(parameters).map(([name, { shape }]) => [name, zeros(shape)]));
  return { ...parameters, ...withPrefix(moments, "m."), ...withPrefix(again, "v.") };
}

/** AdamW's scalars for the updates `firstStep` … `firstStep + steps − 1`, one column each. */
export function optimizerColumns(options: {
  readonly settings: OptimizerSettings;
  readonly firstStep: number;
  readonly steps: number;
}): Record<string, Tensor> {
  const { settings, firstStep, steps } = options;
  const { learningRate, schedule, decaySteps, warmupSteps, weightDecay, beta1, beta2 } = settings;
  const rows = Array.from({ length: steps }, (_, row) => {
    const step = firstStep + row;
    const rate = scheduleAt(
      { kind: schedule, peak: learningRate, totalSteps: Math.max(decaySteps, warmupSteps), warmupSteps },
      step,
    );
    return adamwRow({ learningRate: rate, weightDecay, beta1, beta2, update: step + 1 });
  });
  return scalarColumns(rows);
}
