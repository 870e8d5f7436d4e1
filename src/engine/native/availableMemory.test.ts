import { freemem } from "node:os";
import { expect, test } from "vitest";
import { availableMemoryBytes } from "./availableMemory.ts";

const MEMINFO = "MemTotal:       24000000 kB\nMemFree:  100 kB\nMemAvailable:    8000000 kB\n";
const GIB = 2 ** 30;

const available = (files: Record<string, string>) =>
  availableMemoryBytes({ read: (path) => files[path], freeBytes: () => 3 * GIB });

test("is what the system has left, caches counted as free", () => {
  expect(available({ "/proc/meminfo": MEMINFO })).toBe(8_000_000 * 1024);
});

test("is the free memory where the system does not say more", () => {
  expect(available({})).toBe(3 * GIB);
});

test("is less under a control group's limit, of version 2", () => {
  const group = "/sys/fs/cgroup/user/job";
  const files = {
    "/proc/meminfo": MEMINFO,
    "/proc/self/cgroup": "0::/user/job\n",
    [`${group}/memory.max`]: `${2 * GIB}\n`,
    [`${group}/memory.current`]: `${GIB}\n`,
    [`${group}/memory.stat`]: `anon 5\ninactive_file ${GIB / 4}\n`,
  };
  expect(available(files)).toBe(1.25 * GIB);
  expect(available({ ...files, [`${group}/memory.max`]: "max\n" })).toBe(8_000_000 * 1024);
});

test("is less under the limit of a group around it, and of version 1", () => {
  const outer = {
    "/sys/fs/cgroup/user/memory.max": String(GIB),
    "/sys/fs/cgroup/user/memory.current": String(GIB / 2),
  };
  expect(available({ "/proc/self/cgroup": "0::/user/job\n", ...outer })).toBe(GIB / 2);
  const first = {
    "/proc/self/cgroup": "9:name=systemd:/\n4:cpu,memory:/box\n0::/\n",
    "/sys/fs/cgroup/memory/box/memory.limit_in_bytes": `${GIB}\n`,
    "/sys/fs/cgroup/memory/box/memory.usage_in_bytes": `${GIB / 4}\n`,
  };
  expect(available(first)).toBe(0.75 * GIB);
});

test("is less under a limit on the address space, and never below 0", () => {
  const limits = "Limit                     Soft Limit           Hard Limit           Units\n";
  const files = {
    "/proc/self/limits": `${limits}Max address space         ${GIB}           unlimited            bytes     \n`,
    "/proc/self/status": `Name: node\nVmSize:   ${GIB / 2048} kB\n`,
  };
  expect(available(files)).toBe(GIB / 2);
  expect(available({ ...files, "/proc/self/status": `VmSize:   ${GIB} kB\n` })).toBe(0);
  const none = files["/proc/self/limits"].replace(String(GIB), "unlimited");
  expect(available({ ...files, "/proc/self/limits": none })).toBe(3 * GIB);
});

test("reads this machine's own files", () => {
  const bytes = availableMemoryBytes();
  expect(bytes).toBeGreaterThan(64 * 2 ** 20);
  expect(bytes).toBeLessThan(2 ** 44);
  expect(freemem()).toBeGreaterThan(0);
});
