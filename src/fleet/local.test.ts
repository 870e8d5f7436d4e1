import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { beforeAll, describe, expect, test } from "vitest";
import { testExecutor } from "./executor.suite.ts";
import { LocalExecutor } from "./local.ts";

/** The suite's worker runs as real JavaScript in real processes: it is bundled once into a folder of its own. */
const outDir = mkdtempSync(join(tmpdir(), "ontogeny-fleet-"));

beforeAll(async () => {
  await build({
    configFile: false,
    logLevel: "silent",
    ssr: { noExternal: true },
    build: { ssr: join(import.meta.dirname, "worker.fixture.ts"), outDir, emptyOutDir: false },
  });
}, 30_000);

describe("local", () => {
  testExecutor("local", () =>
    LocalExecutor.open({ entry: join(outDir, "worker.fixture.js"), workers: 2, maxDeaths: 2 }),
  );

  test("refuses a nonsensical number of workers", () => {
    expect(() => LocalExecutor.open({ entry: "x.js", workers: 0 })).toThrow(
      "expected a whole number of at least 1, got 0",
    );
  });
});
