/**
 * @file What is wrong in a workspace, where, and how to mend it: `ontogeny doctor`. Changes nothing.
 *
 * `note`: left by a kill, mends itself at the next run. `damage`: something that was committed is not as it was
 * written.
 */
import fs from "node:fs";
import path from "node:path";
import { CheckpointMetaSchema, OntogenyError } from "../core/index.ts";
import { bytesHash } from "./checkpoint.ts";
import { fenceLeftovers, maybeLiveLease } from "./fence.ts";
import { maybeRead, maybeReadJson, namesIn, TEMPORARY_NAME } from "./files.ts";
import { verifyLedger } from "./ledgerVerify.ts";
import { maybeCheckpointStep } from "./runPaths.ts";
import type { RunReader } from "./runReader.ts";
import type { Workspace } from "./workspace.ts";

export interface Finding {
  readonly severity: "note" | "damage";
  readonly what: string;
  readonly where: string;
  readonly mend: string;
}

const BY_ITSELF = "nothing to do: the next run of the study clears it";

export interface CheckOptions {
  readonly nowMs: number;
  /** False: do not read the states, only their descriptions (quicker: no hashing). */
  readonly hashCheckpoints?: boolean;
}

export async function checkWorkspace(
  workspace: Workspace,
  { nowMs, hashCheckpoints = true }: CheckOptions,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const id of namesIn(workspace.runsDir)) {
    if (!workspace.hasRun(id)) {
      findings.push({
        severity: "note",
        what: "run without a manifest: its creation was cut short",
        where: path.join(workspace.runsDir, id),
        mend: BY_ITSELF,
      });
      continue;
    }
    const reader = workspace.run(id);
    findings.push(...checkLeases(reader, nowMs));
    findings.push(...(await checkRunFiles(reader)));
    findings.push(...checkCheckpoints(reader, hashCheckpoints));
  }
  return [
    ...findings,
    ...(await checkImports(workspace, nowMs)),
    ...checkLedger(workspace, nowMs),
    ...checkTemporaryFiles(workspace),
  ];
}

function checkLeases({ paths }: RunReader, nowMs: number): Finding[] {
  const isLive = maybeLiveLease(paths.attempts, { nowMs }) !== undefined;
  return fenceLeftovers(paths.attempts, nowMs).map((where) => ({
    severity: "note",
    what: isLive ? "left over from an earlier writer" : "stale lease: its writer died or ran out of time",
    where,
    mend: BY_ITSELF,
  }));
}

async function checkImports({ imports }: Workspace, nowMs: number): Promise<Finding[]> {
  const mend = "delete the folder of this import and import again";
  const { records, unreadable } = imports.records();
  const findings: Finding[] = unreadable.map(({ file, error }) => ({
    severity: "damage",
    what: error.message.split("\n")[0],
    where: file,
    mend,
  }));
  for (const record of records) {
    const writers = path.join(imports.folder, record.id, "writers");
    for (const where of fenceLeftovers(writers, nowMs))
      findings.push({
        severity: "note",
        what: "stale lease: an import was stopped",
        where,
        mend: "nothing to do: importing again goes on, and clears it",
      });
    try {
      await imports.points(record);
    } catch (error) {
      if (!(error instanceof OntogenyError)) throw error;
      findings.push({ severity: "damage", what: error.message.split("\n")[0], where: record.where, mend });
    }
  }
  return findings;
}

async function checkRunFiles(reader: RunReader): Promise<Finding[]> {
  const findings: Finding[] = [];
  try {
    const { torn, bad } = (await reader.points()).report;
    for (const { file, line } of torn)
      findings.push({ severity: "note", what: `line ${line} was cut off by a kill`, where: file, mend: BY_ITSELF });
    for (const { file, line, what } of bad)
      findings.push({
        severity: "damage",
        what: `line ${line} is not a point: ${what}`,
        where: file,
        mend: "restore the file from a copy, or remove the run's folder to train it again",
      });
    reader.events();
  } catch (error) {
    findings.push(findingFrom(error, reader.paths.folder));
  }
  return findings;
}

function checkCheckpoints({ paths }: RunReader, hashCheckpoints: boolean): Finding[] {
  const names = namesIn(paths.checkpoints);
  const findings: Finding[] = [];
  const mend = "delete it; the study trains again from an earlier checkpoint";
  for (const name of names) {
    const where = path.join(paths.checkpoints, name);
    const step = maybeCheckpointStep(name);
    if (step === undefined) {
      const isState = name.endsWith(".safetensors");
      if (isState && names.includes(name.replace(/safetensors$/, "json"))) continue;
      const what = isState ? "checkpoint without its description: its writing was cut short" : "not a checkpoint";
      findings.push({ severity: "note", what, where, mend: isState ? BY_ITSELF : "move it elsewhere" });
      continue;
    }
    const meta = CheckpointMetaSchema.safeParse(maybeReadJson(where));
    if (!meta.success || meta.data.step !== step) {
      findings.push({ severity: "damage", what: "description of a checkpoint that cannot be read", where, mend });
      continue;
    }
    const file = paths.checkpointState(step);
    const state = hashCheckpoints ? maybeRead(file) : fs.existsSync(file);
    if (!state) findings.push({ severity: "damage", what: "checkpoint whose state is missing", where: file, mend });
    else if (state !== true && bytesHash(state) !== meta.data.sha256)
      findings.push({ severity: "damage", what: "checkpoint whose bytes do not match their hash", where: file, mend });
  }
  return findings;
}

function checkLedger({ ledgerDir }: Workspace, nowMs: number): Finding[] {
  const verdict = verifyLedger(ledgerDir);
  const stale: Finding[] = namesIn(path.join(ledgerDir, ".locks"))
    .map((writer) => path.join(ledgerDir, ".locks", writer))
    .filter((folder) => maybeLiveLease(folder, { nowMs, expiresOnThisHost: false }) === undefined)
    .flatMap((folder) => fenceLeftovers(folder, nowMs))
    .map((where) => ({ severity: "note", what: "stale lock of the ledger: its process died", where, mend: BY_ITSELF }));
  if (verdict.ok)
    return [
      ...verdict.torn.map(({ file, line }) => ({
        severity: "note" as const,
        what: `line ${line} was cut off by a kill`,
        where: file,
        mend: "nothing to do: the next entry clears it",
      })),
      ...stale,
    ];
  const { file, line, seq, what, detail } = verdict.firstBad;
  return [
    {
      severity: "damage",
      what: `line ${line} (entry ${seq}): ${what}: ${detail}`,
      where: file,
      mend: "restore the file from a copy, or set the ledger folder aside and start a new one",
    },
    ...stale,
  ];
}

/** Aside-written files of studies/ and ledger/ that were never renamed. */
function checkTemporaryFiles({ home }: Workspace): Finding[] {
  return ["studies", "ledger"]
    .flatMap((folder) =>
      fs.existsSync(path.join(home, folder))
        ? fs
            .readdirSync(path.join(home, folder), { recursive: true, encoding: "utf8" })
            .map((name) => path.join(home, folder, name))
        : [],
    )
    .filter((file) => TEMPORARY_NAME.test(file))
    .map((where) => ({
      severity: "note",
      what: "temporary file left by a kill",
      where,
      mend: "delete it when no study is running",
    }));
}

function findingFrom(error: unknown, where: string): Finding {
  if (!(error instanceof OntogenyError)) throw error;
  const [what] = error.message.split("; ");
  return {
    severity: "damage",
    what,
    where,
    mend: error.message.slice(what.length + 2).split("\n")[0] || "restore it from a copy",
  };
}
