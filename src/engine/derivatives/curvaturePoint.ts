/**
 * @file The curvature matrix at one point: loss, gradient, and products summed in float64 over blocks of examples.
 *
 * Refuses non-finite losses, gradients, directions and products, with the array's name.
 */
import type { Tensor } from "../../core/index.ts";
import type { FixedPoint, SplitProgram, Tensors } from "../device.ts";
import { EngineError } from "../errors.ts";
import { withoutPrefix, withPrefix } from "../stepTable.ts";
import { CURVATURE_PORTS } from "./curvatureSplit.ts";
import type { RecordLayout } from "./layout.ts";
import {
  addRecords,
  flattenRecord,
  requireFiniteRecord,
  requireRecord,
  unflattenRecord,
  unflattenRecords,
} from "./layout.ts";
import type { SymmetricOperator } from "./operator.ts";

/** An operator on vectors in the layout's order. */
export interface CurvaturePoint extends SymmetricOperator {
  readonly layout: RecordLayout;
  /** Mean over the examples. */
  readonly loss: number;
  /** float64 [size]. */
  readonly gradient: Float64Array;
  /** The product with one direction given as a record, as a record. */
  product(direction: Tensors): Promise<Record<string, Tensor>>;
}

export interface CurvatureBlock {
  readonly program: SplitProgram;
  /** Its share of the examples. */
  readonly weight: number;
  readonly data: Tensors;
}

export interface PointSpec {
  readonly name: string;
  readonly layout: RecordLayout;
  readonly blocks: readonly CurvatureBlock[];
  readonly params: Tensors;
  /** In one call. */
  readonly directions: number;
  readonly keptBytesAtMost: number;
}

export async function curvatureAt(spec: PointSpec): Promise<CurvaturePoint> {
  const { name, layout, blocks, params, directions, keptBytesAtMost } = spec;
  const fix = ({ program, data }: CurvatureBlock): Promise<FixedPoint> =>
    program.fix({ ...withPrefix(params, CURVATURE_PORTS.params), ...withPrefix(data, CURVATURE_PORTS.data) });
  const gradient = new Float64Array(layout.size);
  const kept: (FixedPoint | undefined)[] = [];
  let loss = 0;
  let bytes = 0;
  for (const block of blocks) {
    const point = await fix(block);
    loss += block.weight * point.outputs.loss.data[0];
    if (!Number.isFinite(loss))
      throw new EngineError("NON_FINITE", `Program ${name}, loss: expected a finite number, got ${loss}`);
    const records = withoutPrefix(point.outputs, CURVATURE_PORTS.gradient);
    addRecords(`Program ${name}, gradient`, layout, { totals: [gradient], weight: block.weight, records });
    bytes += block.program.keptBytes;
    kept.push(bytes <= keptBytesAtMost ? point : undefined);
  }

  /** At most `directions` vectors. */
  async function group(vectors: readonly Float64Array[]): Promise<Float64Array[]> {
    const what = `Program ${name}, direction`;
    const along =
      directions === 1
        ? unflattenRecord(layout, vectors[0], what)
        : unflattenRecords(layout, filledUp(vectors, directions), what);
    const totals = vectors.map(() => new Float64Array(layout.size));
    for (const [i, block] of blocks.entries()) {
      const point = kept[i] ?? (await fix(block));
      const records = await point.run(withPrefix(along, CURVATURE_PORTS.direction));
      addRecords(`Program ${name}, product`, layout, { totals, weight: block.weight, records });
    }
    return totals;
  }

  async function apply(vectors: readonly Float64Array[]): Promise<Float64Array[]> {
    const products: Float64Array[] = [];
    for (let i = 0; i < vectors.length; i += directions)
      products.push(...(await group(vectors.slice(i, i + directions))));
    return products;
  }

  async function product(direction: Tensors): Promise<Record<string, Tensor>> {
    const whats = [`Program ${name}, direction`, `Program ${name}, product`] as const;
    const isWhole = blocks.length === 1 && directions === 1;
    if (!isWhole) {
      const [result] = await apply([flattenRecord(layout, direction, whats[0])]);
      return unflattenRecord(layout, result, whats[1]);
    }
    requireRecord(layout, direction, whats[0]);
    requireFiniteRecord(whats[0], layout, direction);
    const point = kept[0] ?? (await fix(blocks[0]));
    const result = await point.run(withPrefix(direction, CURVATURE_PORTS.direction));
    requireFiniteRecord(whats[1], layout, result);
    return result;
  }

  return { size: layout.size, layout, loss, gradient, apply, product };
}

/** With zero directions, which cost as much as others. */
const filledUp = (vectors: readonly Float64Array[], count: number): Float64Array[] =>
  Array.from({ length: count }, (_, i) => vectors[i] ?? new Float64Array(vectors[0].length));
