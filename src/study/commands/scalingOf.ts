/**
 * @file Scaling laws over models of several sizes: the fit with its intervals, the loss of models not yet trained, and scale
 * transfer as a test of it. Retrospective: the losses existed.
 *
 * What cannot be said (too few sizes, a fit that fails its diagnostics) is in the answer with its reason, so that the rest stands.
 */
import { type Distribution, type Estimate, type Finding, RefusedError, Rng } from "../../core/index.ts";
import {
  audit,
  type PowerSumFit,
  powerSumFit,
  powerSumGridFit,
  type ScaleTransfer,
  type ScalingPoint,
  type ScalingTerm,
  scaleTransfer,
  scalingEnsemble,
  scalingEstimates,
  scalingForecast,
} from "../../science/index.ts";
import { Workspace } from "../../store/index.ts";
import { listRuns, selectRuns } from "../recorded/listRuns.ts";
import { loadRuns } from "../recorded/loadRuns.ts";
import { requireSound } from "../recorded/soundness.ts";
import type { Exclusion } from "../recorded/trajectories.ts";
import {
  type RunPointsOptions,
  type ScalingPoints,
  scalingPointsOfRuns,
  scalingPointsOfTable,
  type TablePointsOptions,
} from "./scalingPoints.ts";

export interface ScalingQuestion {
  /** Models whose loss is asked for. */
  readonly predict?: readonly { readonly size: number; readonly data: number }[];
  /** The judged sizes are at least this many times the largest fitted; default 4. */
  readonly ratio?: number;
  readonly draws?: number;
  readonly seed?: number;
  /** Also the grid of 4500 starts, to see that it ends at the same place. */
  readonly hasGrid?: boolean;
  /** So many of the highest losses are left out. */
  readonly dropHighest?: number;
}

export type ScalingRequest =
  | ({ readonly home: string; readonly selectors: readonly string[]; readonly despite?: boolean } & RunPointsOptions &
      ScalingQuestion)
  | ({ readonly table: TablePointsOptions } & ScalingQuestion);

export interface ScalingAnswer {
  readonly measure: string;
  readonly points: number;
  readonly runs: number;
  readonly sizesAre: string;
  readonly dataAre: string;
  readonly sizes: readonly number[];
  readonly fit?: {
    readonly terms: readonly ScalingTerm[];
    readonly method: string;
    readonly huberSum: number;
    readonly hasFloor: boolean;
    readonly estimates: readonly { readonly name: string; readonly estimate: Estimate }[];
  };
  readonly grid?: { readonly starts: number; readonly huberSum: number; readonly parameters: readonly number[] };
  readonly forecasts: readonly { readonly size: number; readonly data: number; readonly distribution: Distribution }[];
  readonly transfer?: ScaleTransfer;
  /** Why there is no fit, or no scale transfer. */
  readonly refusals: readonly { readonly what: string; readonly why: string }[];
  readonly excluded: readonly Exclusion[];
  readonly warnings: readonly Finding[];
  readonly despite: readonly Finding[];
}

export async function scalingOf(request: ScalingRequest): Promise<ScalingAnswer> {
  const { found, warnings, despite } = "table" in request ? await ofTable(request) : await ofRuns(request);
  const { ratio = 4, draws = 1000, seed = 1, predict = [], dropHighest = 0 } = request;
  const points = [...found.points].sort((a, b) => a.loss - b.loss).slice(0, found.points.length - dropHighest);
  const refusals: { what: string; why: string }[] = [];
  const unlessRefused = <T>(what: string, of: () => T): T | undefined => {
    try {
      return of();
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      refusals.push({ what, why: error.message });
      return undefined;
    }
  };
  const terms = termsOf(points);
  for (const term of ["size", "data"] as const)
    if (!terms.includes(term))
      refusals.push({
        what: `term of ${term}`,
        why: `it takes ${new Set(points.map((point) => point[term])).size} values; an exponent needs 3`,
      });
  const fit = unlessRefused("fit", () => powerSumFit(points, { terms }));
  const ensemble =
    fit && unlessRefused("intervals", () => scalingEnsemble({ points, fit, rng: Rng.of(seed, "scaling"), draws }));
  const grid = fit && request.hasGrid ? powerSumGridFit(points, { terms: fit.terms }) : undefined;
  return {
    measure: found.measure,
    points: points.length,
    runs: new Set(points.map(({ run }) => run)).size,
    sizesAre: found.sizesAre,
    dataAre: found.dataAre,
    sizes: [...new Set(points.map(({ size }) => size))].sort((a, b) => a - b),
    fit: fit && {
      terms: fit.terms,
      method: fit.method,
      huberSum: fit.huberSum,
      hasFloor: fit.hasFloor,
      estimates: ensemble === undefined ? [] : scalingEstimates(ensemble),
    },
    grid: grid && { starts: grid.starts, huberSum: grid.huberSum, parameters: flat(grid) },
    forecasts:
      ensemble === undefined
        ? []
        : predict.map((at) => ({
            ...at,
            distribution: scalingForecast(ensemble, at, Rng.of(seed, "predict", at.size)),
          })),
    transfer: unlessRefused("scale transfer", () => scaleTransfer(points, { ratio, seed })),
    refusals,
    excluded: found.excluded,
    warnings,
    despite,
  };
}

interface Found {
  readonly found: ScalingPoints;
  readonly warnings: readonly Finding[];
  readonly despite: readonly Finding[];
}

async function ofTable({ table }: { readonly table: TablePointsOptions }): Promise<Found> {
  return { found: await scalingPointsOfTable(table), warnings: [], despite: [] };
}

async function ofRuns(request: Exclude<ScalingRequest, { table: unknown }>): Promise<Found> {
  const workspace = await Workspace.open(request.home);
  const runs = await loadRuns(workspace, selectRuns(listRuns(workspace), request.selectors));
  const found = scalingPointsOfRuns(runs, request);
  const taking = new Set(found.points.map(({ run }) => run));
  const read = runs.filter(({ name }) => taking.has(name));
  const touched = { runs: read.map(({ id }) => id), measures: [found.measure] };
  const sound = requireSound("Scaling", audit(read, {}), touched, { despite: request.despite });
  return { found, ...sound };
}

/** Size and data where each takes three values or more; otherwise the one that does. */
function termsOf(points: readonly ScalingPoint[]): ScalingTerm[] {
  const terms = (["size", "data"] as const).filter((term) => new Set(points.map((point) => point[term])).size >= 3);
  // Where neither does, the fit itself says what is missing.
  return terms.length > 0 ? terms : ["size"];
}

/** E, A and B, α and β. */
function flat({ level, amplitudes, exponents }: PowerSumFit): number[] {
  return [level, ...amplitudes, ...exponents];
}
