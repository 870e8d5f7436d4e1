/**
 * @file Members' tensors stacked as an ensemble's program takes them, and taken apart again. All copies; bits unchanged.
 *
 * Refuses a wrong number of members, and tensors that are shared according to the ensemble but differ between members.
 */
import type { Tensor } from "../../core/index.ts";
import { requireRows } from "../checks.ts";
import type { LoopResult, Tensors } from "../device.ts";
import { EngineError } from "../errors.ts";
import { sameShape } from "../ir/types.ts";
import { type Ensemble, ownSources, rowTables } from "./ensembleLoop.ts";

/** What `bind` of the ensemble's program takes. Shared tensors are the first member's own memory. */
export function stackResident(ensemble: Ensemble, residents: readonly Readonly<Tensors>[]): Tensors {
  requireMembers(ensemble, residents);
  const joined = ownSources(ensemble);
  return Object.fromEntries(
    Object.keys(ensemble.member.resident).map((name) => {
      const own = residents.map((resident) => resident[name]);
      if (!ensemble.perMember.includes(name)) return [name, sharedOf(ensemble, "resident", name, own)];
      return [name, joined.has(name) ? joinRows(stack(own)) : stack(own)];
    }),
  );
}

/** Tables of the same steps, one from each member: [steps, …] → [steps, members, …] where members have their own. */
export function stackTables(ensemble: Ensemble, tables: readonly Readonly<Tensors>[]): Tensors {
  requireMembers(ensemble, tables);
  const { member, perMember } = ensemble;
  const names = Object.keys(member.perStep);
  const stacked = Object.fromEntries(
    names.map((name) => {
      const own = tables.map((table) => table[name]);
      return [name, perMember.includes(name) ? interleave(own) : sharedOf(ensemble, "table", name, own)];
    }),
  );
  for (const table of tables)
    requireRows({
      program: member.name,
      kind: "table",
      gathers: member.gathers,
      resident: member.resident,
      indices: table,
    });
  for (const [table, { from, by }] of rowTables(ensemble)) {
    const rows = member.resident[from].shape[0];
    const own = tables.map((row, i) => shifted(row[by], i * rows));
    stacked[table] = interleave(own);
  }
  return stacked;
}

export function stackState(states: readonly Readonly<Tensors>[]): Tensors {
  return Object.fromEntries(Object.keys(states[0]).map((name) => [name, stack(states.map((state) => state[name]))]));
}

/** One member's state, as its own loop would have it. */
export function memberState(state: Readonly<Tensors>, member: number): Tensors {
  return Object.fromEntries(Object.entries(state).map(([name, tensor]) => [name, slab(tensor, member)]));
}

/** What `run` of the ensemble's program returned, as the member's own loop would have returned it. */
export function memberResult({ state, outputs }: LoopResult, member: number): LoopResult {
  return { state: memberState(state, member), outputs: memberOutputs(outputs, member) };
}

export function memberOutputs(outputs: Readonly<Tensors>, member: number): Tensors {
  return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, column(tensor, member)]));
}

function stack(tensors: readonly Tensor[]): Tensor {
  const [{ dtype, shape, data: first }] = tensors;
  const data = blank(first, first.length * tensors.length);
  for (const [i, tensor] of tensors.entries()) {
    requireLike(tensors[0], tensor);
    data.set(tensor.data, i * first.length);
  }
  return { dtype, shape: [tensors.length, ...shape], data };
}

/** [members, rows, …] as [members · rows, …], the same memory. */
function joinRows({ dtype, shape: [members, rows, ...rest], data }: Tensor): Tensor {
  return { dtype, shape: [members * rows, ...rest], data };
}

/** [steps, …] of each member → [steps, members, …]. */
function interleave(tensors: readonly Tensor[]): Tensor {
  const [{ dtype, shape, data: first }] = tensors;
  const [steps, ...rest] = shape;
  const row = first.length / steps;
  const data = blank(first, first.length * tensors.length);
  for (const [i, tensor] of tensors.entries()) {
    requireLike(tensors[0], tensor);
    for (let step = 0; step < steps; step++)
      data.set(tensor.data.subarray(step * row, (step + 1) * row), (step * tensors.length + i) * row);
  }
  return { dtype, shape: [steps, tensors.length, ...rest], data };
}

function slab({ dtype, shape: [members, ...rest], data }: Tensor, member: number): Tensor {
  const size = data.length / members;
  return { dtype, shape: rest, data: data.slice(member * size, (member + 1) * size) };
}

function column({ dtype, shape: [steps, members, ...rest], data }: Tensor, member: number): Tensor {
  const size = data.length / (steps * members);
  const own = blank(data, steps * size);
  for (let step = 0; step < steps; step++) {
    const from = (step * members + member) * size;
    own.set(data.subarray(from, from + size), step * size);
  }
  return { dtype, shape: [steps, ...rest], data: own };
}

function shifted({ dtype, shape, data }: Tensor, by: number): Tensor {
  return { dtype, shape, data: Int32Array.from(data, (row) => row + by) };
}

function sharedOf({ member }: Ensemble, kind: string, name: string, own: readonly Tensor[]): Tensor {
  const [first] = own;
  if (own.some((tensor) => !isEqual(first, tensor)))
    throw new EngineError(
      "ENGINE_ENSEMBLE",
      `Ensemble of ${member.name}, ${kind} "${name}": expected the same values in every member, got different ones; name it in perMember`,
    );
  return first;
}

function isEqual(a: Tensor, b: Tensor): boolean {
  if (a === b || a.data === b.data) return true;
  if (!sameShape(a.shape, b.shape)) return false;
  for (let i = 0; i < a.data.length; i++) if (!Object.is(a.data[i], b.data[i])) return false;
  return true;
}

function requireMembers({ member, members }: Ensemble, given: readonly unknown[]): void {
  if (given.length !== members)
    throw new EngineError(
      "ENGINE_ENSEMBLE",
      `Ensemble of ${member.name}: expected tensors of ${members} members, got ${given.length}; pad with copies`,
    );
}

function requireLike(first: Tensor, { dtype, shape }: Tensor): void {
  if (dtype === first.dtype && sameShape(shape, first.shape)) return;
  throw new EngineError(
    "ENGINE_ENSEMBLE",
    `Ensemble: expected ${first.dtype} [${first.shape.join(", ")}] from every member, got ${dtype} [${shape.join(", ")}]`,
  );
}

function blank(like: Tensor["data"], length: number): Float32Array | Int32Array | Uint8Array {
  if (like instanceof Float32Array) return new Float32Array(length);
  return like instanceof Int32Array ? new Int32Array(length) : new Uint8Array(length);
}
