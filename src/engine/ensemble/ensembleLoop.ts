/**
 * @file ensembleLoop: N trainings of one shape as one loop program. State lies stacked along axis 0, the step is vmapped, and
 * residents and rows of the table are shared or each member's own.
 *
 * A member computes nothing from another member's numbers. Whatever differs only in numbers (initial state, learning rate,
 * example weights, batches, data of one shape) may differ between members; whatever is in the graph may not. Refuses names
 * that the loop does not have, and steps that jax-js cannot vmap, before the first step.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import { vmap } from "@jax-js/jax";
import type { LoopSpec } from "../device.ts";
import { EngineError } from "../errors.ts";
import type { GatherSpec, JaxArrays, Specs, TensorSpec } from "../program.ts";

export interface EnsembleOptions {
  readonly members: number;
  /** Residents and per-step tables of which each member has its own; the others are one for all. */
  readonly perMember: readonly string[];
}

export interface Ensemble extends EnsembleOptions {
  /** One member's loop. */
  readonly member: LoopSpec;
  /** The loop of all of them; outputs are [steps, members, …]. `stack*` and `member*` convert. */
  readonly loop: LoopSpec;
}

export function ensembleLoop(member: LoopSpec, { members, perMember }: EnsembleOptions): Ensemble {
  const { name, resident, state, perStep, gathers } = member;
  requireOptions(member, { members, perMember });
  const isOwn = (key: string): boolean => perMember.includes(key);
  const sources = ownSources({ member, perMember });
  const own = {
    residents: Object.keys(resident).filter(isOwn),
    rows: Object.keys(perStep).filter(isOwn),
    gathers: Object.keys(gathers).filter((key) => isOwn(gathers[key].from) || isOwn(gathers[key].by)),
  };
  const loop: LoopSpec = {
    name: `${name}, ${members} at once`,
    resident: mapSpecs(resident, (spec, key) =>
      sources.has(key) ? joined(spec, members) : isOwn(key) ? stacked(spec, members) : spec,
    ),
    state: mapSpecs(state, (spec) => stacked(spec, members)),
    perStep: {
      ...mapSpecs(perStep, (spec, key) => (isOwn(key) ? stacked(spec, members) : spec)),
      ...Object.fromEntries(
        rowTables({ member, perMember }).map(([table, { by }]) => [table, stacked(perStep[by], members)]),
      ),
    },
    gathers: Object.fromEntries(
      Object.entries(gathers).map(([key, gather]) => [
        key,
        isOwn(gather.from) ? { ...gather, by: rowTable(key) } : gather,
      ]),
    ),
    step(args) {
      const whole = { ...args };
      for (const key of own.residents)
        if (sources.has(key) && key in args) whole[key] = args[key].reshape([members, ...resident[key].shape]);
      const mapped = pick(whole, [...Object.keys(state), ...own.residents, ...own.rows, ...own.gathers]);
      const shared = pick(
        whole,
        Object.keys(whole).filter((key) => !(key in mapped) && !isRowTable(member, key)),
      );
      return stepOfAll(member, mapped, shared);
    },
  };
  return { members, perMember, member, loop };
}

/** Outputs are flattened for vmap, which hands on what it is given in one order. */
function stepOfAll(member: LoopSpec, mapped: JaxArrays, shared: JaxArrays): ReturnType<LoopSpec["step"]> {
  const one = (own: JaxArrays, common: JaxArrays) => member.step({ ...own, ...common });
  return (vmap(one, [0, null]) as unknown as typeof one)(mapped, shared);
}

/** Per-member residents that are gathered from: their rows lie one member after the other. */
export function ownSources({ member, perMember }: Pick<Ensemble, "member" | "perMember">): ReadonlySet<string> {
  return new Set(Object.values(member.gathers).flatMap(({ from }) => (perMember.includes(from) ? [from] : [])));
}

/** Gathers from a per-member resident, by the name of the table that has their rows counted through all members. */
export function rowTables({ member, perMember }: Pick<Ensemble, "member" | "perMember">): [string, GatherSpec][] {
  return Object.entries(member.gathers).flatMap(([key, gather]): [string, GatherSpec][] =>
    perMember.includes(gather.from) ? [[rowTable(key), gather]] : [],
  );
}

const ROWS_SUFFIX = ".rows";
const rowTable = (gather: string): string => `${gather}${ROWS_SUFFIX}`;
const isRowTable = ({ gathers }: LoopSpec, name: string): boolean =>
  name.endsWith(ROWS_SUFFIX) && name.slice(0, -ROWS_SUFFIX.length) in gathers;

function requireOptions({ name, resident, perStep }: LoopSpec, { members, perMember }: EnsembleOptions): void {
  if (!Number.isInteger(members) || members < 1)
    throw new EngineError(
      "ENGINE_ENSEMBLE",
      `Ensemble of ${name}: expected members to be a positive integer, got ${members}`,
    );
  const known = [...Object.keys(resident), ...Object.keys(perStep)];
  const unknown = perMember.find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new EngineError(
      "ENGINE_ENSEMBLE",
      `Ensemble of ${name}: expected perMember to name residents or tables (${known.join(", ")}), got "${unknown}"`,
    );
}

function mapSpecs(specs: Specs, make: (spec: TensorSpec, name: string) => TensorSpec): Specs {
  return Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, make(spec, name)]));
}

function stacked({ dtype, shape }: TensorSpec, members: number): TensorSpec {
  return { dtype, shape: [members, ...shape] };
}

function joined({ dtype, shape: [rows, ...rest] }: TensorSpec, members: number): TensorSpec {
  return { dtype, shape: [members * rows, ...rest] };
}

function pick(args: JaxArrays, names: readonly string[]): Record<string, JaxArray> {
  return Object.fromEntries(names.filter((name) => name in args).map((name) => [name, args[name]]));
}
