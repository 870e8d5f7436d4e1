/**
 * @file Which measures speak of the same task in a sharp and in a smooth metric: "lambada/acc" and "lambada/ppl",
 * "test_acc" and "test_loss", "downstream/piqa_val_acc" and "downstream_bpb/piqa_val_bpb".
 *
 * By names alone: what is left of a name without the words of its metric must be equal. A name without any metric word
 * has no companions.
 */

const SHARP = "acc|accs|accuracy|accuracies|em|f1|top1|top5|error|err|stereotype|match|reward|win";
const SMOOTH =
  "loss|losses|ppl|perplexity|nll|bpb|bpc|brier|ce|bce|xent|entropy|likelihood|loglikelihood|difference|diff|soft|logprob|bits";
const NEITHER =
  "norm|raw|len|exact|quasi|score|rate|cross|log|per|byte|char|word|token|negative|mean|avg|none|pct|percent|downstream|balanced|metric|metrics";
const SHARP_WORD = new RegExp(`^(?:${SHARP})$`);
const SMOOTH_WORD = new RegExp(`^(?:${SMOOTH})$`);
const METRIC_WORD = new RegExp(`^(?:${SHARP}|${SMOOTH}|${NEITHER})$`);

export interface MetricName {
  /** Counts right answers (sharp), or weighs how right they are (smooth). */
  readonly metric: "sharp" | "smooth";
  /** What it is measured on: words of the name that are not of its metric, in order, each once. */
  readonly task: string;
}

/**
 * Undefined for a name that has no metric word. "len_norm" (OLMo's accuracies by length-normalised likelihood) counts
 * as sharp.
 */
export function metricName(name: string): MetricName | undefined {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
  const task = [...new Set(words.filter((word) => !METRIC_WORD.test(word)))].join(" ");
  if (words.some((word) => SMOOTH_WORD.test(word))) return { metric: "smooth", task };
  const isSharp = words.some((word) => SHARP_WORD.test(word)) || /(?:^|[^a-z])len_norm$/.test(name);
  return isSharp ? { metric: "sharp", task } : undefined;
}

/** The smooth measures of the same task as a sharp one, in the order given; none for any other measure. */
export function smoothCompanions(name: string, others: Iterable<string>): string[] {
  const own = metricName(name);
  if (own?.metric !== "sharp") return [];
  return [...others].filter((other) => {
    const theirs = metricName(other);
    return theirs?.metric === "smooth" && theirs.task === own.task;
  });
}
