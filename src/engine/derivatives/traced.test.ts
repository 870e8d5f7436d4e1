/**
 * Reference: JAX 0.10.2 in float64, `python fixtures/makeCurvature.py > fixtures/curvature.json`.
 */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { Tensor } from "../../core/index.ts";
import { printGraph } from "../ir/print.ts";
import { softmaxCrossEntropy } from "../layers/losses.ts";
import { lowerFunction } from "../lowerFunction.ts";
import { nativeDevice } from "../native.ts";
import * as ops from "../ops.ts";
import type { JaxArrays, Specs } from "../program.ts";
import { initEngine } from "../program.ts";
import type { Tensors } from "../reference.suite.ts";
import { expectAgreement, float, int, onEngine } from "../reference.suite.ts";
import { withoutPrefix, withPrefix } from "../stepTable.ts";
import reference from "./fixtures/curvature.json" with { type: "json" };
import { gaussNewtonVp, gaussNewtonVpMany } from "./gaussNewton.ts";
import { valueAndGradient } from "./gradient.ts";
import { hvp, hvpMany } from "./hvp.ts";
import { jvpAlong, jvpAlongMany } from "./jvpAlong.ts";
import { normalRecord, tanhLogits, tanhLoss, tanhSpecs, transformerLogits } from "./models.fixture.ts";
import { gradNormsPerExample, gradPerExample } from "./perExample.ts";
import { mapRecord } from "./record.ts";

beforeAll(() => initEngine());

const SIZES = { width: 4, heads: 2, hidden: 6, classes: 3, vocabulary: 5, sequence: 3 };
const MODELS = {
  tanh: { logits: tanhLogits, input: "x" },
  transformer: { logits: transformerLogits(SIZES), input: "tokens" },
} as const;

/** All derivatives of one model as one function of prefixed records. */
function derivatives({ logits, input }: (typeof MODELS)[keyof typeof MODELS]) {
  return (args: JaxArrays): JaxArrays => {
    const [params, direction] = [withoutPrefix(args, "p."), withoutPrefix(args, "v.")];
    const data = { [input]: args[input] };
    const loss = (p: JaxArrays) => softmaxCrossEntropy(logits(p, data), args.labels);
    const output = (p: JaxArrays) => logits(p, data);
    const one = (p: JaxArrays, example: JaxArrays) => {
      const rows = { [input]: ops.reshape(example.input, [1, ...example.input.shape]) };
      return softmaxCrossEntropy(logits(p, rows), ops.reshape(example.label, [1]));
    };
    const { value, gradient } = valueAndGradient(loss, params);
    const lossOfOutput = (y: JaxArrays[string]) => softmaxCrossEntropy(y, args.labels);
    return {
      loss: value,
      ...withPrefix(gradient, "gradient."),
      ...withPrefix(hvp(loss, params, direction), "hvp."),
      ...withPrefix(gaussNewtonVp({ output, lossOfOutput }, params, direction), "gaussNewton."),
      change: jvpAlong((p) => ({ y: output(p) }), params, direction).tangent.y,
      norms: gradNormsPerExample(one, params, { input: args[input], label: args.labels }),
    };
  };
}

function inputsOf(name: keyof typeof MODELS): Tensors {
  const { params, direction, inputs, labels } = reference[name];
  const tensors = (record: object): Tensors =>
    Object.fromEntries(Object.entries(record).map(([key, { shape, data }]) => [key, float(shape, data)]));
  const x = name === "tanh" ? float(inputs.shape, inputs.data) : int(inputs.shape, inputs.data);
  return {
    ...withPrefix(tensors(params), "p."),
    ...withPrefix(tensors(direction), "v."),
    [MODELS[name].input]: x,
    labels: int(labels.shape, labels.data),
  };
}

describe.each(["tanh", "transformer"] as const)("a %s network", (name) => {
  test("agrees with JAX in float64", async () => {
    const got = await onEngine(derivatives(MODELS[name]), inputsOf(name));
    const expected = { ...reference[name] } as Record<string, unknown>;
    for (const [key, { data }] of Object.entries(got)) {
      const [group, array] = key.split(".");
      const target = (array === undefined ? expected[group] : (expected[group] as Tensors)[array]) as Tensor;
      // float32 sums of tens of terms of order 1.
      for (const [i, value] of data.entries())
        expect(Math.abs(value - target.data[i]), `${key}[${i}]`).toBeLessThan(3e-6 * (1 + Math.abs(target.data[i])));
    }
  });

  test("agrees with jax-js's own CPU device", () => expectAgreement(derivatives(MODELS[name]), inputsOf(name), 5e-6));
});

/** ½·xᵀAx for symmetric A. */
const quadratic = (a: JaxArrays[string], { x }: JaxArrays) => ops.mul(ops.sum(ops.mul(x, ops.matmul(a, x))), 0.5);

async function quadraticProducts(size: number, a: number[], x: number[], v: number[]): Promise<number[]> {
  const inputs = { a: float([size, size], a), x: float([size], x), v: float([size], v) };
  const { product } = await onEngine(
    ({ a: matrix, x: at, v: along }) => ({ product: hvp((p) => quadratic(matrix, p), { x: at }, { x: along }).x }),
    inputs,
  );
  return Array.from(product.data);
}

test("the Hessian of ½xᵀAx is A, wherever it is asked", async () => {
  const a = [2, -1, 0, -1, 3, 0.5, 0, 0.5, -4];
  expect(await quadraticProducts(3, a, [7, -3, 0], [1, 2, 3])).toEqual([0, 6.5, -11]);
  expect(await quadraticProducts(3, a, [0, 0, 100], [0, 0, 1])).toEqual([0, 0.5, -4]);
});

const TANH = { inputs: 4, hidden: 5, classes: 3 };

test("H is linear and symmetric: uᵀHv = vᵀHu, H(αu + v) = αHu + Hv", async () => {
  const specs = tanhSpecs(TANH);
  const { inputs, labels } = reference.tanh;
  const data = { x: float(inputs.shape, inputs.data), labels: int(labels.shape, labels.data) };
  const along = Object.entries(specs).map(([key, spec]): [string, typeof spec] => [`v.${key}`, spec]);
  const program = await nativeDevice.compileFunction({
    name: "hvp",
    inputs: { ...withPrefix(specs, "p."), ...Object.fromEntries(along), ...data },
    fn: (args) => hvp((p) => tanhLoss(p, args), withoutPrefix(args, "p."), withoutPrefix(args, "v.")),
  });
  const seeds = fc.integer({ min: 1, max: 1e6 });
  await fc.assert(
    fc.asyncProperty(seeds, seeds, fc.double({ min: -2, max: 2, noNaN: true }), async (one, two, alpha) => {
      const [params, u, v] = [
        normalRecord(specs, one + two, 0.7),
        normalRecord(specs, one, 1),
        normalRecord(specs, two, 1),
      ];
      const mixed = combine(alpha, u, v);
      const at = withPrefix(params, "p.");
      const [hu, hv, hm] = [
        await program.run({ ...at, ...data, ...withPrefix(u, "v.") }),
        await program.run({ ...at, ...data, ...withPrefix(v, "v.") }),
        await program.run({ ...at, ...data, ...withPrefix(mixed, "v.") }),
      ];
      expect(inner(u, hv)).toBeCloseTo(inner(v, hu), 4);
      const sum = combine(alpha, hu, hv);
      for (const [key, { data: values }] of Object.entries(hm))
        for (const [i, value] of values.entries()) expect(value).toBeCloseTo(sum[key].data[i], 4);
    }),
    { seed: 3, numRuns: 12 },
  );
  await program.dispose();
});

test("H·v is the central difference of the gradient", async () => {
  const specs = tanhSpecs(TANH);
  const { inputs, labels } = reference.tanh;
  const data = { x: float(inputs.shape, inputs.data), labels: int(labels.shape, labels.data) };
  const [params, v] = [normalRecord(specs, 1, 0.7), normalRecord(specs, 2, 1)];
  const gradientAt = (at: Tensors) =>
    onEngine((args) => valueAndGradient((p) => tanhLoss(p, args), withoutPrefix(args, "p.")).gradient, {
      ...withPrefix(at, "p."),
      ...data,
    });
  const step = 1e-2;
  const [ahead, behind] = [await gradientAt(combine(step, v, params)), await gradientAt(combine(-step, v, params))];
  const product = await onEngine(
    (args) => hvp((p) => tanhLoss(p, args), withoutPrefix(args, "p."), withoutPrefix(args, "v.")),
    { ...withPrefix(params, "p."), ...withPrefix(v, "v."), ...data },
  );
  // Third derivatives of order 1 times step² = 10⁻⁴, and rounding 10⁻⁷ / step.
  for (const [key, { data: values }] of Object.entries(product))
    for (const [i, value] of values.entries())
      expect(Math.abs(value - (ahead[key].data[i] - behind[key].data[i]) / (2 * step))).toBeLessThan(5e-4);
});

test("several directions at once are the products one by one", async () => {
  const specs = tanhSpecs(TANH);
  const { inputs, labels } = reference.tanh;
  const directions = [normalRecord(specs, 2, 1), normalRecord(specs, 3, 1)];
  const all = {
    ...withPrefix(normalRecord(specs, 1, 0.7), "p."),
    ...withPrefix(stacked(directions), "v."),
    x: float(inputs.shape, inputs.data),
    labels: int(labels.shape, labels.data),
  };
  const got = await onEngine((args) => {
    const [p, many] = [withoutPrefix(args, "p."), withoutPrefix(args, "v.")];
    const loss = (q: JaxArrays) => tanhLoss(q, args);
    const lossOfOutput = (y: JaxArrays[string]) => softmaxCrossEntropy(y, args.labels);
    const model = { output: (q: JaxArrays) => tanhLogits(q, args), lossOfOutput };
    const record = (q: JaxArrays) => ({ y: tanhLogits(q, args) });
    const oneByOne = directions.map((_, i) => {
      const v = mapRecord(many, (array) => array.ref.slice(i));
      return {
        ...withPrefix(hvp(loss, p, v), `single.${i}.h.`),
        ...withPrefix(gaussNewtonVp(model, p, v), `single.${i}.g.`),
        ...withPrefix(jvpAlong(record, p, v).tangent, `single.${i}.j.`),
      };
    });
    return {
      ...withPrefix(hvpMany(loss, p, many), "many.h."),
      ...withPrefix(gaussNewtonVpMany(model, p, many), "many.g."),
      ...withPrefix(jvpAlongMany(record, p, many), "many.j."),
      ...oneByOne[0],
      ...oneByOne[1],
    };
  }, all);
  for (const [key, { data, shape }] of Object.entries(withoutPrefix(got, "many.")))
    for (const i of directions.keys()) {
      const single = got[`single.${i}.${key}`];
      expect(shape).toEqual([2, ...single.shape]);
      for (const [k, value] of single.data.entries()) expect(data[i * single.data.length + k]).toBeCloseTo(value, 5);
    }
});

describe("per example", () => {
  const specs: Specs = tanhSpecs(TANH);
  const { inputs, labels } = reference.tanh;
  const data = { x: float(inputs.shape, inputs.data), labels: int(labels.shape, labels.data) };
  const one = (p: JaxArrays, { x, label }: JaxArrays) =>
    softmaxCrossEntropy(tanhLogits(p, { x: ops.reshape(x, [1, 4]) }), ops.reshape(label, [1]));

  test("the mean of the gradients is the gradient of the mean, and the norms are theirs", async () => {
    const got = await onEngine(
      (args) => {
        const p = withoutPrefix(args, "p.");
        const examples = { x: args.x, label: args.labels };
        return {
          ...withPrefix(gradPerExample(one, p, examples), "each."),
          ...withPrefix(valueAndGradient((q) => tanhLoss(q, args), p).gradient, "mean."),
          norms: gradNormsPerExample(one, p, examples),
        };
      },
      { ...withPrefix(normalRecord(specs, 1, 0.7), "p."), ...data },
    );
    const squares = new Float64Array(6);
    for (const [key, { data: mean }] of Object.entries(withoutPrefix(got, "mean."))) {
      const each = got[`each.${key}`];
      expect(each.shape).toEqual([6, ...specs[key].shape]);
      for (const [i, value] of mean.entries()) {
        const values = Array.from({ length: 6 }, (_, n) => each.data[n * mean.length + i]);
        expect(values.reduce((total, x) => total + x, 0) / 6).toBeCloseTo(value, 6);
        for (const [n, x] of values.entries()) squares[n] += x * x;
      }
    }
    for (const [n, norm] of got.norms.data.entries()) expect(norm).toBeCloseTo(Math.sqrt(squares[n]), 5);
  });

  test("a batch of gradients is one batched program, parameters unrepeated", () => {
    const graph = lowerFunction({
      name: "each",
      inputs: { ...withPrefix(specs, "p."), ...data },
      fn: (args) => gradPerExample(one, withoutPrefix(args, "p."), { x: args.x, label: args.labels }),
    });
    const text = printGraph(graph);
    expect(text).not.toMatch(/Expand|Loop/);
    // Forward and back-propagation go over all examples at once, as they would for a mean.
    expect(text).toMatch(/float32\[6,5\] = MatMul\(%x, %p\.w1, %p\.b1\)/);
  });

  test("examples of unequal number are refused by name", () => {
    const examples = { ...withPrefix(specs, "p."), x: data.x, labels: int([5], [0, 0, 0, 0, 0]) };
    expect(() =>
      lowerFunction({
        name: "each",
        inputs: examples,
        fn: (args) => gradPerExample(one, withoutPrefix(args, "p."), { x: args.x, label: args.labels }),
      }),
    ).toThrow('gradPerExample, "label": expected 6 rows along axis 0, got shape [5]');
  });
});

describe("directions that do not fit are refused before anything is computed", () => {
  const lower = (direction: Specs, product: typeof hvp = hvp) =>
    lowerFunction({
      name: "quadratic",
      inputs: { "p.x": float([3], [1, 2, 3]), ...withPrefix(direction, "v.") },
      fn: (args) => product((p) => ops.sum(ops.square(p.x)), withoutPrefix(args, "p."), withoutPrefix(args, "v.")),
    });

  test("by shape", () => {
    expect(() => lower({ x: float([4], [1, 2, 3, 4]) })).toThrow(
      'hvp, direction "x": expected float32 of shape [3], got float32 of shape [4]',
    );
    expect(() => lower({ x: float([2, 4], [1, 2, 3, 4, 5, 6, 7, 8]) }, hvpMany)).toThrow(
      'hvpMany, direction "x": expected float32 of shape [2, 3], got float32 of shape [2, 4]',
    );
  });

  test("by type", () => {
    expect(() => lower({ x: int([3], [1, 2, 3]) })).toThrow("got int32 of shape [3]");
  });

  test("by name", () => {
    expect(() => lower({ y: float([3], [1, 2, 3]) })).toThrow('hvp: expected an array for each of {x}, got no "x"');
    expect(() => lower({ x: float([3], [1, 2, 3]), y: float([3], [1, 2, 3]) })).toThrow('got "y" besides');
  });
});

function stacked(records: readonly Tensors[]): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(records[0]).map(([key, { shape }]) => [
      key,
      float(
        [records.length, ...shape],
        records.flatMap((record) => Array.from(record[key].data)),
      ),
    ]),
  );
}

function combine(alpha: number, u: Tensors, v: Tensors): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(u).map(([key, { shape, data }]) => [
      key,
      float(
        shape,
        Float32Array.from(data, (value, i) => alpha * value + v[key].data[i]),
      ),
    ]),
  );
}

function inner(u: Tensors, v: Tensors): number {
  const terms = Object.entries(u).flatMap(([key, { data }]) => Array.from(data, (value, i) => value * v[key].data[i]));
  return terms.reduce((total, term) => total + term, 0);
}
