import { beforeAll, describe, expect, test } from "vitest";
import { nudged } from "../agreement.suite.ts";
import type { Device, LoopResult } from "../device.ts";
import { jaxDevice } from "../jax/device.ts";
import { lowerLoop } from "../lowerLoop.ts";
import { nativeDevice } from "../native.ts";
import { initEngine } from "../program.ts";
import { compareMembers, exactnessOf, type MemberData, runMembers } from "./compareMembers.ts";
import { attentionCase, type EnsembleCase, mlpCase, SCALARS } from "./ensemble.fixture.ts";
import { type Ensemble, ensembleLoop } from "./ensembleLoop.ts";
import { grokkingLike } from "./grokkingLike.fixture.ts";
import { memberResult, stackResident, stackTables } from "./stack.ts";

beforeAll(() => initEngine());

const NARROW = { inputs: 20, hidden: 16, classes: 5, batch: 12, rows: 50 };
const WIDE = { ...NARROW, hidden: 128 };
const OWN_BATCHES = ["index", "patch", "weight"];
const OWN_DATA = ["pixels", "labels", ...OWN_BATCHES];
/** Unit of roundoff of float32. */
const U = 2 ** -24;

const CASES: readonly { readonly name: string; readonly own: readonly string[]; readonly training: EnsembleCase }[] = [
  { name: "a perceptron 16 wide, data and batches shared", own: [], training: mlpCase(NARROW) },
  { name: "a perceptron 16 wide, batches of its own", own: OWN_BATCHES, training: mlpCase(NARROW, OWN_BATCHES) },
  { name: "a perceptron 16 wide, data of its own", own: OWN_DATA, training: mlpCase(NARROW, OWN_DATA) },
  { name: "a perceptron 128 wide, batches of its own", own: OWN_BATCHES, training: mlpCase(WIDE, OWN_BATCHES) },
  { name: "an attention model, batches of its own", own: ["index"], training: attentionCase },
];

async function together(ensemble: Ensemble, data: readonly MemberData[], steps: number, device: Device = nativeDevice) {
  const program = await device.compileLoop(ensemble.loop);
  program.bind(
    stackResident(
      ensemble,
      data.map(({ resident }) => resident),
    ),
  );
  const result = await runMembers({ ensemble, together: program, data, steps });
  await program.dispose();
  return data.map((_, i) => memberResult(result, i));
}

async function alone({ spec }: EnsembleCase, data: readonly MemberData[], steps: number): Promise<LoopResult[]> {
  const program = await nativeDevice.compileLoop(spec);
  const results: LoopResult[] = [];
  for (const { resident, state, table } of data) {
    program.bind(resident);
    results.push(await program.run({ state, table, steps }));
  }
  await program.dispose();
  return results;
}

const membersOf = ({ member }: EnsembleCase, count: number, steps: number): MemberData[] =>
  Array.from({ length: count }, (_, i) => member(i, steps));

describe.each(CASES)("$name", ({ own, training }) => {
  const ensemble = ensembleLoop(training.spec, { members: 3, perMember: [...own, ...SCALARS] });

  test("a member's first gradients are its separate run's within the error of their sums", async () => {
    const data = membersOf(training, 3, 1);
    const [got, expected] = [await together(ensemble, data, 1), await alone(training, data, 1)];
    // AdamW's sums of gradients start at zero: after one step they are the gradients.
    for (const [i, { state }] of expected.entries())
      for (const name of Object.keys(state).filter((key) => key.startsWith("m."))) {
        const largest = Math.max(...Array.from(state[name].data, Math.abs));
        // 12·√n·u·Σ|x|, with Σ|x| up to √n times the sum of n terms of either sign.
        const allowed = 12 * training.longestSum * U * largest;
        for (const [at, value] of state[name].data.entries())
          expect(Math.abs(got[i].state[name].data[at] - value), `${name}[${at}]`).toBeLessThanOrEqual(allowed);
      }
  });

  test("and its losses stay within what rounding is amplified to", async () => {
    const steps = 30;
    const data = membersOf(training, 3, steps);
    const moved = data.map((one, i) => ({ ...one, state: nudged(one.state, i) }));
    const [got, expected] = [await together(ensemble, data, steps), await alone(training, data, steps)];
    for (const [i, { outputs }] of (await alone(training, moved, steps)).entries()) {
      const [own, other, nudge] = [expected[i].outputs.loss.data, got[i].outputs.loss.data, outputs.loss.data];
      const apart = Math.max(...Array.from(own, (loss, step) => Math.abs(nudge[step] - loss)));
      const largest = Math.max(...own);
      for (const [step, loss] of own.entries())
        expect(Math.abs(other[step] - loss), `loss of step ${step}`).toBeLessThanOrEqual(8 * apart + 8 * U * largest);
    }
  });

  test("a member's bits do not depend on which others are there, nor on its place", async () => {
    const data = membersOf(training, 5, 10);
    const first = await together(ensemble, [data[0], data[1], data[2]], 10);
    const second = await together(ensemble, [data[3], data[0], data[0]], 10);
    const place = ensemble.perMember.includes("index") ? 1 : 2;
    for (const { state, outputs } of second.slice(place)) {
      expect(state).toEqual(first[0].state);
      // The runtime's logarithm rounds otherwise for the last elements of a buffer.
      for (const [step, loss] of outputs.loss.data.entries())
        expect(Math.abs(loss - first[0].outputs.loss.data[step])).toBeLessThanOrEqual(4 * U * loss);
    }
  });
});

test("members differ by learning rate, weight decay and example weights", async () => {
  const training = mlpCase(NARROW, ["weight"]);
  const [{ resident, state, table }, other] = membersOf(training, 2, 4);
  const data = ["weight", ...SCALARS].map((name) => ({
    resident,
    state,
    table: { ...table, [name]: other.table[name] },
  }));
  const ensemble = ensembleLoop(training.spec, { members: 5, perMember: ["weight", ...SCALARS] });
  const all = [{ resident, state, table }, ...data];
  const results = await together(ensemble, all, 4);
  const expected = await alone(training, all, 4);
  for (const [i, { outputs }] of results.entries()) {
    for (const [step, loss] of outputs.loss.data.entries())
      expect(loss).toBeCloseTo(expected[i].outputs.loss.data[step], 5);
    // epsilon's column does not depend on the learning rate
    if (i > 0 && i < 4) expect(outputs.loss.data).not.toEqual(results[0].outputs.loss.data);
  }
});

test("without biases and sums over examples, members are bit-identical to their separate runs, state and all", async () => {
  const ensemble = ensembleLoop(grokkingLike.spec, { members: 4, perMember: ["inputs", "labels", ...SCALARS] });
  const [separate, both] = await Promise.all(
    [grokkingLike.spec, ensemble.loop].map((loop) => nativeDevice.compileLoop(loop)),
  );
  const data = membersOf(grokkingLike, 4, 40);
  const compared = await compareMembers({ ensemble, separate, together: both, data, steps: 40 });
  expect(compared).toEqual({
    members: 4,
    steps: 40,
    isStateIdentical: true,
    isPlaceFree: true,
    largestOutputDifference: 0,
  });
  expect(exactnessOf(compared)).toBe("bit-identical");
  await Promise.all([separate.dispose(), both.dispose()]);
});

test("the step of all members has the nodes of one, products batched, and lays nothing out anew", async () => {
  const ensemble = ensembleLoop(grokkingLike.spec, { members: 4, perMember: ["inputs", "labels", ...SCALARS] });
  const opsOf = (loop: typeof ensemble.loop) =>
    lowerLoop(loop)
      .step.nodes.map(({ op }) => op)
      .filter((op) => op !== "Reshape" && op !== "Split" && op !== "StepRow");
  expect(opsOf(ensemble.loop)).toEqual(opsOf(grokkingLike.spec));
  const products = lowerLoop(ensemble.loop).step.nodes.filter(({ op }) => op === "MatMul");
  for (const { outputs } of products) expect(outputs[0].shape[0]).toBe(4);
});

test("runs on jax-js's device too, to the same losses within rounding", async () => {
  const training = mlpCase(NARROW, OWN_DATA);
  const ensemble = ensembleLoop(training.spec, { members: 2, perMember: [...OWN_DATA, ...SCALARS] });
  const data = membersOf(training, 2, 3);
  const results = await together(ensemble, data, 3, jaxDevice({ backend: "wasm" }));
  const expected = await alone(training, data, 3);
  for (const [i, { outputs }] of results.entries())
    for (const [step, loss] of outputs.loss.data.entries())
      expect(loss).toBeCloseTo(expected[i].outputs.loss.data[step], 4);
});

describe("refuses", () => {
  const training = mlpCase(NARROW);
  const options = { members: 2, perMember: SCALARS };

  test("names that the loop does not have, and no members", () => {
    expect(() => ensembleLoop(training.spec, { members: 2, perMember: ["learningRate"] })).toThrow(
      'Ensemble of mlp: expected perMember to name residents or tables (pixels, labels, patches, index, patch, weight, adamwDecay, adamwStepSize, adamwEpsilon), got "learningRate"',
    );
    expect(() => ensembleLoop(training.spec, { ...options, members: 0 })).toThrow("a positive integer, got 0");
  });

  test("shared tensors that differ, and too few members", () => {
    const ensemble = ensembleLoop(training.spec, options);
    const [first, second] = membersOf(mlpCase(NARROW, OWN_DATA), 2, 2);
    expect(() => stackResident(ensemble, [first.resident, second.resident])).toThrow(
      'resident "pixels": expected the same values in every member, got different ones; name it in perMember',
    );
    expect(() => stackTables(ensemble, [first.table, second.table])).toThrow('table "index"');
    expect(() => stackResident(ensemble, [first.resident])).toThrow("tensors of 2 members, got 1; pad with copies");
  });

  test("a row beyond a member's own data, which would be another member's", () => {
    const ensemble = ensembleLoop(training.spec, { members: 2, perMember: [...OWN_DATA, ...SCALARS] });
    const [first, second] = membersOf(mlpCase(NARROW, OWN_DATA), 2, 2);
    const index = { ...first.table.index, data: Int32Array.from(first.table.index.data, () => NARROW.rows) };
    expect(() => stackTables(ensemble, [{ ...first.table, index }, second.table])).toThrow(
      'expected rows 0…49 of "pixels"',
    );
  });
});
