/**
 * @file `npm run bench -- SUITE [options]`: sets up what is missing, compiles bench/ beside a copy of src/ into .bench/
 * (which is not published), and runs it.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensure, ROOT } from "./ensure.mjs";

ensure();
const out = join(ROOT, ".bench");
const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
const args = ["-p", "bench/tsconfig.json", "--outDir", out, "--incremental", "false"];
const result = spawnSync(process.execPath, [tsc, ...args], { cwd: ROOT, stdio: ["ignore", 2, 2] });
if (result.status !== 0) process.exit(1);
await import(pathToFileURL(join(out, "bench", "main.js")).href);
