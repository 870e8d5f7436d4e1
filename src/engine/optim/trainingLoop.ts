/**
 * @file One optimizer step of any model as a loop program: loss, gradients, clipping, update, average of the weights.
 *
 * The state is the parameters by name, the optimizer's slots and, where asked for, "ema.<parameter>". Outputs of every
 * step: "loss", with clipping "gradientNorm" (before it), and whatever `observe` returns.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { valueAndGrad } from "@jax-js/jax";
import type { Tensor } from "../../core/index.ts";
import type { LoopSpec } from "../device.ts";
import type { JaxArrays, Specs } from "../program.ts";
import { scalarColumns, withoutPrefix, withPrefix } from "../stepTable.ts";
import { averaged, EMA_COLUMN, EMA_PREFIX, emaRate, initialAverages } from "./average.ts";
import { CLIP_COLUMN, clipByGlobalNorm, clipNorm } from "./clipping.ts";
import type { Optimizer, StepSettings } from "./optimizer.ts";
import { initialSlots, scalarTable } from "./optimizer.ts";

/** What a program of this kind carries; decides its state and the columns of its table. */
export interface TrainingParts {
  readonly optimizer: Optimizer;
  /** Scale gradients down to a global norm that the table gives. Default false. */
  readonly clipped?: boolean;
  /** Carry an exponential moving average of the parameters. Default false. */
  readonly averaged?: boolean;
}

export interface TrainingOptions extends TrainingParts, Pick<LoopSpec, "name" | "resident" | "perStep" | "gathers"> {
  /** float32, in the order in which gradients are taken. */
  readonly parameters: Specs;
  /** A traced scalar; must not consume its arguments. `args` holds residents, rows and gathers by name. */
  readonly loss: (parameters: JaxArrays, args: JaxArrays) => JaxArray;
  /** What else to keep of every step, at the parameters before it. What it shares with the loss is computed once. */
  readonly observe?: (parameters: JaxArrays, args: JaxArrays) => JaxArrays;
}

export function trainingLoop(options: TrainingOptions): LoopSpec {
  const { name, parameters, optimizer, resident, perStep, gathers, loss, observe } = options;
  const names = Object.keys(parameters);
  const slots = optimizer.slots(parameters);
  const columns = columnsOf(options);
  const averages = options.averaged ? withPrefix(parameters, EMA_PREFIX) : {};
  return {
    name,
    resident,
    gathers,
    state: { ...parameters, ...slots, ...averages },
    perStep: { ...perStep, ...scalarTable(columns) },
    step(args) {
      const params = pick(args, names);
      const held = Object.fromEntries(names.map((key) => [key, args[key].ref]));
      const [value, raw] = valueAndGrad((own: JaxArrays) => loss(own, args))(held);
      const { grads, norm } = options.clipped
        ? clipByGlobalNorm(raw, args[CLIP_COLUMN])
        : { grads: raw, norm: undefined };
      const row = pick(args, optimizer.columns);
      const next = optimizer.update({ params, grads, slots: pick(args, Object.keys(slots)), row });
      const ema = options.averaged
        ? averaged(withoutPrefix(pick(args, Object.keys(averages)), EMA_PREFIX), next.params, args[EMA_COLUMN])
        : {};
      return {
        state: { ...next.params, ...next.slots, ...withPrefix(ema, EMA_PREFIX) },
        outputs: {
          loss: value,
          ...(norm === undefined ? {} : { gradientNorm: norm }),
          ...observe?.(params, args),
        },
      };
    },
  };
}

/** The state before the first update: these parameters, slots of zero, averages equal to the parameters. */
export function initialTrainingState(
  parameters: Readonly<Record<string, Tensor>>,
  parts: TrainingParts,
): Record<string, Tensor> {
  const slots = initialSlots(parts.optimizer, parameters);
  return { ...parameters, ...slots, ...(parts.averaged ? initialAverages(parameters) : {}) };
}

/** The settings of one step, besides which update it is. */
export interface TrainingSettings extends Omit<StepSettings, "update"> {
  /** The largest global norm of the gradients; default +∞, which clips nothing. */
  readonly clipNorm?: number;
  /** Decay of the average of the weights. Default .999. */
  readonly emaDecay?: number;
}

/** The table's scalars for the updates `firstStep` … `firstStep + steps − 1`, counted from 0. */
export function trainingColumns(options: {
  readonly parts: TrainingParts;
  readonly firstStep: number;
  readonly steps: number;
  readonly settingsAt: (step: number) => TrainingSettings;
}): Record<string, Tensor> {
  const { parts, firstStep, steps, settingsAt } = options;
  const rows = Array.from({ length: steps }, (_, i) => {
    const { clipNorm: most, emaDecay = 0.999, ...settings } = settingsAt(firstStep + i);
    return {
      ...parts.optimizer.row({ ...settings, update: firstStep + i + 1 }),
      ...(parts.clipped ? { [CLIP_COLUMN]: clipNorm(most) } : {}),
      ...(parts.averaged ? { [EMA_COLUMN]: emaRate(emaDecay) } : {}),
    };
  });
  return scalarColumns(rows);
}

const columnsOf = ({ optimizer, clipped, averaged: average }: TrainingParts): string[] => [
  ...optimizer.columns,
  ...(clipped ? [CLIP_COLUMN] : []),
  ...(average ? [EMA_COLUMN] : []),
];

const pick = (args: JaxArrays, names: readonly string[]): JaxArrays =>
  Object.fromEntries(names.map((name) => [name, args[name]]));
