/**
 * @file Clean runs of the lab: a study's organism, trained on fresh seeds with nothing changed, measured on the study's
 * own grid. What the audit says of them are its false alarms.
 */
import { gridSteps, type MeasuredSeries, type RecordedRun, specFor } from "../../src/core/index.ts";
import { nativeDevice } from "../../src/engine/native.ts";
import { organism } from "../../src/lab/index.ts";
import { loadStudyFile } from "../../src/study/studyFile.ts";

interface Column {
  readonly steps: number[];
  readonly values: number[];
  readonly ses: number[];
  readonly ns: number[];
}

export async function labRun(root: string, study: string, seed: number): Promise<RecordedRun> {
  const { process, observe } = loadStudyFile(`${root}/studies/${study}.yaml`).study;
  const kind = organism(process.organism);
  const factors = kind.parseFactors(process.factors, "process.factors");
  const seeds = Object.fromEntries(kind.seedNames.map((name) => [name, seed]));
  const trainer = await kind.open({
    process: { organism: kind.name, factors, changes: [] },
    seeds,
    changes: [],
    device: nativeDevice,
  });
  const columns = new Map<string, Column>();
  try {
    const grid = gridSteps(observe.grid, process.steps);
    for (const step of grid) {
      if (step > trainer.step) await trainer.advance({ steps: step - trainer.step });
      const detail = step === grid[grid.length - 1] ? "full" : "quick";
      for (const { measure, value, se, n } of await trainer.measure({ detail })) {
        const column = columns.get(measure) ?? { steps: [], values: [], ses: [], ns: [] };
        columns.set(measure, column);
        column.steps.push(step);
        column.values.push(value);
        column.ses.push(se ?? Number.NaN);
        column.ns.push(n ?? Number.NaN);
      }
    }
  } finally {
    await trainer.close();
  }
  const series = new Map<string, MeasuredSeries>(
    [...columns].map(([measure, column]) => [measure, { measure, ...column }]),
  );
  return {
    id: `${study}-${seed}`,
    name: `${study}/seed${seed}`,
    format: "native",
    configuration: Object.fromEntries(Object.entries(seeds).map(([name, value]) => [`seeds.${name}`, value])),
    contexts: [],
    files: [],
    specs: new Map([...series].map(([measure, { values }]) => [measure, specFor(measure, values)])),
    series,
    raw: new Map(),
  };
}
