/**
 * @file Who holds a lease, and whether that process can still be alive.
 *
 * A process is surely dead only if it ran on this host and its number is free, was given to a later process (Linux tells the
 * start time), or has ended and only waits to be reaped, which some containers never do. In doubt it lives.
 */
import fs from "node:fs";
import os from "node:os";

export interface Holder {
  readonly owner: string;
  readonly host: string;
  readonly pid: number;
  /** Start of the process in clock ticks since boot, where /proc tells. */
  readonly pidStart?: string;
}

export function thisHolder(owner: string): Holder {
  const pidStart = maybeProcess(process.pid)?.start;
  return { owner, host: os.hostname(), pid: process.pid, ...(pidStart === undefined ? {} : { pidStart }) };
}

export function isSurelyDead({ host, pid, pidStart }: Holder): boolean {
  if (host !== os.hostname()) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
  const now = maybeProcess(pid);
  if (now === undefined) return false;
  return now.state === "Z" || now.state === "X" || (pidStart !== undefined && now.start !== pidStart);
}

export function describeHolder({ owner, host, pid }: Holder): string {
  return `${owner} (process ${pid} on ${host})`;
}

/** Fields 3 and 22 of /proc/<pid>/stat; the name in field 2 may hold spaces and brackets, so count from its end. */
function maybeProcess(pid: number): { readonly state: string; readonly start: string } | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0], start: fields[19] };
  } catch {
    return undefined;
  }
}
