/**
 * @file Convolution whose kernel is larger than its result, as matrix products: one slice of the input for each position
 * of the result, and one contraction over channels and kernel. The gradient of a kernel has this form, with examples as
 * channels and the result's gradient as kernel.
 */
import type { Builder } from "../ir/builder.ts";
import type { Value } from "../ir/types.ts";
import { sizeOf } from "../ir/types.ts";
import type { ConvProblem } from "./convProblem.ts";
import { cutInput, padded, spatialShape, withDilatedInput } from "./convProblem.ts";
import { materialise } from "./physical.ts";
import type { View } from "./view.ts";
import { shapeOf, transposeView, viewOf } from "./view.ts";

/** Axes of a view [groups, members, channel, …spatial] by role, with the members' extents. */
interface Sides {
  readonly group: readonly number[];
  readonly member: readonly number[];
  readonly channel: number;
  readonly spatial: readonly number[];
}

export function convByProducts(builder: Builder, problem: ConvProblem, outputShape: readonly number[]): View {
  const dilated = problem.window.some(({ inputDilation }) => inputDilation > 1);
  const { input, window } = cutInput(builder, dilated ? withDilatedInput(builder, problem) : problem);
  const { kernel, groups, examples, outputs } = problem;
  const [left, right] = [sidesOf(input, groups, examples), sidesOf(kernel, groups, outputs)];
  const kernelShape = spatialShape(kernel, window.length);
  const batch = left.group.map((axis) => shapeOf(input)[axis]);
  const exampleShape = left.member.map((axis) => shapeOf(input)[axis]);
  const rowShape = right.member.map((axis) => shapeOf(kernel)[axis]);
  const channels = shapeOf(input)[left.channel];
  const [size, rows] = [sizeOf(kernelShape), sizeOf(rowShape)];
  const columns = sizeOf(exampleShape) * sizeOf(outputShape);
  // One product a channel and a sum over them transposes nothing; it pays while the partial products are no larger than
  // what would be transposed (1 → 16 channels, 5×5 on 28×28: 4.8 ms against 5.2). Else channels and kernel are contracted
  // at once (16 → 32, 3×3 on 12×12: 2.2 against 2.9; 64 → 64, 3×3 on 8×8: 15.6 against 17).
  const perChannel = columns <= size;
  const order = ({ group, member, channel, spatial }: Sides): number[] =>
    perChannel ? [...group, channel, ...member, ...spatial] : [...group, ...member, channel, ...spatial];
  const source = padded(builder, materialise(builder, transposeView(input, order(left))), window);
  const lead = perChannel
    ? [sizeOf(batch) * channels * sizeOf(exampleShape)]
    : [sizeOf(batch) * sizeOf(exampleShape), channels];
  const shaped = builder.reshape(source, [...lead, ...source.shape.slice(source.shape.length - window.length)]);
  const slices = positionsOf(outputShape).map((position) => {
    const from = position.map((at, i) => at * window[i].stride);
    const slice = sliceAt(
      builder,
      shaped,
      from,
      kernelShape,
      window.map(({ kernelDilation }) => kernelDilation),
    );
    return builder.reshape(slice, [lead[0], 1, sizeOf(lead.slice(1)) * size]);
  });
  const unfolded = slices.length === 1 ? slices[0] : builder.op("Concat", slices, { axis: 1 });
  const matrices = perChannel ? sizeOf(batch) * channels : sizeOf(batch);
  const depth = perChannel ? size : size * channels;
  const taps = builder.reshape(materialise(builder, transposeView(kernel, order(right))), [matrices, rows, depth]);
  const products = multiply(builder, taps, builder.reshape(unfolded, [matrices, columns, depth]));
  const shape = [...batch, ...rowShape, ...exampleShape, ...outputShape];
  const summed = perChannel && channels > 1 ? sumOver(builder, products, sizeOf(batch), channels) : products;
  const view = viewOf(builder.reshape(summed, shape));
  const all = shape.map((_, axis) => axis);
  const firstRow = batch.length;
  const firstExample = firstRow + rowShape.length;
  const firstSpatial = firstExample + exampleShape.length;
  return transposeView(view, [
    ...all.slice(0, firstRow),
    ...all.slice(firstExample, firstSpatial),
    ...all.slice(firstRow, firstExample),
    ...all.slice(firstSpatial),
  ]);
}

function sidesOf(view: View, groups: number, members: number): Sides {
  const all = view.axes.map((_, axis) => axis);
  return {
    group: all.slice(0, groups),
    member: all.slice(groups, groups + members),
    channel: groups + members,
    spatial: all.slice(groups + members + 1),
  };
}

/** [matrices, rows, depth] · [matrices, columns, depth]ᵀ; one matrix without its leading axis. */
function multiply(builder: Builder, left: Value, right: Value): Value {
  const flags = { transA: false, transB: true, alpha: 1 };
  if (left.shape[0] > 1) return builder.op("MatMul", [left, right], flags);
  const [a, b] = [left, right].map((value) => builder.reshape(value, value.shape.slice(1)));
  return builder.op("MatMul", [a, b], flags);
}

/** A leading axis of one batch would keep the runtime from its fast path for sums over rows: ten times slower. */
function sumOver(builder: Builder, products: Value, batch: number, channels: number): Value {
  const lead = batch === 1 ? [] : [batch];
  const rest = sizeOf(products.shape) / (batch * channels);
  const shaped = builder.reshape(products, [...lead, channels, rest]);
  return builder.op("ReduceSum", [shaped], { axes: [lead.length] });
}

/** All index tuples below a shape, the last one running fastest. */
export function positionsOf(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, extent) => all.flatMap((position) => Array.from({ length: extent }, (_, at) => [...position, at])),
    [[]],
  );
}

function sliceAt(
  builder: Builder,
  x: Value,
  from: readonly number[],
  size: readonly number[],
  steps: readonly number[],
): Value {
  const lead = x.shape.slice(0, x.shape.length - from.length);
  return builder.op("Slice", [x], {
    starts: [...lead.map(() => 0), ...from],
    ends: [...lead, ...from.map((start, i) => start + (size[i] - 1) * steps[i] + 1)],
    ...(steps.some((step) => step > 1) ? { steps: [...lead.map(() => 1), ...steps] } : {}),
  });
}
