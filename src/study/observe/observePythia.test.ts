/**
 * @file From real evaluation files to events: what is known of one published run is found, and the rest of it is quiet.
 * Only general facts of the files are used (shared/data/INDEX.md names them); nothing is fitted to them.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RecordedRun } from "../../core/index.ts";
import { Workspace } from "../../store/index.ts";
import { importTree } from "../import/importTree.ts";
import { listRuns } from "../recorded/listRuns.ts";
import { loadRuns } from "../recorded/loadRuns.ts";
import { observeRuns } from "./observeRuns.ts";
import { parseHold, parseOnset } from "./onsetClaim.ts";

const DATA = fileURLToPath(
  new URL("../../../../shared/data/pythia/evals/pythia-v1/pythia-70m-deduped/zero-shot", import.meta.url),
);
const isHere = existsSync(DATA);

describe.skipIf(!isHere)(`pythia-70m-deduped${isHere ? "" : " (skipped: ../shared/data/pythia is absent)"}`, () => {
  const home = mkdtempSync(join(tmpdir(), "observe-"));
  let runs: RecordedRun[] = [];
  beforeAll(async () => {
    await importTree({ paths: [DATA], home, signal: new AbortController().signal });
    const workspace = await Workspace.open(home);
    runs = await loadRuns(workspace, listRuns(workspace));
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  test("the checkpoint at step 53000 stands out in several bias measures", () => {
    const { events } = observeRuns({ runs, kinds: ["spike"] });
    expect(events.filter(({ event }) => event.step === 53000).length).toBeGreaterThanOrEqual(3);
  });

  test("LAMBADA takes off between steps 256 and 3000 and declines late, beyond its item error", () => {
    const { events } = observeRuns({ runs, measures: ["lambada_openai/acc"] });
    const takeOff = events.find(({ event }) => event.kind === "change-point" && event.low < 3000);
    expect(takeOff?.event.low).toBeGreaterThanOrEqual(128);
    expect(takeOff?.event.high).toBeLessThanOrEqual(3000);
    const decline = events.find(({ event }) => event.kind === "decline");
    expect(decline?.event.evidence.best).toBeGreaterThan(0.22);
    expect(decline?.event.evidence.last).toBeLessThan(0.2);
    expect(decline?.event.certainty?.value).toBeLessThan(0.01);
  });

  test("its onset at .2 is reached and lost again", () => {
    const { onsets } = observeRuns({
      runs,
      measures: ["lambada_openai/acc"],
      onsets: [parseOnset("lambada_openai/acc>=0.2")],
      hold: parseHold("2"),
    });
    expect(onsets[0].runs).toMatchObject([{ outcome: "lost", event: { step: 13000, low: 3000 } }]);
  });

  test("nine series in ten have no events", () => {
    const { series, quiet } = observeRuns({ runs });
    expect(series).toBeGreaterThan(100);
    expect(quiet).toBeGreaterThan(0.9 * series);
  });
});
