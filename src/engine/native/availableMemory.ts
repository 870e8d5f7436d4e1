/**
 * @file How much memory this process may still take: what the system has left, under the limits of its control group and of
 * the process itself. Where a file cannot be read, its limit does not count.
 */
import { readFileSync } from "node:fs";
import { freemem } from "node:os";

export interface MemoryFiles {
  /** The text of a file; undefined when there is none. */
  readonly read: (path: string) => string | undefined;
  readonly freeBytes: () => number;
}

/** Bytes. On systems other than Linux: free memory, which leaves out caches that the system would give up. */
export function availableMemoryBytes(files: MemoryFiles = systemFiles): number {
  const limits = [systemBytes(files), groupBytes(files), addressBytes(files)].filter((bytes) => bytes !== undefined);
  return Math.max(0, Math.min(...limits));
}

function systemBytes({ read, freeBytes }: MemoryFiles): number {
  const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(read("/proc/meminfo") ?? "")?.[1];
  return kib === undefined ? freeBytes() : Number(kib) * 1024;
}

/** The least of limit less use over the control group and those around it, version 1 or 2; caches count as free. */
function groupBytes({ read }: MemoryFiles): number | undefined {
  const left = groupFolders(read("/proc/self/cgroup") ?? "").flatMap((folder) => {
    const limit = maybeCount(read(`${folder}/memory.max`) ?? read(`${folder}/memory.limit_in_bytes`));
    const used = maybeCount(read(`${folder}/memory.current`) ?? read(`${folder}/memory.usage_in_bytes`));
    if (limit === undefined || used === undefined) return [];
    const cache = /^(?:total_)?inactive_file (\d+)$/m.exec(read(`${folder}/memory.stat`) ?? "")?.[1];
    return limit - used + Number(cache ?? 0);
  });
  return left.length === 0 ? undefined : Math.min(...left);
}

/** "4:memory:/a/b" (version 1) or "0::/a/b" (version 2): the folders of /a/b, of /a and of the root. */
function groupFolders(text: string): string[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\d+:([^:]*):(\/.*)$/.exec(line);
    if (match === null) return [];
    const [, controllers, path] = match;
    const isMemory = controllers.split(",").includes("memory");
    if (!isMemory && controllers !== "") return [];
    const parts = path.split("/").filter((part) => part !== "");
    const root = isMemory ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
    return parts.map((_, i) => [root, ...parts.slice(0, parts.length - i)].join("/")).concat(root);
  });
}

/** Limit on the address space (ulimit -v) less what is taken of it. */
function addressBytes({ read }: MemoryFiles): number | undefined {
  const limit = maybeCount(/^Max address space\s+(\S+)/m.exec(read("/proc/self/limits") ?? "")?.[1]);
  const usedKib = /^VmSize:\s+(\d+) kB$/m.exec(read("/proc/self/status") ?? "")?.[1];
  return limit === undefined || usedKib === undefined ? undefined : limit - Number(usedKib) * 1024;
}

/** Undefined for "max", "unlimited" and what is no number. */
function maybeCount(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+\s*$/.test(text) ? Number(text) : undefined;
}

const systemFiles: MemoryFiles = {
  read(path) {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return undefined;
    }
  },
  freeBytes: freemem,
};
