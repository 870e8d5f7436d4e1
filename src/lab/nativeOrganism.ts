/**
 * @file Makes an Organism out of a table of parameters, a list of measures and a model that the native trainer drives.
 *
 * Refuses to open a process of another organism, factors that are not complete and valid, and a seed vector that lacks a
 * component or has one too many.
 */
import { type Change, type Factors, OntogenyError, type Seeds } from "../core/index.ts";
import type { Device } from "../engine/index.ts";
import { organismEnsembles } from "./ensemble/organismEnsembles.ts";
import { type NativeModel, NativeTrainer, type NativeTrainerOptions } from "./nativeTrainer.ts";
import type { OpenOptions, Organism } from "./organism.ts";
import { parseFactorsWith, validateChangeWith } from "./parameters.ts";

export interface OpenModelOptions {
  readonly factors: Factors;
  readonly seeds: Seeds;
  readonly device: Device;
}

interface NativeOrganism
  extends Pick<Organism, "name" | "title" | "description" | "seedNames" | "measures" | "parameters" | "dataHashes"> {
  /** The seed components that a change may re-key in mid-run. */
  readonly reseedable: readonly string[];
  readonly openModel: (options: OpenModelOptions) => Promise<NativeModel>;
  /** Everything in the factors that a training program is made of; given where models have a `member`. */
  readonly shapeOf?: (factors: Factors) => string;
}

export function nativeOrganism(spec: NativeOrganism): Organism {
  const { openModel, reseedable, shapeOf, ...described } = spec;
  const { name, parameters, seedNames, measures } = described;
  const parseFactors = (partial: unknown, where: string) => parseFactorsWith(parameters, partial, where);
  const validateChange = (change: Change, factors: Factors) =>
    validateChangeWith(parameters, reseedable, change, factors);
  const prepare = async ({ process, seeds, changes, device }: OpenOptions): Promise<NativeTrainerOptions> => {
    if (process.organism !== name)
      throw new OntogenyError(
        "ORGANISM_MISMATCH",
        `open: expected a process of "${name}", got one of "${process.organism}"`,
      );
    const factors = parseFactors(process.factors, "process.factors");
    requireSeeds(name, seedNames, seeds);
    const allChanges = [...process.changes, ...changes];
    for (const change of allChanges) validateChange(change, factors);
    return {
      model: await openModel({ factors, seeds, device }),
      factors,
      seeds,
      changes: allChanges,
      measureNames: measures.map((measure) => measure.name),
      validateChange: (change) => validateChange(change, factors),
    };
  };
  return {
    ...described,
    parseFactors,
    validateChange,
    open: async (options) => new NativeTrainer(await prepare(options)),
    ...(shapeOf === undefined ? {} : { ensembles: organismEnsembles({ name, shapeOf, prepare }) }),
  };
}

function requireSeeds(organism: string, names: readonly string[], seeds: Seeds): void {
  const expected = [...names].sort().join(", ");
  const got = Object.keys(seeds).sort().join(", ");
  if (got !== expected)
    throw new OntogenyError("SEEDS_INVALID", `Seeds of ${organism}: expected components ${expected}, got ${got}`);
  const wrong = names.find((name) => !Number.isSafeInteger(seeds[name]) || seeds[name] < 0);
  if (wrong !== undefined)
    throw new OntogenyError("SEEDS_INVALID", `Seed ${wrong}: expected an integer ≥ 0, got ${seeds[wrong]}`);
}
