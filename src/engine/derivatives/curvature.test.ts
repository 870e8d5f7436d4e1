import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Tensor } from "../../core/index.ts";
import { keyOf } from "../../core/index.ts";
import type { Device } from "../device.ts";
import { jaxDevice } from "../jax/device.ts";
import { softmaxCrossEntropy } from "../layers/losses.ts";
import { lowerSplit } from "../lowerSplit.ts";
import { nativeDevice } from "../native.ts";
import * as ops from "../ops.ts";
import type { JaxArrays, Specs } from "../program.ts";
import type { Tensors } from "../reference.suite.ts";
import { float, int } from "../reference.suite.ts";
import { withoutPrefix, withPrefix } from "../stepTable.ts";
import type { CurvatureProgram, CurvatureSpec } from "./curvature.ts";
import { compileCurvature } from "./curvature.ts";
import type { CurvatureMatrix } from "./curvatureMatrix.ts";
import { curvatureSplit } from "./curvatureSplit.ts";
import { extremeEigenvalues } from "./extremeEigenvalues.ts";
import { valueAndGradient } from "./gradient.ts";
import { compileGradientNorms } from "./gradientNorms.ts";
import { hutchinsonTrace } from "./hutchinson.ts";
import { hvp } from "./hvp.ts";
import { flattenRecord, recordLayout, unflattenRecord } from "./layout.ts";
import {
  normalRecord,
  randomIntegers,
  tanhLogits,
  tanhLoss,
  tanhSpecs,
  transformerLoss,
  transformerSpecs,
} from "./models.fixture.ts";
import { gradNormsPerExample } from "./perExample.ts";
import { gaussian } from "./probes.ts";
import { dot, norm } from "./vectors.ts";

const EXAMPLES = 11;
const TANH = { inputs: 4, hidden: 5, classes: 3 };
const PARAMS = tanhSpecs(TANH);
const DATA: Tensors = {
  x: normalRecord({ x: float([EXAMPLES, 4], []) }, 5, 1).x,
  labels: randomIntegers([EXAMPLES], 3, 6),
};
const POINT = normalRecord(PARAMS, 1, 0.7);
const DIRECTION = normalRecord(PARAMS, 2, 1);
const HESSIAN: CurvatureMatrix = { kind: "hessian", loss: tanhLoss };
const GAUSS_NEWTON: CurvatureMatrix = {
  kind: "gauss-newton",
  output: tanhLogits,
  lossOfOutput: (logits, { labels }) => softmaxCrossEntropy(logits, labels),
};

const open: { dispose(): Promise<void> }[] = [];
afterAll(async () => {
  for (const program of open) await program.dispose();
});

async function compiled(
  options: Partial<CurvatureSpec> = {},
  device: Device = nativeDevice,
): Promise<CurvatureProgram> {
  const program = await compileCurvature(device, {
    name: "tanh",
    matrix: HESSIAN,
    params: PARAMS,
    data: DATA,
    ...options,
  });
  open.push(program);
  program.bind(DATA);
  return program;
}

/** The product and the gradient as one plain function, nothing kept, nothing cut. */
let direct: { loss: number; gradient: Tensors; product: Tensors };
beforeAll(async () => {
  const program = await nativeDevice.compileFunction({
    name: "direct",
    inputs: { ...withPrefix(PARAMS, "p."), ...withPrefix(PARAMS, "v."), ...DATA },
    fn: (args: JaxArrays) => {
      const loss = (p: JaxArrays) => tanhLoss(p, args);
      const { value, gradient } = valueAndGradient(loss, withoutPrefix(args, "p."));
      const product = hvp(loss, withoutPrefix(args, "p."), withoutPrefix(args, "v."));
      return { loss: value, ...withPrefix(gradient, "gradient."), ...withPrefix(product, "product.") };
    },
  });
  const outputs = await program.run({ ...withPrefix(POINT, "p."), ...withPrefix(DIRECTION, "v."), ...DATA });
  await program.dispose();
  direct = {
    loss: outputs.loss.data[0],
    gradient: withoutPrefix(outputs, "gradient."),
    product: withoutPrefix(outputs, "product."),
  };
});

function expectClose(got: Tensors, expected: Tensors): void {
  expect(Object.keys(got).sort()).toEqual(Object.keys(expected).sort());
  // float32 sums over 11 examples in another order.
  for (const [name, { data }] of Object.entries(got))
    for (const [i, value] of data.entries())
      expect(Math.abs(value - expected[name].data[i]), `${name}[${i}]`).toBeLessThan(1e-6);
}

describe.each<[string, Partial<CurvatureSpec>]>([
  ["in one piece", {}],
  ["in blocks of 4, 4 and 3", { examplesAtOnce: 4 }],
  ["in blocks of which the first is kept", { examplesAtOnce: 4, keptBytesAtMost: 600 }],
  ["in blocks, keeping nothing", { examplesAtOnce: 5, keptBytesAtMost: 0 }],
  ["three directions at a time", { directionsAtOnce: 3 }],
])("a curvature program %s", (_, options) => {
  test("gives the loss, gradient and product of the plain program", async () => {
    const point = await (await compiled(options)).at(POINT);
    expect(point.loss).toBeCloseTo(direct.loss, 6);
    expectClose(unflattenRecord(point.layout, point.gradient), direct.gradient);
    expectClose(await point.product(DIRECTION), direct.product);
  });

  test("multiplies several vectors as it multiplies each", async () => {
    const point = await (await compiled(options)).at(POINT);
    const vectors = [0, 1, 2, 3].map((i) => gaussian(keyOf(i), 0, point.size));
    const together = await point.apply(vectors);
    for (const [i, vector] of vectors.entries()) {
      const [alone] = await point.apply([vector]);
      for (const [k, value] of alone.entries()) expect(together[i][k]).toBeCloseTo(value, 5);
    }
  });
});

test("another device, which keeps nothing, gives the same", async () => {
  const program = await compiled({ examplesAtOnce: 4 }, jaxDevice({ backend: "cpu" }));
  const point = await program.at(POINT);
  expect(point.loss).toBeCloseTo(direct.loss, 6);
  expectClose(unflattenRecord(point.layout, point.gradient), direct.gradient);
  expectClose(await point.product(DIRECTION), direct.product);
});

test("points of one program do not disturb each other", async () => {
  const program = await compiled();
  const first = await program.at(POINT);
  const before = await first.product(DIRECTION);
  const second = await program.at(normalRecord(PARAMS, 9, 0.7));
  await second.product(DIRECTION);
  expect(await first.product(DIRECTION)).toEqual(before);
});

test("the Gauss–Newton matrix is positive semi-definite where the Hessian is not, with the same loss", async () => {
  const [hessian, gaussNewton] = [await compiled(), await compiled({ matrix: GAUSS_NEWTON })];
  const [full, half] = [await hessian.at(POINT), await gaussNewton.at(POINT)];
  expect(half.loss).toBeCloseTo(full.loss, 7);
  const key = keyOf(1, "psd");
  const bottom = await extremeEigenvalues(full, { largest: 1, smallest: 1, key, tolerance: 1e-4 });
  expect(bottom.smallest[0].value).toBeLessThan(-0.05);
  const { largest, smallest } = await extremeEigenvalues(half, { largest: 1, smallest: 1, key, tolerance: 1e-4 });
  expect(smallest[0].value).toBeGreaterThan(-1e-5 * largest[0].value);
});

test("eigenvalues and trace of a network's Hessian are those of the matrix written out", async () => {
  const point = await (await compiled()).at(POINT);
  const columns = await point.apply(
    Array.from({ length: point.size }, (_, i) => {
      const unit = new Float64Array(point.size);
      unit[i] = 1;
      return unit;
    }),
  );
  const trace = columns.reduce((total, column, i) => total + column[i], 0);
  for (const [i, column] of columns.entries())
    for (const [j, other] of columns.entries()) expect(column[j]).toBeCloseTo(other[i], 6);
  const { low, high } = await hutchinsonTrace(point, { probes: 40, key: keyOf(2), level: 0.99 });
  expect(low).toBeLessThan(trace);
  expect(high).toBeGreaterThan(trace);
  const { largest } = await extremeEigenvalues(point, { key: keyOf(3), tolerance: 1e-5 });
  const { value, vector } = largest[0];
  const image = Float64Array.from(columns, (column) => dot(column, vector));
  expect(dot(vector, image)).toBeCloseTo(value, 5);
  // No row sum of absolute values lies below the spectral radius.
  expect(Math.max(...columns.map((column) => column.reduce((total, x) => total + Math.abs(x), 0)))).toBeGreaterThan(
    value,
  );
});

test("a product computes only what depends on the direction", () => {
  const sizes = { width: 8, heads: 2, hidden: 16, classes: 5, vocabulary: 6, sequence: 3 };
  const { fixed, varying } = lowerSplit(
    curvatureSplit({
      name: "transformer",
      matrix: { kind: "hessian", loss: transformerLoss(sizes) },
      params: transformerSpecs(sizes),
      data: { tokens: int([7, 3], new Int32Array(21)), labels: int([7], new Int32Array(7)) },
      directions: 1,
    }),
  );
  const count = (nodes: typeof fixed.nodes, op: string): number => nodes.filter((node) => node.op === op).length;
  // 7 weights: one product forward and two backward, twice that along a direction. The embedding of given tokens has no
  // gradient by them and no change of them: 2 and 2. The rest is inside the attention of one query.
  expect(count(fixed.nodes, "MatMul")).toBeGreaterThanOrEqual(7 * 3 + 2 + 4);
  expect(count(fixed.nodes, "MatMul")).toBeLessThanOrEqual(9 * 3 + 2);
  expect(count(varying.nodes, "MatMul")).toBeLessThanOrEqual(2 * count(fixed.nodes, "MatMul") - 2);
  for (const op of ["Exp", "ReduceMax", "Log", "Less", "Relu", "Gather"]) expect(count(varying.nodes, op), op).toBe(0);
});

test("a loss that is linear in some parameters has products of zeros there", async () => {
  const params: Specs = { a: float([2], []), b: float([3], []) };
  const program = await compileCurvature(nativeDevice, {
    name: "half linear",
    matrix: {
      kind: "hessian",
      loss: (p, { x }) => ops.add(ops.sum(ops.mul(p.a, ops.mean(x))), ops.mul(ops.sum(ops.square(p.b)), ops.mean(x))),
    },
    params,
    data: { x: float([2], []) },
  });
  open.push(program);
  program.bind({ x: float([2], [1, 3]) });
  const point = await program.at({ a: float([2], [1, 1]), b: float([3], [1, 2, 3]) });
  const { a, b } = await point.product({ a: float([2], [5, 6]), b: float([3], [1, 0, -1]) });
  expect(Array.from(a.data)).toEqual([0, 0]);
  expect(Array.from(b.data)).toEqual([4, 0, -4]);
});

describe("refuses", () => {
  test("directions that do not fit, by name and shape", async () => {
    const point = await (await compiled()).at(POINT);
    await expect(point.product({ ...DIRECTION, w2: float([3, 5], new Float32Array(15)) })).rejects.toThrow(
      'Program tanh, direction "w2": expected float32 of shape [5, 3], got float32 of shape [3, 5]',
    );
    const { w1, b1, w2 } = DIRECTION;
    await expect(point.product({ w1, b1, w2 })).rejects.toThrow('got no "b2"');
    await expect(point.apply([new Float64Array(3)])).rejects.toThrow("expected shape [43], got [3]");
  });

  test("directions, parameters and losses that are not finite", async () => {
    const program = await compiled();
    const point = await program.at(POINT);
    const broken = { ...DIRECTION, b1: float([5], [0, 0, Number.NaN, 0, 0]) };
    await expect(point.product(broken)).rejects.toThrow(
      'Program tanh, direction "b1": expected finite values, got NaN at element 2',
    );
    await expect(program.at({ ...POINT, b2: float([3], [0, Number.POSITIVE_INFINITY, 0]) })).rejects.toThrow(
      'Program tanh, parameters "b2": expected finite values, got Infinity at element 1',
    );
    const sick = await compiled();
    sick.bind({ ...DATA, x: float([EXAMPLES, 4], new Float32Array(EXAMPLES * 4).fill(Number.NaN)) });
    await expect(sick.at(POINT)).rejects.toThrow("Program tanh, loss: expected a finite number, got NaN");
  });

  test("data that disagree about the number of examples, or are not as specified", async () => {
    await expect(compiled({ data: { ...DATA, labels: int([10], new Int32Array(10)) } })).rejects.toThrow(
      'Program tanh, data "labels": expected 11 along axis 0, got shape [10]',
    );
    await expect(compiled({ data: {} })).rejects.toThrow("expected at least one array of data");
    const program = await compiled();
    expect(() => program.bind({ x: DATA.x })).toThrow(
      'Program tanh, data "labels": expected int32 of shape [11], got none',
    );
  });

  test("senseless counts, parameters of another type, and a point before its data", async () => {
    await expect(compiled({ examplesAtOnce: 0 })).rejects.toThrow("examplesAtOnce: expected an integer of at least 1");
    await expect(compiled({ directionsAtOnce: 1.5 })).rejects.toThrow(
      "directionsAtOnce: expected an integer of at least 1",
    );
    await expect(compiled({ params: { ...PARAMS, w1: int([1], [0]) } })).rejects.toThrow(
      'Parameter "w1": expected float32, got int32',
    );
    const program = await compileCurvature(nativeDevice, { name: "tanh", matrix: HESSIAN, params: PARAMS, data: DATA });
    open.push(program);
    await expect(program.at(POINT)).rejects.toThrow("Program tanh: expected bind() before at()");
  });
});

describe("layout", () => {
  test("is by name and not by insertion, row-major, and reversible", () => {
    const layout = recordLayout({ b: float([2], []), a: float([2, 2], []) });
    const vector = flattenRecord(layout, { b: float([2], [5, 6]), a: float([2, 2], [1, 2, 3, 4]) });
    expect(Array.from(vector)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(unflattenRecord(layout, vector)).toEqual({ a: float([2, 2], [1, 2, 3, 4]), b: float([2], [5, 6]) });
  });

  test("refuses values that float32 cannot hold", () => {
    const layout = recordLayout({ a: float([1], []) });
    expect(() => unflattenRecord(layout, Float64Array.of(1e39))).toThrow(
      'vector "a": expected finite values, got 1e+39',
    );
  });
});

describe("gradient norms of a data set", () => {
  const sizes = { width: 8, heads: 2, hidden: 16, classes: 5, vocabulary: 6, sequence: 3 };
  const loss = transformerLoss(sizes);
  const one = (p: JaxArrays, { tokens, labels }: JaxArrays) =>
    loss(p, { tokens: ops.reshape(tokens, [1, 3]), labels: ops.reshape(labels, [1]) });
  const params = normalRecord(transformerSpecs(sizes), 3, 0.4);
  const data = { tokens: randomIntegers([10, 3], 6, 1), labels: randomIntegers([10], 5, 2) };

  test.each([10, 4, 1])("in blocks of %i are those of the gradients written out", async (examplesAtOnce) => {
    const program = await compileGradientNorms(nativeDevice, {
      name: "norms",
      loss: one,
      params,
      data,
      examplesAtOnce,
    });
    open.push(program);
    program.bind(data);
    const norms = await program.norms(params);
    const plain = await nativeDevice.compileFunction({
      name: "plain",
      inputs: { ...withPrefix(params, "p."), ...data },
      fn: (args: JaxArrays) => ({
        norms: gradNormsPerExample(one, withoutPrefix(args, "p."), { tokens: args.tokens, labels: args.labels }),
      }),
    });
    open.push(plain);
    const expected = (await plain.run({ ...withPrefix(params, "p."), ...data })).norms.data;
    for (const [i, value] of norms.entries()) expect(value / expected[i]).toBeCloseTo(1, 5);
  });

  test("a broken example has a broken norm, the others have theirs", async () => {
    const specs = tanhSpecs(TANH);
    const single = (p: JaxArrays, { x, labels }: JaxArrays) =>
      tanhLoss(p, { x: ops.reshape(x, [1, 4]), labels: ops.reshape(labels, [1]) });
    const program = await compileGradientNorms(nativeDevice, {
      name: "norms",
      loss: single,
      params: specs,
      data: DATA,
    });
    open.push(program);
    program.bind(DATA);
    const whole = await program.norms(POINT);
    const x: Tensor = { ...DATA.x, data: DATA.x.data.slice() };
    x.data[8] = Number.NaN;
    program.bind({ ...DATA, x });
    const broken = await program.norms(POINT);
    for (const [i, value] of broken.entries()) expect(value).toEqual(i === 2 ? Number.NaN : whole[i]);
    expect(norm(Float64Array.from(whole))).toBeGreaterThan(0);
  });
});
