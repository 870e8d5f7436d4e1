/**
 * @file A headless Chromium for the end-to-end tests, and a server on localhost for what it is shown.
 *
 * Where there is no Chromium, `launchChromium` says why and the test is skipped with that reason.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Browser, chromium } from "playwright-core";
import { build } from "vite";
import { CHROMIUM_ARGUMENTS, findChromium } from "../../scripts/ensureChromium.mjs";

/** Set by `npm test` where it tried to install one and could not. */
const REASON = process.env.ONTOGENY_CHROMIUM_MISSING;

export async function launchChromium(): Promise<Browser | { readonly missing: string }> {
  const { path, missing } = findChromium();
  if (path === undefined)
    return { missing: REASON ?? `${missing}; npm test installs it where it runs as root on Debian` };
  return chromium.launch({ executablePath: path, args: CHROMIUM_ARGUMENTS });
}

export interface ServedPage {
  readonly url: string;
  close(): Promise<void>;
}

/** Bundles a module for browsers and serves it as a page; the bundler's warnings are errors. */
export async function servePage(entry: string, options: { readonly isolated?: boolean } = {}): Promise<ServedPage> {
  const files = await bundle(entry);
  files.set("/", {
    type: "text/html",
    body: '<!doctype html><title>test</title><script type="module" src="/page.js"></script>',
  });
  const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
  const server = createServer(({ url = "/" }, response) => {
    const file = files.get(url);
    if (file === undefined) return void response.writeHead(url === "/favicon.ico" ? 204 : 404).end();
    response
      .writeHead(200, { "Content-Type": file.type, ...(options.isolated === true ? isolation : {}) })
      .end(file.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function bundle(entry: string): Promise<Map<string, { type: string; body: string }>> {
  const warnings: string[] = [];
  const built = await build({
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      minify: false,
      target: "es2022",
      rolldownOptions: {
        input: entry,
        output: { entryFileNames: "page.js", chunkFileNames: "[name]-[hash].js" },
        onwarn: ({ message }) => warnings.push(message),
      },
    },
  });
  if (warnings.length > 0) throw new TypeError(`Bundle of ${entry}: expected no warnings, got\n${warnings.join("\n")}`);
  const chunks = [built].flat().flatMap((result) => ("output" in result ? result.output : []));
  return new Map(
    chunks.flatMap((chunk) =>
      chunk.type === "chunk" ? [[`/${chunk.fileName}`, { type: "text/javascript", body: chunk.code }] as const] : [],
    ),
  );
}
