/**
 * @file Finds the Chromium that the browser tests drive, or installs Debian's package of it where that is possible: as
 * root, where apt-get is.
 *
 * Plain Node with no dependencies. It never fails: where there is no browser and none can be had it says why, and the
 * browser tests are skipped with that reason. It says on stderr what it installs, and nothing when there is nothing to do.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const PATHS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const MOST_MS = 300_000;

/** Headless, in a container, and silent on the network but for what a test asks. */
export const CHROMIUM_ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** `{ path }` of an installed browser, or `{ missing }`: why there is none. */
export function findChromium() {
  const path = PATHS.find((candidate) => existsSync(candidate));
  return path === undefined ? { missing: `none of ${PATHS.join(", ")} is installed` } : { path };
}

/** Like findChromium, after an attempt to install it. */
export function ensureChromium() {
  const found = findChromium();
  if (found.path !== undefined) return found;
  if (process.getuid?.() !== 0) return { missing: `${found.missing}, and only root can install it` };
  if (spawnSync("apt-get", ["--version"], { stdio: "ignore" }).status !== 0)
    return { missing: `${found.missing}, and there is no apt-get to install it with` };
  say("setup: installing chromium for the browser tests: apt-get install chromium …");
  const startedMs = Date.now();
  for (const args of [["update"], ["install", "--yes", "--no-install-recommends", "chromium"]]) {
    const result = spawnSync("apt-get", ["-qq", ...args], {
      encoding: "utf8",
      timeout: MOST_MS,
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
    if (result.status !== 0) {
      const reason = (result.error?.message ?? lastLine(result.stderr)) || `exit code ${result.status}`;
      return { missing: `${found.missing}, and apt-get ${args[0]} did not succeed: ${reason}` };
    }
  }
  say(`setup: chromium installed in ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
  return findChromium();
}

function lastLine(text) {
  return (text ?? "").trim().split("\n").at(-1) ?? "";
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) say(JSON.stringify(ensureChromium()));
