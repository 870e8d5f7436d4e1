/**
 * @file Sets up a checkout: installs the packages and builds `dist/`, each only when it is missing or out of date.
 *
 * Plain Node with no dependencies, because it runs before anything is installed. It says what it does on stderr and
 * nothing when there is nothing to do. A failed step ends the process with one line and exit code 1; a half-made
 * `dist/` is never left behind, because the build is made beside it and renamed.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const MODULES = join(ROOT, "node_modules");
const INSTALL_STAMP = join(MODULES, ".ontogeny-install");
const DIST = join(ROOT, "dist");
const BUILD_STAMP = join(DIST, ".build-stamp");
const MIN_NODE = [20, 19];

/** Brings the checkout up to date. */
export function ensure() {
  checkNode();
  ensureInstalled();
  ensureBuilt();
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1])) return;
  fail(
    `error NODE_VERSION: expected Node ${MIN_NODE.join(".")} or newer, got ${process.versions.node}; install a newer one from https://nodejs.org`,
  );
}

function ensureInstalled() {
  const stamp = installStamp();
  if (existsSync(MODULES) && readIfThere(INSTALL_STAMP) === stamp) return;
  if (installedMatchesLock()) {
    writeFileSync(INSTALL_STAMP, stamp);
    return;
  }
  say(
    existsSync(MODULES) ? "setup: the packages are out of date: npm ci …" : "setup: installing the packages: npm ci …",
  );
  const startedMs = Date.now();
  const npm = npmCommand();
  const result = spawnSync(
    npm.file,
    [...npm.args, "ci", "--include=dev", "--no-fund", "--no-audit", "--loglevel=error"],
    {
      cwd: ROOT,
      stdio: ["ignore", 2, 2],
      shell: npm.shell,
    },
  );
  if (result.status !== 0)
    fail(
      "error INSTALL_FAILED: `npm ci` did not succeed (its message is above); check that the npm registry can be reached, then run the command again",
    );
  writeFileSync(INSTALL_STAMP, stamp);
  say(`setup: packages installed in ${secondsSince(startedMs)} s`);
}

/** The npm that started us when there is one, so that its settings hold; otherwise the one on the path. */
function npmCommand() {
  const npmPath = process.env.npm_execpath;
  if (npmPath !== undefined && /npm-cli\.[cm]?js$/.test(npmPath))
    return { file: process.execPath, args: [npmPath], shell: false };
  return process.platform === "win32"
    ? { file: "npm.cmd", args: [], shell: true }
    : { file: "npm", args: [], shell: false };
}

function installStamp() {
  const lock = readFileSync(join(ROOT, "package-lock.json"));
  const node = process.versions.node.split(".")[0];
  return `${createHash("sha256").update(lock).digest("hex")} ${process.platform}-${process.arch} node${node}`;
}

/** True when what npm says it installed has all that the lock file asks for: an install made by hand is taken over. */
function installedMatchesLock() {
  const installedText = readIfThere(join(MODULES, ".package-lock.json"));
  if (installedText === undefined) return false;
  const installed = JSON.parse(installedText).packages;
  const wanted = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")).packages;
  for (const [path, entry] of Object.entries(installed))
    if (wanted[path] !== undefined && wanted[path].version !== entry.version) return false;
  for (const [path, entry] of Object.entries(wanted))
    if (path !== "" && !(path in installed) && !entry.optional && !entry.devOptional && !entry.peer) return false;
  return true;
}

function ensureBuilt() {
  const stamp = sourceStamp();
  if (readIfThere(BUILD_STAMP) === stamp) return;
  say("setup: building dist/ …");
  const startedMs = Date.now();
  const fresh = join(ROOT, `dist.new-${process.pid}`);
  const tsc = join(MODULES, "typescript", "bin", "tsc");
  const result = spawnSync(
    process.execPath,
    [tsc, "-p", "tsconfig.build.json", "--outDir", fresh, "--incremental", "false"],
    {
      cwd: ROOT,
      encoding: "utf8",
    },
  );
  if (result.status !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    fail(
      `${result.stdout}${result.stderr}error BUILD_FAILED: the TypeScript compiler reports the errors above; a clean checkout builds, so look at what was changed in src/`,
    );
  }
  writeFileSync(join(fresh, ".build-stamp"), stamp);
  swapIn(fresh);
  say(`setup: built in ${secondsSince(startedMs)} s`);
}

/** Replaces dist/ by renaming; when another process was faster, its build is as good as ours. */
function swapIn(fresh) {
  const old = join(ROOT, `dist.old-${process.pid}`);
  try {
    if (existsSync(DIST)) renameSync(DIST, old);
    renameSync(fresh, DIST);
  } catch (error) {
    if (!existsSync(BUILD_STAMP)) throw error;
  }
  for (const path of [fresh, old]) rmSync(path, { recursive: true, force: true });
}

/** Hash over path, size and modification time of every source: a few milliseconds for hundreds of files. */
function sourceStamp() {
  const hash = createHash("sha256");
  const add = (path) => {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  };
  for (const name of ["tsconfig.json", "tsconfig.build.json", "package-lock.json"]) add(join(ROOT, name));
  const visit = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (!/\.(test|suite)\.ts$/.test(entry.name)) add(path);
    }
  };
  visit(join(ROOT, "src"));
  return hash.digest("hex");
}

function readIfThere(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function secondsSince(startedMs) {
  return ((Date.now() - startedMs) / 1000).toFixed(1);
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

function fail(line) {
  say(line);
  process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) ensure();
