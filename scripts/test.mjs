/**
 * @file `npm test`: sets up what is missing, then runs lint, types, dead code, the unit tests and the end-to-end tests,
 * one after the other, and ends with the plain line `N passed, N failed` (`, N skipped` may follow).
 *
 * Every lint, types and dead-code stage counts as one check. A stage that dies counts as a failure. Exit code 1 when
 * anything failed. Arguments name the stages to run: `npm test -- lint unit`.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensure, ROOT } from "./ensure.mjs";
import { ensureChromium } from "./ensureChromium.mjs";

const STAGES = {
  lint: () => check(["@biomejs", "biome", "bin", "biome"], ["ci", "--colors=off", "--error-on-warnings", "."]),
  types: () => check(["typescript", "bin", "tsc"], ["--noEmit", "-p", "tsconfig.json"]),
  deadcode: () => check(["knip", "bin", "knip.js"], ["--no-progress"]),
  unit: () => vitest("unit"),
  e2e: () => vitest("e2e", browserEnvironment()),
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in STAGES));
if (unknown.length > 0) {
  console.error(`error STAGE_UNKNOWN: expected some of ${Object.keys(STAGES).join(", ")}, got ${unknown.join(", ")}`);
  process.exit(2);
}

ensure();
const total = { passed: 0, failed: 0, skipped: 0 };
for (const [name, stage] of Object.entries(STAGES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const startedMs = Date.now();
  const counts = stage();
  for (const key of Object.keys(total)) total[key] += counts[key];
  console.log(`${name}: ${sentence(counts)} in ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
}
console.log(sentence(total));
process.exitCode = total.failed > 0 ? 1 : 0;

function sentence({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** One check: a tool that prints only when it finds something. */
function check(binary, args) {
  const result = spawnSync(process.execPath, [join(ROOT, "node_modules", ...binary), ...args], {
    cwd: ROOT,
    encoding: "utf8",
  });
  if (result.status === 0) return { passed: 1, failed: 0, skipped: 0 };
  process.stdout.write(`${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}\n`);
  return { passed: 0, failed: 1, skipped: 0 };
}

/** Why there is no browser, for the tests that would drive one. */
function browserEnvironment() {
  const { missing } = ensureChromium();
  return missing === undefined ? {} : { ONTOGENY_CHROMIUM_MISSING: missing };
}

function vitest(project, environment = {}) {
  const folder = mkdtempSync(join(tmpdir(), "ontogeny-test-"));
  const countsPath = join(folder, "counts.json");
  const result = spawnSync(
    process.execPath,
    [
      join(ROOT, "node_modules", "vitest", "vitest.mjs"),
      "run",
      "--project",
      project,
      "--reporter=./scripts/vitestReporter.mjs",
    ],
    {
      cwd: ROOT,
      stdio: ["ignore", 1, 2],
      env: { NO_COLOR: "1", ...process.env, ...environment, ONTOGENY_TEST_COUNTS: countsPath },
    },
  );
  try {
    const counts = JSON.parse(readFileSync(countsPath, "utf8"));
    if (result.status !== 0 && counts.failed === 0) counts.failed = 1;
    return counts;
  } catch {
    console.log(`  FAILED: vitest ended without a result (exit code ${result.status ?? result.signal})`);
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
