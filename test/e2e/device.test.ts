/**
 * @file The same program in the browser: grokking trained for real in headless Chromium on jax-js's WebAssembly device,
 * next to the native device in this process and to the same device in Node.
 */
import { spawnSync } from "node:child_process";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { agreementTolerance, nudged } from "../../src/engine/agreement.suite.ts";
import { jaxDevice } from "../../src/engine/index.ts";
import { nativeDevice } from "../../src/engine/native.ts";
import { grokking } from "../../src/lab/organisms/grokking/organism.ts";
import { launchChromium, servePage } from "./chromium.ts";
import type { PageOptions, PageTraining } from "./page/main.ts";

const PAGE = "test/e2e/page/main.ts";
const SEED = 0;
const MOST_STEPS = 520;
const MEMORISED = 0.99;
const UNDERSTOOD = 0.95;

let browser: Browser | { readonly missing: string };
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => ("missing" in browser ? undefined : browser.close()));

/** Trains on a page of its own; whatever the page complains of is an error here. */
async function trainOnPage(open: Browser, options: PageOptions, isolated = false): Promise<PageTraining> {
  const served = await servePage(PAGE, { isolated });
  const page = await open.newPage();
  try {
    const troubles: string[] = [];
    page.on("pageerror", (error) => troubles.push(error.message));
    page.on("console", (message) => message.type() === "error" && troubles.push(message.text()));
    page.on("request", (request) => request.url().startsWith(served.url) || troubles.push(request.url()));
    await page.goto(served.url);
    await page.waitForFunction("window.train !== undefined");
    const training = (await page.evaluate(`train(${JSON.stringify(options)})`)) as PageTraining;
    expect(troubles).toEqual([]);
    return training;
  } finally {
    await page.close();
    await served.close();
  }
}

interface NativeTraining {
  readonly losses: number[];
  readonly understoodAt: number | undefined;
}

async function trainNatively(steps: number, nudge?: number): Promise<NativeTraining> {
  const factors = grokking.parseFactors({}, "test");
  const process = { organism: grokking.name, factors, changes: [] };
  const seeds = { data: SEED, init: SEED };
  const trainer = await grokking.open({ process, seeds, changes: [], device: nativeDevice });
  const start = trainer.snapshot();
  if (nudge !== undefined) trainer.restore({ ...start, tensors: nudged(start.tensors, nudge) });
  const losses: number[] = [];
  let understoodAt: number | undefined;
  while (trainer.step < steps) {
    losses.push(...(await trainer.advance({ steps: Math.min(20, steps - trainer.step) })).batchLossNats);
    const [accuracy] = await trainer.measure({ only: ["test.accuracy"] });
    if (accuracy.value >= UNDERSTOOD) understoodAt ??= trainer.step;
  }
  await trainer.close();
  return { losses, understoodAt };
}

const onset = ({ measured }: PageTraining, measure: string, atLeast: number): number | undefined =>
  measured.find(({ values }) => values[measure] >= atLeast)?.step;

test("in a page, grokking memorises, then understands, as it does natively", async (context) => {
  if ("missing" in browser) return context.skip(browser.missing);
  const until = { measure: "test.accuracy", atLeast: UNDERSTOOD };
  const page = await trainOnPage(browser, { seed: SEED, every: 20, steps: MOST_STEPS, until });
  expect(page.numerics.runtime).toMatch(/^@jax-js\/jax@\d+\.\d+\.\d+ wasm$/);
  expect(onset(page, "train.accuracy", MEMORISED)).toBeLessThanOrEqual(100);
  const understoodAt = onset(page, "test.accuracy", UNDERSTOOD)!;
  expect(understoodAt).toBeGreaterThanOrEqual(280);
  expect(page.losses).toHaveLength(understoodAt);

  const native = await trainNatively(understoodAt + 20);
  const moved: number[][] = [];
  for (const nudge of [1, 2, 3]) moved.push((await trainNatively(understoodAt + 20, nudge)).losses);
  const tolerance = agreementTolerance(native.losses, moved);
  for (const [step, loss] of page.losses.entries())
    expect(Math.abs(loss - native.losses[step]), `loss of step ${step}`).toBeLessThanOrEqual(tolerance[step]);
  // Six nudges of two seeds moved the moment by at most 10 steps, which is one measurement here.
  expect(Math.abs(understoodAt - native.understoodAt!)).toBeLessThanOrEqual(20);
  // The page could draw and answer all the while: a timer turned about once in two steps.
  expect(page.timer.turns).toBeGreaterThan(understoodAt / 8);
});

test("its bits are those of the same device in Node, and do not depend on the page being isolated", async (context) => {
  if ("missing" in browser) return context.skip(browser.missing);
  const options = { seed: SEED, every: 20, steps: 40 };
  const plain = await trainOnPage(browser, options);
  const isolated = await trainOnPage(browser, options, true);
  expect([plain.isIsolated, isolated.isIsolated]).toEqual([false, true]);
  expect(isolated.losses).toEqual(plain.losses);
  expect(isolated.numerics).toEqual(plain.numerics);
  expect(trainInNode(options, plain.numerics)).toEqual({ numerics: plain.numerics, losses: plain.losses });
});

/** The built package in a Node process whose WebAssembly multiplies and adds as the page's does. */
function trainInNode({ seed, steps }: PageOptions, numerics: PageTraining["numerics"]): unknown {
  const here = jaxDevice({ backend: "wasm" }).numericsOf({ graphHash: "" });
  const flags = here.cpu === numerics.cpu ? [] : ["--experimental-wasm-relaxed-simd"];
  const program = `
    import { engine, grokking } from ${JSON.stringify(pathToFileURL("dist/browser.js").href)};
    const process = { organism: "grokking", factors: grokking.parseFactors({}, "node"), changes: [] };
    const device = engine.jaxDevice({ backend: "wasm" });
    const trainer = await grokking.open({ process, seeds: { data: ${seed}, init: ${seed} }, changes: [], device });
    const { batchLossNats } = await trainer.advance({ steps: ${steps} });
    console.log(JSON.stringify({ numerics: trainer.numerics, losses: [...batchLossNats] }));`;
  const args = [...flags, "--input-type=module", "--eval", program];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}
