/**
 * @file The trainer of a run, or of runs that are trained at once. Opening one starts sessions of the native runtime, so
 * only worker processes do it: ending one harms nobody else.
 */
import { join } from "node:path";
import { type EnsembleMembership, OntogenyError, type RunMeaning, type Trainer } from "../core/index.ts";
import { type NativeDevice, nativeDevice, nativeDeviceWith } from "../engine/native.ts";
import { type EnsembleTrainer, memberTrainer, type OrganismEnsembles, organism } from "../lab/index.ts";

/** One for each workspace, since compiled programs are kept by device. */
const devices = new Map<string, NativeDevice>();

/**
 * At step 0; lowered programs are kept in the workspace's cache, if it is named. With an ensemble, the run has the bits
 * that it has as one of so many. Throws before any training when something in the meaning does not fit.
 */
export async function openTrainer(
  meaning: RunMeaning,
  { cacheDir, ensemble }: { readonly cacheDir?: string; readonly ensemble?: EnsembleMembership } = {},
): Promise<Trainer> {
  if (ensemble !== undefined) return memberTrainer(await openEnsemble([meaning], { cacheDir, ensemble }));
  return organism(meaning.process.organism).open({ ...runOf(meaning), device: deviceOf(cacheDir) });
}

/** Runs of one organism and shape, at step 0. */
export function openEnsemble(
  meanings: readonly RunMeaning[],
  { cacheDir, ensemble }: { readonly cacheDir?: string; readonly ensemble: EnsembleMembership },
): Promise<EnsembleTrainer> {
  return ensemblesOf(meanings[0]).open({ runs: meanings.map(runOf), device: deviceOf(cacheDir), ensemble });
}

/** Measured here and now; the processor's time of this process is its clock. */
export function chooseEnsemble(
  meanings: readonly RunMeaning[],
  options: { readonly candidates: readonly number[]; readonly isExactOnly: boolean },
): ReturnType<OrganismEnsembles["choose"]> {
  return ensemblesOf(meanings[0]).choose({
    runs: meanings.map(runOf),
    device: nativeDevice,
    nowMs: processorMs,
    ...options,
  });
}

function deviceOf(cacheDir: string | undefined): NativeDevice {
  if (cacheDir === undefined) return nativeDevice;
  const device = devices.get(cacheDir) ?? nativeDeviceWith({ cacheFolder: join(cacheDir, "programs") });
  devices.set(cacheDir, device);
  return device;
}

function runOf({ process: trained, seeds, lineage }: RunMeaning) {
  return { process: trained, seeds, changes: lineage?.changes ?? [] };
}

function ensemblesOf({ process: { organism: name } }: RunMeaning): OrganismEnsembles {
  const { ensembles } = organism(name);
  if (ensembles === undefined)
    throw new OntogenyError("ENSEMBLE_UNKNOWN", `Organism ${name}: expected one whose runs can be trained at once`);
  return ensembles;
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
