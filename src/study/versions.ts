/**
 * @file What the results depend on besides the files: this package's version and build, and those of what it runs on.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(import.meta.url);

/** Changes whenever the built code does; results of another build are analysed anew. */
export function buildId(): string {
  try {
    return readFileSync(new URL("../.build-stamp", import.meta.url), "utf8");
  } catch {
    return ownVersion();
  }
}

export function versions(): Record<string, string> {
  return {
    ontogeny: ownVersion(),
    node: process.versions.node,
    "@jax-js/jax": packageVersion("@jax-js/jax"),
    "onnxruntime-node": packageVersion("onnxruntime-node"),
  };
}

function ownVersion(): string {
  return versionIn(new URL("../../package.json", import.meta.url));
}

/** Read beside the module itself, since a package need not export its package.json. */
function packageVersion(name: string): string {
  const main = require.resolve(name);
  const folder = main.slice(0, main.lastIndexOf(`node_modules/${name}/`) + `node_modules/${name}/`.length);
  return versionIn(pathToFileURL(`${folder}package.json`));
}

function versionIn(url: URL): string {
  try {
    return (JSON.parse(readFileSync(url, "utf8")) as { version: string }).version;
  } catch {
    return "unknown";
  }
}
