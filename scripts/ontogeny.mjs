/**
 * @file The command line from a checkout (`npm run -s ontogeny -- …`; `npm run study` is its `run`): sets up what is
 * missing, saying so on stderr, then hands every argument on.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensure, ROOT } from "./ensure.mjs";

ensure();
const main = join(ROOT, "dist", "cli", "main.js");
process.argv[1] = main;
await import(pathToFileURL(main).href);
