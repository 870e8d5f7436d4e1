/**
 * @file A curvature program: compiled once from a loss and the shapes of parameters and data, it gives loss, gradient and
 * curvature–vector products at any point, on any device.
 *
 * The data may be cut into blocks of examples; what they give is summed in float64 with weights by their sizes: the mean
 * over all examples, up to rounding. At a point, everything that no direction changes is computed once and kept as far as
 * `keptBytesAtMost` allows; for blocks beyond that it is computed again at every product.
 *
 * Refuses arrays that do not fit (by name) and non-finite parameters.
 */
import type { Device, HashedProgram, SplitProgram, Tensors } from "../device.ts";
import { EngineError } from "../errors.ts";
import type { Specs } from "../program.ts";
import { combinedHash } from "../version.ts";
import { compileSplit } from "./compileSplit.ts";
import type { CurvatureMatrix } from "./curvatureMatrix.ts";
import type { CurvatureBlock, CurvaturePoint } from "./curvaturePoint.ts";
import { curvatureAt } from "./curvaturePoint.ts";
import { curvatureSplit } from "./curvatureSplit.ts";
import { exampleBlocks, requireCount } from "./exampleBlocks.ts";
import type { RecordLayout } from "./layout.ts";
import { recordLayout, requireFiniteRecord, requireRecord } from "./layout.ts";

export interface CurvatureSpec {
  /** Named in messages. */
  readonly name: string;
  readonly matrix: CurvatureMatrix;
  /** float32. */
  readonly params: Specs;
  /** The whole data set: axis 0 of every array runs over its examples. */
  readonly data: Specs;
  /** Examples computed at a time; default all. */
  readonly examplesAtOnce?: number;
  /** Directions multiplied at a time (vmap), which is faster for small models only; default 1. */
  readonly directionsAtOnce?: number;
  /** Memory for what a point keeps; default 1 GiB. */
  readonly keptBytesAtMost?: number;
}

export interface CurvatureProgram extends HashedProgram {
  readonly layout: RecordLayout;
  /** The data set; its memory is used where it lies. */
  bind(data: Tensors): void;
  /** Throws EngineError where bind() has not been called. */
  at(params: Tensors): Promise<CurvaturePoint>;
  dispose(): Promise<void>;
}

const DEFAULT_KEPT_BYTES = 2 ** 30;

export async function compileCurvature(device: Device, spec: CurvatureSpec): Promise<CurvatureProgram> {
  const { name, matrix, params, data, directionsAtOnce = 1, keptBytesAtMost = DEFAULT_KEPT_BYTES } = spec;
  const layout = recordLayout(params);
  const directions = requireCount(`Program ${name}, directionsAtOnce`, directionsAtOnce);
  const { examples, sizes, specsOf, cut } = exampleBlocks(name, data, spec.examplesAtOnce);
  const programs = new Map<number, SplitProgram>();
  for (const size of new Set(sizes))
    programs.set(
      size,
      await compileSplit(device, curvatureSplit({ name, matrix, params, data: specsOf(size), directions })),
    );
  let blocks: CurvatureBlock[] | undefined;
  return {
    layout,
    graphHash: combinedHash([...programs.values()]),
    bind(tensors) {
      blocks = cut(tensors).map((rows, i) => ({
        program: programs.get(sizes[i])!,
        weight: sizes[i] / examples,
        data: rows,
      }));
    },
    async at(tensors) {
      if (blocks === undefined) throw new EngineError("ENGINE_UNBOUND", `Program ${name}: expected bind() before at()`);
      const what = `Program ${name}, parameters`;
      requireRecord(layout, tensors, what);
      requireFiniteRecord(what, layout, tensors);
      return curvatureAt({ name, layout, blocks, params: tensors, directions, keptBytesAtMost });
    },
    async dispose() {
      for (const program of programs.values()) await program.dispose();
    },
  };
}
