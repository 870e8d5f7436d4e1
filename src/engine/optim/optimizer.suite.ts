/**
 * @file What every optimizer must do: the suite that each implementation runs.
 *
 * The problem is fixtures/makeOptimizerTrajectories.py's: three parameters (a wide and a tall matrix, a vector) with
 * gradient c·p + cos p, a learning rate that changes with every step, weight decay on.
 */
import { describe, expect, test } from "vitest";
import type { Tensor } from "../../core/index.ts";
import type { Device } from "../device.ts";
import { jaxDevice } from "../jax/device.ts";
import { nativeDevice } from "../native.ts";
import * as ops from "../ops.ts";
import type { JaxArrays, Specs } from "../program.ts";
import { float } from "../reference.suite.ts";
import { scalarColumns, withPrefix } from "../stepTable.ts";
import reference from "./fixtures/optimizerTrajectories.json" with { type: "json" };
import type { Optimizer } from "./optimizer.ts";
import { initialSlots, scalarTable } from "./optimizer.ts";

type Name = keyof typeof reference.start;
type Values = Readonly<Record<Name, readonly number[]>>;

const NAMES = Object.keys(reference.start) as Name[];
const SPECS: Specs = Object.fromEntries(
  NAMES.map((name) => [name, { dtype: "float32" as const, shape: reference.shapes[name] }]),
);
const STEPS = reference.rates.length;
const DEVICES: readonly Device[] = [nativeDevice, jaxDevice({ backend: "cpu" })];

export interface OptimizerCase {
  readonly optimizer: Optimizer;
  readonly weightDecay: number;
  /** The reference's name. */
  readonly path: keyof typeof reference.paths;
  /** Of a parameter after up to twelve steps; default 3e-6, a dozen roundings of numbers below 4. */
  readonly tolerance?: number;
  /** Coordinates of a parameter that one NaN in its gradient reaches; default its own alone. */
  readonly nanReaches?: "itself" | "itsMatrix";
}

export function testOptimizer(title: string, options: OptimizerCase): void {
  const { optimizer, weightDecay, path, tolerance = 3e-6, nanReaches = "itself" } = options;
  const start = { ...parametersOf(reference.start), ...initialSlots(optimizer, SPECS) };
  const rows = (decay: number): Readonly<Record<string, number>>[] =>
    reference.rates.map((learningRate, i) => optimizer.row({ learningRate, weightDecay: decay, update: i + 1 }));

  describe(title, () => {
    test.each(DEVICES)("follows its reference on every shape as rates change, with decay, on $kind", async (device) => {
      const { paths } = await run({ optimizer, state: start, rows: rows(weightDecay), gradient: ofTheProblem, device });
      for (const [i, step] of reference.recordedSteps.entries())
        for (const name of NAMES) {
          const expected = (reference.paths[path][i] as Values)[name];
          const size = expected.length;
          for (const [k, target] of expected.entries()) {
            const error = Math.abs(paths[name].data[(step - 1) * size + k] - target);
            expect(error, `step ${step}, ${name}[${k}]`).toBeLessThan(tolerance);
          }
        }
    });

    test("gives the same bits when its steps are cut into two runs", async () => {
      const all = rows(weightDecay);
      const whole = await run({ optimizer, state: start, rows: all, gradient: ofTheProblem });
      const first = await run({ optimizer, state: start, rows: all.slice(0, 5), gradient: ofTheProblem });
      const second = await run({ optimizer, state: first.state, rows: all.slice(5), gradient: ofTheProblem });
      expect(second.state).toEqual(whole.state);
    });

    test("carries slots of its own, which start at zero and keep their names and shapes", async () => {
      const slots = optimizer.slots(SPECS);
      for (const [name, { shape }] of Object.entries(slots)) {
        expect(NAMES).not.toContain(name);
        expect(start[name]).toEqual(float(shape, new Float32Array(shape.reduce((a, b) => a * b, 1))));
      }
      const { state } = await run({
        optimizer,
        state: start,
        rows: rows(weightDecay).slice(0, 1),
        gradient: ofTheProblem,
      });
      expect(Object.keys(state).sort()).toEqual([...NAMES, ...Object.keys(slots)].sort());
    });

    test("leaves parameters and slots alone when gradients and decay are zero", async () => {
      const nothing = (args: JaxArrays): JaxArrays => gradients((name) => ops.mul(args[name], 0));
      const { state } = await run({ optimizer, state: start, rows: rows(0), gradient: nothing });
      expect(state).toEqual(start);
    });

    test("a NaN in a gradient reaches its parameter, and no other", async () => {
      const broken = (args: JaxArrays): JaxArrays => ({
        ...ofTheProblem(args),
        wide: ops.add(ofTheProblem(args).wide, args["nan:wide"]),
      });
      const { state } = await run({ optimizer, state: start, rows: rows(weightDecay).slice(0, 2), gradient: broken });
      const areNaN = Array.from(state.wide.data, Number.isNaN);
      expect(areNaN).toEqual(areNaN.map((_, i) => (nanReaches === "itself" ? i === 1 : true)));
      for (const name of NAMES.filter((key) => key !== "wide"))
        expect(Array.from(state[name].data).every(Number.isFinite)).toBe(true);
    });

    test("has one value per column, and refuses steps that it cannot make", () => {
      const step = { learningRate: 0.1, weightDecay: 0.1, update: 1 };
      expect(Object.keys(optimizer.row(step)).sort()).toEqual([...optimizer.columns].sort());
      expect(() => optimizer.row({ ...step, update: 0 })).toThrow("update: expected an integer ≥ 1, got 0");
      expect(() => optimizer.row({ ...step, learningRate: Number.NaN })).toThrow(
        "learningRate: expected a finite number",
      );
      expect(() => optimizer.row({ ...step, weightDecay: Number.POSITIVE_INFINITY })).toThrow("weightDecay: expected");
    });
  });
}

const gradients = (of: (name: Name) => JaxArrays[string]): JaxArrays =>
  Object.fromEntries(NAMES.map((name) => [name, of(name)]));

const ofTheProblem = (args: JaxArrays): JaxArrays =>
  gradients((name) => ops.add(ops.mul(args[`c:${name}`], args[name]), ops.cos(args[name])));

const parametersOf = (values: Values): Record<string, Tensor> =>
  Object.fromEntries(NAMES.map((name) => [name, float(reference.shapes[name], values[name])]));

async function run(options: {
  readonly optimizer: Optimizer;
  readonly state: Readonly<Record<string, Tensor>>;
  readonly rows: readonly Readonly<Record<string, number>>[];
  readonly gradient: (args: JaxArrays) => JaxArrays;
  readonly device?: Device;
}): Promise<{ state: Record<string, Tensor>; paths: Record<Name, Tensor> }> {
  const { optimizer, state, rows, gradient, device = nativeDevice } = options;
  const slots = optimizer.slots(SPECS);
  const program = await device.compileLoop({
    name: optimizer.name,
    resident: { ...withPrefix(SPECS, "c:"), "nan:wide": SPECS.wide },
    state: { ...SPECS, ...slots },
    perStep: scalarTable(optimizer.columns),
    gathers: {},
    step(args) {
      const pick = (names: readonly string[]): JaxArrays => Object.fromEntries(names.map((name) => [name, args[name]]));
      const next = optimizer.update({
        params: pick(NAMES),
        grads: gradient(args),
        slots: pick(Object.keys(slots)),
        row: pick(optimizer.columns),
      });
      const path = Object.fromEntries(NAMES.map((name) => [`path:${name}`, next.params[name].ref]));
      return { state: { ...next.params, ...next.slots }, outputs: path };
    },
  });
  const nan = float(
    SPECS.wide.shape,
    reference.start.wide.map((_, i) => (i === 1 ? Number.NaN : 0)),
  );
  program.bind({ ...withPrefix(parametersOf(reference.curvature), "c:"), "nan:wide": nan });
  const result = await program.run({ state, table: scalarColumns(rows), steps: Math.min(rows.length, STEPS) });
  await program.dispose();
  const paths = Object.fromEntries(NAMES.map((name) => [name, result.outputs[`path:${name}`]]));
  return { state: { ...result.state }, paths: paths as Record<Name, Tensor> };
}
