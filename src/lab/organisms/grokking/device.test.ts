import { expect, test } from "vitest";
import { expectAgreeingLosses, nudged } from "../../../engine/agreement.suite.ts";
import type { Device } from "../../../engine/index.ts";
import { jaxDevice } from "../../../engine/index.ts";
import { nativeDevice } from "../../../engine/native.ts";
import { grokking } from "./organism.ts";

const STEPS = 50;

async function losses(device: Device, nudge?: number): Promise<Float32Array> {
  const factors = grokking.parseFactors({}, "test");
  const process = { organism: grokking.name, factors, changes: [] };
  const trainer = await grokking.open({ process, seeds: { data: 1, init: 1 }, changes: [], device });
  const start = trainer.snapshot();
  if (nudge !== undefined) trainer.restore({ ...start, tensors: nudged(start.tensors, nudge) });
  const { batchLossNats } = await trainer.advance({ steps: STEPS });
  await trainer.close();
  return batchLossNats;
}

test("the losses of the first fifty steps agree between devices within what nudges make of them", async () => {
  const native = await losses(nativeDevice);
  const moved = [await losses(nativeDevice, 1), await losses(nativeDevice, 2), await losses(nativeDevice, 3)];
  expectAgreeingLosses(await losses(jaxDevice({ backend: "wasm" })), native, moved);
  expect(native[STEPS - 1]).toBeLessThan(native[0] / 4);
});
