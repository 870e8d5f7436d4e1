/**
 * @file The measures of `grokking`, from the logits of all p² pairs and the parameters.
 */
import type { MeasuredValue, MeasureSpec } from "../../../core/index.ts";
import { proportion } from "../../../core/index.ts";
import { frequencyNorms, gini } from "../../probes/fourier.ts";
import { countMatches, meanWithSe, readLogits } from "../../probes/logits.ts";
import { type ModularAddition, takeRows } from "./task.ts";

const accuracy = (name: string, which: string): MeasureSpec => ({
  name,
  unit: "share",
  range: [0, 1],
  direction: "higher",
  family: "capability",
  description: `Accuracy on the pairs ${which}; chance is 1/p.`,
});
const loss = (name: string, which: string): MeasureSpec => ({
  name,
  unit: "nats per example",
  range: [0, null],
  direction: "lower",
  family: "loss",
  description: `Mean cross-entropy on the pairs ${which}; ln p at chance.`,
});

export const MEASURES: readonly MeasureSpec[] = [
  loss("train.loss", "trained on"),
  accuracy("train.accuracy", "trained on"),
  loss("test.loss", "held out"),
  accuracy("test.accuracy", "held out"),
  {
    name: "weight.norm",
    unit: "Euclidean norm",
    range: [0, null],
    direction: "neutral",
    family: "optimization",
    description: "Euclidean norm of all parameters together.",
  },
  {
    name: "fourier.gini",
    unit: "Gini coefficient",
    range: [0, 1],
    direction: "neutral",
    family: "mechanism",
    description:
      "Gini coefficient of the norms of the embedding's Fourier frequencies: near 0 when all are alike, near 1 when few carry it.",
  },
];

/** All measures of a state. `logits` is [p², p]; parameters are [p, width], [width, hidden], [hidden, p]. */
export function measuresOfState(options: {
  readonly task: ModularAddition;
  readonly logits: Float32Array;
  readonly parameters: { readonly E: Float32Array; readonly W1: Float32Array; readonly W2: Float32Array };
}): MeasuredValue[] {
  const { task, logits, parameters } = options;
  const p = task.modulus;
  const split = (name: "train" | "test", rows: Int32Array): MeasuredValue[] => {
    const labels = Int32Array.from(rows, (row) => task.labels[row]);
    const readout = readLogits(takeRows(logits, p, rows), labels, p);
    return [
      { measure: `${name}.loss`, ...meanWithSe(readout.lossesNats) },
      { measure: `${name}.accuracy`, ...proportion(countMatches(readout.answers, labels), rows.length) },
    ];
  };
  let squares = 0;
  for (const values of Object.values(parameters)) for (const value of values) squares += value * value;
  const values: MeasuredValue[] = [
    ...split("train", task.trainRows),
    ...split("test", task.testRows),
    { measure: "weight.norm", value: Math.sqrt(squares) },
  ];
  if (p % 2 === 1)
    values.push({ measure: "fourier.gini", value: gini(frequencyNorms(parameters.E, p, parameters.E.length / p)) });
  return values;
}
