/**
 * @file What every device must do: the suite that all of them run. References are double precision in plain JavaScript,
 * so a device is right by itself and not only like another.
 */
import { grad, numpy as np } from "@jax-js/jax";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Tensor } from "../core/index.ts";
import { NumericsSchema, Rng } from "../core/index.ts";
import type { Device, FunctionSpec, LoopProgram, LoopSpec, Tensors } from "./device.ts";
import { mlpData, mlpLoop, sliceTable } from "./mlp.fixture.ts";
import * as ops from "./ops.ts";
import type { JaxArrays } from "./program.ts";

const SIZES = { inputs: 12, hidden: 8, classes: 5, batch: 8, rows: 30 };
const STEPS = 7;
const SPEC = mlpLoop(SIZES, { pixels: "uint8" });
const DATA = mlpData(SIZES, STEPS, 3, "uint8");

/** Unit roundoff of float32. */
const ROUNDOFF = 2 ** -24;

/**
 * How far a float32 sum of n terms of total size Σ|x| may be from the true one: λ√n·u·Σ|x| with λ = 6, which for
 * independent rounding errors is exceeded with probability below 10⁻⁶ (Higham and Mary, SIAM J. Sci. Comput. 41, 2019,
 * theorem 3.1). The certain bound n·u would hide a wrong order of a hundred terms.
 */
export const sumTolerance = (terms: number, absoluteTotal: number): number =>
  6 * Math.sqrt(terms) * ROUNDOFF * absoluteTotal;

const float = (shape: readonly number[], data: ArrayLike<number>): Tensor => ({
  dtype: "float32",
  shape,
  data: Float32Array.from(data),
});
const int = (...values: number[]): Tensor => ({
  dtype: "int32",
  shape: [values.length],
  data: Int32Array.from(values),
});
const draws = (count: number, name: string): number[] => {
  const rng = Rng.of(5, "device-suite", name);
  return Array.from({ length: count }, () => rng.uniform() * 4 - 2);
};

export interface DeviceAccuracy {
  /** Largest relative error of an elementwise function, in units of roundoff; absolute where the value is below 1. */
  readonly elementwiseUnits: number;
  /** Largest absolute error of a natural logarithm. */
  readonly logError: number;
}

export function testDevice(name: string, open: () => Device, { elementwiseUnits, logError }: DeviceAccuracy): void {
  describe(`device ${name}`, () => {
    const device = open();
    const evaluate = async (
      spec: Omit<FunctionSpec, "name">,
      inputs: Tensors,
      resident?: Tensors,
    ): Promise<Tensors> => {
      const program = await device.compileFunction({ name: "f", ...spec });
      try {
        if (resident !== undefined) program.bind(resident);
        return await program.run(inputs);
      } finally {
        await program.dispose();
      }
    };

    describe("functions", () => {
      test("elementwise operations agree with double precision within what the device is known for, broadcasts included", async () => {
        const x = float([6], [-1.5, -0.25, 0, 0.5, 1, 3]);
        const y = float([2, 1], [0.75, 2]);
        const { e, l, t, s, w } = await evaluate(
          {
            inputs: { x, y },
            fn: ({ x: a, y: b }: JaxArrays) => ({
              e: ops.exp(ops.mul(a, b)),
              l: ops.log(ops.add(ops.square(a), b)),
              t: ops.tanh(ops.sub(a, b)),
              s: ops.sigmoid(ops.div(a, b)),
              w: ops.where(ops.less(a, b), ops.neg(a), ops.maximum(b, 1)),
            }),
          },
          { x, y },
        );
        const expected: Record<string, (a: number, b: number) => number> = {
          e: (a, b) => Math.exp(a * b),
          l: (a, b) => Math.log(a * a + b),
          t: (a, b) => Math.tanh(a - b),
          s: (a, b) => 1 / (1 + Math.exp(-a / b)),
          w: (a, b) => (a < b ? -a : Math.max(b, 1)),
        };
        for (const [key, tensor] of Object.entries({ e, l, t, s, w })) {
          expect(tensor.shape).toEqual([2, 6]);
          for (let i = 0; i < 12; i++) {
            const target = expected[key](x.data[i % 6], y.data[Math.floor(i / 6)]);
            expect(Math.abs(tensor.data[i] - target), `${key}[${i}]`).toBeLessThanOrEqual(
              key === "l" ? logError : elementwiseUnits * ROUNDOFF * Math.max(1, Math.abs(target)),
            );
          }
        }
      });

      test("sums and products of matrices agree with double precision within the bound for their length", async () => {
        const [m, k, n] = [5, 300, 4];
        const a = float([m, k], draws(m * k, "a"));
        const b = float([k, n], draws(k * n, "b"));
        const { product, total, tops } = await evaluate(
          {
            inputs: { a, b },
            fn: (args) => ({
              product: ops.matmul(args.a, args.b),
              total: ops.sum(args.a, 1),
              tops: ops.max(args.a, 1),
            }),
          },
          { a, b },
        );
        for (let i = 0; i < m; i++) {
          const row = Array.from(a.data.subarray(i * k, (i + 1) * k));
          const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
          const size = (values: readonly number[]): number => sum(values.map(Math.abs));
          expect(Math.abs(total.data[i] - sum(row))).toBeLessThanOrEqual(sumTolerance(k, size(row)));
          expect(tops.data[i]).toBe(Math.max(...row));
          for (let j = 0; j < n; j++) {
            const terms = row.map((value, at) => value * b.data[at * n + j]);
            expect(Math.abs(product.data[i * n + j] - sum(terms))).toBeLessThanOrEqual(sumTolerance(k, size(terms)));
          }
        }
      });

      test("the gradient of a softmax cross-entropy with integer labels is (softmax − one-hot)/n", async () => {
        const [n, classes] = [6, 5];
        const logits = float([n, classes], draws(n * classes, "logits"));
        const labels = int(0, 4, 2, 2, 1, 3);
        const { g, right } = await evaluate(
          {
            inputs: { logits, labels },
            fn: (args) => ({
              g: grad((x: JaxArrays[string]) => {
                const shifted = ops.sub(x, ops.stopGradient(ops.reshape(ops.max(x, 1), [n, 1])));
                const own = ops.sum(ops.mul(shifted, ops.oneHot(args.labels, classes)), 1);
                return ops.mean(ops.sub(ops.log(ops.sum(ops.exp(shifted), 1)), own));
              })(args.logits.ref),
              right: ops.isTopLabel(args.logits, args.labels),
            }),
          },
          { logits, labels },
        );
        expect(right.dtype).toBe("bool");
        for (let i = 0; i < n; i++) {
          const row = Array.from(logits.data.subarray(i * classes, (i + 1) * classes));
          const total = row.reduce((all, value) => all + Math.exp(value), 0);
          expect(right.data[i]).toBe(Number(row[labels.data[i]] === Math.max(...row)));
          for (let c = 0; c < classes; c++) {
            const target = (Math.exp(row[c]) / total - Number(labels.data[i] === c)) / n;
            expect(Math.abs(g.data[i * classes + c] - target)).toBeLessThanOrEqual(sumTolerance(classes, 1));
          }
        }
      });

      test("gathers take rows of bytes, integers and floats, in any order and repeatedly, and convert them to the bit", async () => {
        const bytes: Tensor = {
          dtype: "uint8",
          shape: [4, 3],
          data: Uint8Array.from([0, 1, 2, 50, 51, 52, 128, 200, 255, 7, 8, 9]),
        };
        const labels = int(3, -1, 7, 2);
        const table = float([3, 2], [0.1, -0.2, 0.3, 4, 5, 6]);
        const rows = int(2, 0, 2);
        const outputs = await evaluate(
          {
            inputs: { rows },
            resident: { bytes, labels, table },
            gathers: {
              image: { from: "bytes", by: "rows", scale: 1 / 255 },
              plain: { from: "bytes", by: "rows" },
              label: { from: "labels", by: "rows" },
              entry: { from: "table", by: "rows" },
            },
            fn: ({ image, plain, label, entry, labels: all }) => ({
              image,
              plain,
              label,
              entry,
              sum: ops.sum(ops.toFloat(all)),
            }),
          },
          { rows },
          { bytes, labels, table },
        );
        const taken = [128, 200, 255, 0, 1, 2, 128, 200, 255];
        expect([...outputs.plain.data]).toEqual(taken);
        expect([...outputs.image.data]).toEqual(taken.map((byte) => Math.fround(byte * Math.fround(1 / 255))));
        expect([outputs.label.dtype, ...outputs.label.data]).toEqual(["int32", 7, 3, 7]);
        expect([...outputs.entry.data]).toEqual([...float([6], [5, 6, 0.1, -0.2, 5, 6]).data]);
        expect([outputs.sum.shape, outputs.sum.data[0]]).toEqual([[], 11]);
      });

      test("an input may be handed through, used many times, left unused, and hold equal or single elements", async () => {
        const x = float([3], [2, 2, 2]);
        const one = float([], [-0.5]);
        const outputs = await evaluate(
          {
            inputs: { x, one, unused: x },
            fn: (args) => ({ x: args.x, twice: ops.add(args.x, args.x), one: ops.mul(args.one, args.x) }),
          },
          { x, one },
        );
        expect(Object.fromEntries(Object.entries(outputs).map(([key, { data }]) => [key, [...data]]))).toEqual({
          x: [2, 2, 2],
          twice: [4, 4, 4],
          one: [-1, -1, -1],
        });
      });

      test("NaN and infinities pass through arithmetic as IEEE 754 says", async () => {
        const x = float([3], [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
        const { sum, doubled } = await evaluate(
          { inputs: { x }, fn: (args) => ({ sum: ops.sum(args.x), doubled: ops.mul(args.x, 2) }) },
          { x },
        );
        expect([sum.data[0], ...doubled.data]).toEqual([
          Number.NaN,
          Number.NaN,
          Number.POSITIVE_INFINITY,
          Number.NEGATIVE_INFINITY,
        ]);
      });

      test("wrong, missing and unbound tensors, rows that do not exist, and use after dispose are named", async () => {
        const table = float([3, 2], [1, 2, 3, 4, 5, 6]);
        const rows = int(0, 1);
        const program = await device.compileFunction({
          name: "lookup",
          inputs: { rows, x: float([2], [0, 0]) },
          resident: { table },
          gathers: { entry: { from: "table", by: "rows" } },
          fn: ({ entry, x }) => ({ y: ops.add(entry, x) }),
        });
        const x = float([2], [1, 1]);
        await expect(program.run({ rows, x })).rejects.toThrow("Program lookup: expected bind() before run()");
        expect(() => program.bind({ table: float([2, 2], [1, 2, 3, 4]) })).toThrow(
          'Program lookup, resident "table": expected float32 of shape [3, 2], got float32 of shape [2, 2]',
        );
        expect(() => program.bind({})).toThrow(
          'Program lookup, resident "table": expected a float32 tensor of [3, 2], got none',
        );
        program.bind({ table });
        await expect(program.run({ rows })).rejects.toThrow('Program lookup, input "x": expected a float32 tensor');
        await expect(program.run({ rows, x: int(1, 1) })).rejects.toThrow(
          'Program lookup, input "x": expected float32 of shape [2], got int32 of shape [2]',
        );
        for (const row of [3, -1])
          await expect(program.run({ rows: int(0, row), x })).rejects.toThrow(
            `Program lookup, input "rows": expected rows 0…2 of "table" (gather "entry"), got ${row} at element 1`,
          );
        expect([...(await program.run({ rows, x })).y.data]).toEqual([2, 3, 4, 5]);
        await program.dispose();
        await program.dispose();
        await expect(program.run({ rows, x })).rejects.toThrow("Program lookup: expected no use after dispose()");
        expect(() => program.bind({ table })).toThrow("Program lookup: expected no use after dispose()");
      });

      test("a position outside of the axis that it indexes is an error that names the program", async () => {
        const table = float([3, 2], [1, 2, 3, 4, 5, 6]);
        const program = await device.compileFunction({
          name: "embedding",
          inputs: { table, token: int(0, 1) },
          fn: ({ table: all, token }) => ({ rows: np.take(all, token, 0) }),
        });
        expect([...(await program.run({ table, token: int(2, 0) })).rows.data]).toEqual([5, 6, 1, 2]);
        await expect(program.run({ table, token: int(0, 3) })).rejects.toThrow(/^Program embedding\b.*\b3\b/);
        await program.dispose();
      });

      test("what cannot be compiled is refused at compilation, by name", async () => {
        const compile = (spec: Partial<FunctionSpec>): Promise<unknown> =>
          device.compileFunction({
            name: "bad",
            inputs: { x: float([3], [1, 2, 3]) },
            fn: ({ x }) => ({ x }),
            ...spec,
          });
        await expect(compile({ fn: ({ x }) => ({ y: x.add(x).add(x) }) })).rejects.toThrow(
          /^Program bad: expected a traceable function, got: .*freed.*use `.ref` on every use/,
        );
        await expect(compile({ inputs: { x: { dtype: "uint8", shape: [3] } } })).rejects.toThrow(
          'Program bad, input "x": expected float32, int32, uint32 or bool, got uint8; gather it from a resident tensor',
        );
        await expect(compile({ resident: { x: { dtype: "float32", shape: [3] } } })).rejects.toThrow(
          'Program bad: expected distinct input names, got "x" twice',
        );
        await expect(compile({ gathers: { y: { from: "nothing", by: "x" } } })).rejects.toThrow(
          'Program bad, gather "y": expected "from" to name a resident tensor with rows, got "nothing"',
        );
      });
    });

    describe("loops", () => {
      let program: LoopProgram;
      beforeAll(async () => {
        program = await device.compileLoop(SPEC);
        program.bind(DATA.resident);
      });
      afterAll(() => program.dispose());

      /** All bits of the seven steps, run in calls of these lengths. */
      async function bitsOf(calls: readonly number[], loop: LoopProgram = program): Promise<Record<string, number[]>> {
        let state: Tensors = DATA.state;
        const losses: number[] = [];
        let from = 0;
        for (const steps of calls) {
          const result = await loop.run({ state, table: sliceTable(DATA.table, from, steps), steps });
          expect(result.outputs.loss.shape).toEqual([steps]);
          losses.push(...result.outputs.loss.data);
          state = result.state;
          from += steps;
        }
        const bits = Object.entries(state).map(([key, { data }]) => [key, [...data]] as const);
        return { losses, ...Object.fromEntries(bits) };
      }

      test("seven steps give the same bits however they are cut into calls", async () => {
        const whole = await bitsOf([STEPS]);
        expect(await bitsOf([STEPS])).toEqual(whole);
        expect(await bitsOf(Array.from({ length: STEPS }, () => 1))).toEqual(whole);
        const cuts = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 4 });
        await fc.assert(
          fc.asyncProperty(cuts, async (lengths) => {
            const used = lengths.reduce((all, steps) => all + steps, 0);
            expect(await bitsOf(used < STEPS ? [...lengths, STEPS - used] : [2, 2, 3])).toEqual(whole);
          }),
          { seed: 11, numRuns: 4 },
        );
      });

      test("a program compiled again has the same hash and gives the same bits; another program has another hash", async () => {
        const again = await device.compileLoop(SPEC);
        again.bind(DATA.resident);
        expect(again.graphHash).toBe(program.graphHash);
        expect(again.graphHash).toMatch(/^[0-9a-f]{64}$/);
        expect(await bitsOf([STEPS], again)).toEqual(await bitsOf([STEPS]));
        await again.dispose();
        const others: LoopSpec[] = [
          mlpLoop({ ...SIZES, hidden: 9 }, { pixels: "uint8" }),
          mlpLoop(SIZES, { pixels: "float32" }),
          { ...SPEC, gathers: { ...SPEC.gathers, image: { from: "pixels", by: "index", scale: 1 / 256 } } },
          { ...SPEC, step: (args) => ({ ...SPEC.step(args), outputs: { loss: ops.sum(args.w1) } }) },
        ];
        for (const spec of others) {
          const other = await device.compileLoop(spec);
          expect(other.graphHash).not.toBe(program.graphHash);
          await other.dispose();
        }
      });

      test("two calls at the same time give what they give one after the other", async () => {
        const whole = await bitsOf([STEPS]);
        expect(await Promise.all([bitsOf([3, 4]), bitsOf([STEPS])])).toEqual([whole, whole]);
      });

      test("what is given stays as it was, and what is returned is the caller's own", async () => {
        const before = structuredClone(DATA);
        const first = await program.run({ state: DATA.state, table: DATA.table, steps: STEPS });
        const kept = structuredClone(first);
        const second = await program.run({ state: first.state, table: DATA.table, steps: STEPS });
        expect(DATA).toEqual(before);
        expect(first).toEqual(kept);
        second.state.w1.data.fill(0);
        expect(first).toEqual(kept);
      });

      test("training lowers the loss of a batch that is repeated", async () => {
        const steps = 120;
        const { state, table } = mlpData(SIZES, steps, 3, "uint8");
        for (const key of ["index", "patch"]) {
          const { data } = table[key];
          for (let i = 0; i < data.length; i++) data[i] = data[i % SIZES.batch];
        }
        const { outputs } = await program.run({ state, table, steps });
        expect(outputs.loss.data[steps - 1]).toBeLessThan(0.8 * outputs.loss.data[0]);
      });

      test("binding other tensors acts from the next call on", async () => {
        const { loss } = (await program.run({ state: DATA.state, table: DATA.table, steps: STEPS })).outputs;
        const blank = structuredClone(DATA.resident);
        blank.labels.data.fill(0);
        program.bind(blank);
        const other = (await program.run({ state: DATA.state, table: DATA.table, steps: STEPS })).outputs;
        program.bind(DATA.resident);
        const back = (await program.run({ state: DATA.state, table: DATA.table, steps: STEPS })).outputs;
        expect(back.loss).toEqual(loss);
        expect(other.loss).not.toEqual(loss);
      });

      test("state that the step hands on, sets or does not read, integers and flags per step", async () => {
        const counter = await device.compileLoop({
          name: "counter",
          resident: {},
          state: {
            count: { dtype: "int32", shape: [] },
            kept: { dtype: "float32", shape: [2] },
            last: { dtype: "float32", shape: [2] },
          },
          perStep: { add: { dtype: "int32", shape: [] }, x: { dtype: "float32", shape: [2] } },
          gathers: {},
          step: ({ count, kept, add, x }) => {
            const next = ops.add(count, add);
            return {
              state: { count: next, kept, last: x },
              outputs: { count: next, isLarge: ops.greater(next, 4), x },
            };
          },
        });
        const { state, outputs } = await counter.run({
          steps: 3,
          state: {
            count: { dtype: "int32", shape: [], data: Int32Array.of(1) },
            kept: float([2], [7, 8]),
            last: float([2], [0, 0]),
          },
          table: { add: int(2, 2, -4), x: float([3, 2], [1, 2, 3, 4, 5, 6]) },
        });
        expect([...outputs.count.data]).toEqual([3, 5, 1]);
        expect([outputs.isLarge.dtype, ...outputs.isLarge.data]).toEqual(["bool", 0, 1, 0]);
        expect([outputs.x.shape, ...outputs.x.data]).toEqual([[3, 2], 1, 2, 3, 4, 5, 6]);
        expect([state.count.data[0], ...state.kept.data, ...state.last.data]).toEqual([1, 7, 8, 5, 6]);
        await counter.dispose();
      });

      test("wrong, missing and unbound tensors, rows that do not exist, no steps, and use after dispose are named", async () => {
        const unbound = await device.compileLoop(SPEC);
        const all = { state: DATA.state, table: DATA.table, steps: STEPS };
        await expect(unbound.run(all)).rejects.toThrow("Program mlp: expected bind() before run()");
        expect(() => unbound.bind({ ...DATA.resident, labels: int(1) })).toThrow(
          'Program mlp, resident "labels": expected int32 of shape [30], got int32 of shape [1]',
        );
        await unbound.dispose();
        await unbound.dispose();
        await expect(unbound.run(all)).rejects.toThrow("Program mlp: expected no use after dispose()");
        const run = (change: object) => program.run({ ...all, ...change });
        const b1 = float([3], [1, 2, 3]);
        await expect(run({ state: { ...DATA.state, b1 } })).rejects.toThrow(
          'Program mlp, state "b1": expected float32 of shape [8], got float32 of shape [3]',
        );
        await expect(run({ state: {} })).rejects.toThrow(
          'Program mlp, state "w1": expected a float32 tensor of [12, 8], got none',
        );
        await expect(run({ table: {} })).rejects.toThrow('Program mlp, table "index": expected a int32 tensor');
        await expect(run({ steps: 8 })).rejects.toThrow(
          'table "index": expected int32 of shape [8, 8], got int32 of shape [7, 8]',
        );
        for (const steps of [0, -1, 1.5, Number.NaN])
          await expect(run({ steps })).rejects.toThrow(
            `Program mlp: expected steps to be a positive integer, got ${steps}`,
          );
        const index = structuredClone(DATA.table.index);
        index.data[17] = SIZES.rows;
        await expect(run({ table: { ...DATA.table, index } })).rejects.toThrow(
          'Program mlp, table "index": expected rows 0…29 of "pixels" (gather "image"), got 30 at element 17',
        );
      });

      test("a step that forgets part of the state, or changes its shape, is refused at compilation", async () => {
        const spec: Omit<LoopSpec, "step"> = {
          name: "broken",
          resident: {},
          state: { w: { dtype: "float32", shape: [2, 2] }, v: { dtype: "float32", shape: [2] } },
          perStep: {},
          gathers: {},
        };
        await expect(device.compileLoop({ ...spec, step: ({ w }) => ({ state: { w }, outputs: {} }) })).rejects.toThrow(
          "Program broken: expected the step to return the state {v, w}, got {w}",
        );
        await expect(
          device.compileLoop({ ...spec, step: ({ w, v }) => ({ state: { w: ops.sum(w, 0), v }, outputs: {} }) }),
        ).rejects.toThrow(
          'Program broken, state "w": expected float32 of shape [2, 2] from the step, got float32 of shape [2]',
        );
      });

      test("the numerics key names everything, in any order of programs", () => {
        const one = device.numericsOf(program);
        expect(NumericsSchema.parse(one)).toEqual(one);
        expect(one.graph).toBe(program.graphHash);
        expect(one.threads).toBe(1);
        const other = { graphHash: "0".repeat(64) };
        expect(device.numericsOf(program, other)).toEqual(device.numericsOf(other, program));
        expect(device.numericsOf(program, other).graph).not.toBe(one.graph);
      });
    });
  });
}
