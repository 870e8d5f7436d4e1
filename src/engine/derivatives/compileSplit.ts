/**
 * @file A split program on any device: the device's own, or else two functions of which the second repeats the work of
 * the first.
 */
import type { Device, SplitProgram, SplitSpec } from "../device.ts";
import { combinedHash } from "../version.ts";

export async function compileSplit(device: Device, spec: SplitSpec): Promise<SplitProgram> {
  if (device.compileSplit !== undefined) return device.compileSplit(spec);
  const { name, fixed, varying, once, each } = spec;
  const first = await device.compileFunction({ name, inputs: fixed, fn: once });
  const second = await device.compileFunction({ name, inputs: { ...fixed, ...varying }, fn: each });
  return {
    name,
    graphHash: combinedHash([first, second]),
    keptBytes: 0,
    fix: async (inputs) => ({
      outputs: await first.run(inputs),
      run: (moving) => second.run({ ...inputs, ...moving }),
    }),
    async dispose() {
      await first.dispose();
      await second.dispose();
    },
  };
}
