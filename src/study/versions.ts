/**
 * @file What the results depend on besides the files: this package's version and build, and those of what it runs on.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Changes whenever the built code does; results of another build are analysed anew. */
export function buildId(): string {
  try {
    return readFileSync(new URL("../.build-stamp", import.meta.url), "utf8");
  } catch {
    return packageVersion("../../package.json");
  }
}

export function versions(): Record<string, string> {
  return {
    ontogeny: packageVersion("../../package.json"),
    node: process.versions.node,
    "@jax-js/jax": packageVersion("@jax-js/jax/package.json"),
    "onnxruntime-node": packageVersion("onnxruntime-node/package.json"),
  };
}

function packageVersion(specifier: string): string {
  try {
    return (require(specifier) as { version: string }).version;
  } catch {
    return "unknown";
  }
}
