/**
 * @file The trainer of a run. Opening one starts sessions of the native runtime, so only worker processes do it: one
 * process trains one run at a time, and ending it harms nobody else.
 */

import { join } from "node:path";
import type { RunMeaning, Trainer } from "../core/index.ts";
import { type NativeDevice, nativeDevice, nativeDeviceWith } from "../engine/native.ts";
import { organism } from "../lab/index.ts";

/** One for each workspace, since compiled programs are kept by device. */
const devices = new Map<string, NativeDevice>();

/**
 * At step 0; lowered programs are kept in the workspace's cache, if it is named. Throws before any training when
 * something in the meaning does not fit.
 */
export function openTrainer({ process, seeds, lineage }: RunMeaning, cacheDir?: string): Promise<Trainer> {
  const changes = lineage?.changes ?? [];
  return organism(process.organism).open({ process, seeds, changes, device: deviceOf(cacheDir) });
}

function deviceOf(cacheDir: string | undefined): NativeDevice {
  if (cacheDir === undefined) return nativeDevice;
  const device = devices.get(cacheDir) ?? nativeDeviceWith({ cacheFolder: join(cacheDir, "programs") });
  devices.set(cacheDir, device);
  return device;
}
