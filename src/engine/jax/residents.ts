/**
 * @file The resident tensors of a program: those that the traced function reads lie on the backend, uploaded when they
 * change; those that are only gathered from stay with the caller.
 */
import type { Array as JaxArray } from "@jax-js/jax";
import type { Tensor } from "../../core/index.ts";
import { requireBound, requireTensor } from "../checks.ts";
import type { Tensors } from "../device.ts";
import type { GatherSpec, JaxArrays, Specs } from "../program.ts";
import { type JaxBackend, upload } from "./backend.ts";
import { requireIndices } from "./indexLimits.ts";
import type { TracedFunction } from "./traced.ts";

export class Residents {
  private readonly options: {
    readonly program: string;
    readonly backend: JaxBackend;
    readonly specs: Specs;
    /** Whose inputs are residents and gathered values, by name. */
    readonly traced: TracedFunction;
    readonly gathers: Readonly<Record<string, GatherSpec>>;
  };
  private bound: Tensors | undefined;
  private readonly arrays = new Map<string, { readonly data: Tensor["data"]; readonly array: JaxArray }>();

  constructor(options: Residents["options"]) {
    this.options = options;
  }

  bind(tensors: Readonly<Tensors>): void {
    const { program, backend, specs, traced } = this.options;
    const bound: Tensors = {};
    for (const name of this.needed()) {
      const what = `Program ${program}, resident "${name}"`;
      bound[name] = requireTensor(what, specs[name], tensors[name]);
      requireIndices(what, this.limitOf(name), bound[name]);
    }
    this.bound = bound;
    for (const name of Object.keys(bound)) {
      const { data } = bound[name];
      if (!traced.reads.has(name) || this.arrays.get(name)?.data === data) continue;
      this.arrays.get(name)?.array.dispose();
      this.arrays.set(name, { data, array: upload(backend, bound[name]) });
    }
  }

  /** What is bound, for gathers. Throws ENGINE_UNBOUND where something is needed and nothing was bound. */
  get tensors(): Readonly<Tensors> {
    if (this.needed().length === 0) return {};
    return requireBound(this.options.program, this.bound);
  }

  /** One more reference to each array on the backend, for one call. */
  refs(): JaxArrays {
    return Object.fromEntries([...this.arrays].map(([name, { array }]) => [name, array.ref]));
  }

  dispose(): void {
    for (const { array } of this.arrays.values()) array.dispose();
    this.arrays.clear();
    this.bound = undefined;
  }

  /** Of the positions in a resident tensor, whether the function reads it as it is or gathers from it. */
  private limitOf(name: string): number | undefined {
    const { traced, gathers } = this.options;
    const readers = [name, ...Object.keys(gathers).filter((key) => gathers[key].from === name)];
    const limits = readers.flatMap((key) => traced.limits[key] ?? []);
    return limits.length === 0 ? undefined : Math.min(...limits);
  }

  private needed(): string[] {
    const { specs, traced, gathers } = this.options;
    const sources = new Set(
      Object.keys(gathers).flatMap((name) => (traced.reads.has(name) ? [gathers[name].from] : [])),
    );
    return Object.keys(specs).filter((name) => traced.reads.has(name) || sources.has(name));
  }
}
