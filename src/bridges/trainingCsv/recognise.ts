/**
 * @file Is this CSV file one that PyTorch Lightning or Keras wrote, and what does its first line say?
 *
 * Lightning: named metrics.csv, with a column "step", and either a column "epoch", a `hparams.yaml` beside it or a folder
 * `version_N` above. Keras' CSVLogger: any name, the first column is "epoch", one is "loss" or "val_loss", none is a step.
 * Everything else is left to the bridge for tables.
 */
import { guessDelimiter, splitCsvRecord } from "../../formats/index.ts";

export interface TrainingCsv {
  readonly kind: "lightning" | "keras";
  readonly delimiter: string;
  /** Of the column that gives the step. */
  readonly stepColumn: number;
  /** Column → measure; undefined: none. */
  readonly measures: readonly (string | undefined)[];
  /** Names that came twice; only their first column is a measure. */
  readonly repeated: readonly string[];
}

export interface Surroundings {
  /** Relative, with forward slashes. */
  readonly relative: string;
  readonly hasHparams: boolean;
}

/** `head`: the file's beginning. A first line that is not whole within it is no header. */
export function maybeTrainingCsv(head: string, { relative, hasHparams }: Surroundings): TrainingCsv | undefined {
  const end = head.indexOf("\n");
  if (end <= 0) return undefined;
  const header = head
    .slice(0, end)
    .replace(/^\uFEFF/, "")
    .replace(/\r$/, "");
  const delimiter = guessDelimiter(header);
  const names = splitCsvRecord(header, delimiter);
  if (names === undefined || names.length < 2) return undefined;
  const [file, folder] = relative.split("/").reverse();
  const stepColumn = names.indexOf("step");
  const isVersion = hasHparams || /^version_\d+$/.test(folder ?? "");
  if (file === "metrics.csv" && delimiter === "," && stepColumn >= 0 && (names.includes("epoch") || isVersion))
    return { kind: "lightning", delimiter, stepColumn, ...measuresOf(names, stepColumn) };
  const hasLoss = names.includes("loss") || names.includes("val_loss");
  if (names[0] === "epoch" && hasLoss && !names.some((name) => /^(?:global_)?(?:step|iter|iteration)s?$/i.test(name)))
    return { kind: "keras", delimiter, stepColumn: 0, ...measuresOf(names, 0) };
  return undefined;
}

function measuresOf(names: readonly string[], stepColumn: number) {
  const repeated: string[] = [];
  const measures = names.map((name, column) => {
    if (column === stepColumn || name.trim() === "") return undefined;
    if (names.indexOf(name) === column) return name;
    repeated.push(name);
    return undefined;
  });
  return { measures, repeated };
}
