/**
 * @file From logits to answers, confidences and losses, on the host, in float64.
 *
 * Logits are [n, classes] row-major, in nats. A row with a NaN gives a NaN loss and confidence and the answer −1, which
 * is never right; a tie is answered with the lowest class.
 */
import { ShapeError } from "../../core/index.ts";

export interface Readout {
  readonly n: number;
  /** [n] class with the largest logit. */
  readonly answers: Int32Array;
  /** [n] its softmax probability. */
  readonly confidences: Float64Array;
  /** [n] cross-entropy of the label, nats. */
  readonly lossesNats: Float64Array;
}

/** Throws SHAPE_MISMATCH unless logits.length = labels.length × classes. */
export function readLogits(logits: Float32Array, labels: ArrayLike<number>, classes: number): Readout {
  const n = labels.length;
  if (logits.length !== n * classes) throw new ShapeError("readLogits", `[${n}, ${classes}]`, [logits.length]);
  const answers = new Int32Array(n);
  const confidences = new Float64Array(n);
  const lossesNats = new Float64Array(n);
  for (let row = 0; row < n; row++) {
    const start = row * classes;
    let best = 0;
    let largest = logits[start];
    for (let k = 1; k < classes; k++)
      if (logits[start + k] > largest) {
        largest = logits[start + k];
        best = k;
      }
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += Math.exp(logits[start + k] - largest);
    const broken = Number.isNaN(sum);
    answers[row] = broken ? -1 : best;
    confidences[row] = 1 / sum;
    lossesNats[row] = Math.log(sum) + largest - logits[start + labels[row]];
  }
  return { n, answers, confidences, lossesNats };
}

/** How many answers equal the class at the same place. */
export function countMatches(answers: ArrayLike<number>, classes: ArrayLike<number>): number {
  let count = 0;
  for (let i = 0; i < answers.length; i++) if (answers[i] === classes[i]) count++;
  return count;
}

/** Mean with its standard error sd/√n (sd with n − 1). Non-finite values propagate; n < 2 gives no `se`. */
export function meanWithSe(values: Float64Array): { value: number; se?: number; n: number } {
  const n = values.length;
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / n;
  if (n < 2) return { value: mean, n };
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { value: mean, se: Math.sqrt(squares / (n - 1) / n), n };
}
