/**
 * @file Ensembles of an organism's runs: opened, and chosen by measurement.
 *
 * Refuses runs of different shapes (ENSEMBLE_MIXED).
 */
import { type Factors, OntogenyError } from "../../core/index.ts";
import { chooseMembers } from "../../engine/index.ts";
import type { NativeTrainerOptions } from "../nativeTrainer.ts";
import type { OpenOptions, OrganismEnsembles } from "../organism.ts";
import { RegimeHistory } from "../regime.ts";
import { EnsembleTrainer } from "./ensembleTrainer.ts";

export function organismEnsembles(organism: {
  readonly name: string;
  readonly shapeOf: (factors: Factors) => string;
  readonly prepare: (options: OpenOptions) => Promise<NativeTrainerOptions>;
}): OrganismEnsembles {
  const { name, shapeOf, prepare } = organism;
  const prepareAll = async (
    runs: Parameters<OrganismEnsembles["open"]>[0]["runs"],
    device: OpenOptions["device"],
  ): Promise<{ shape: string; prepared: NativeTrainerOptions[] }> => {
    const prepared: NativeTrainerOptions[] = [];
    for (const run of runs) prepared.push(await prepare({ ...run, device }));
    const shapes = new Set(prepared.map(({ factors }) => shapeOf(factors)));
    if (shapes.size !== 1)
      throw new OntogenyError(
        "ENSEMBLE_MIXED",
        `Ensemble of ${name}: expected runs of one shape, got ${[...shapes].join(" and ") || "no runs"}; train them separately`,
      );
    return { shape: [...shapes][0], prepared };
  };
  return {
    shapeOf,
    async open({ runs, device, ensemble }) {
      const { shape, prepared } = await prepareAll(runs, device);
      return EnsembleTrainer.open({ key: `${name} ${shape}`, runs: prepared, device, ensemble });
    },
    async choose({ runs, device, ...options }) {
      const { prepared } = await prepareAll(runs, device);
      const { spec, perMember } = prepared[0].model.member!;
      return chooseMembers({
        device,
        spec,
        perMember,
        ...options,
        member(index, steps) {
          const { model, factors, seeds, changes } = prepared[index % prepared.length];
          const regime = new RegimeHistory({ factors, seeds }, changes).at(0);
          const { resident, table } = model.member!;
          return { resident, state: { ...model.initialState() }, table: table({ step: 0, steps, regime }) };
        },
      });
    },
  };
}
