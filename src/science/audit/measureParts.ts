/**
 * @file A measure's name taken apart: what was evaluated (its task) and by which statistic (its metric).
 *
 * Names are conventions, so this only groups: measures of one task share items and are not independent witnesses, and
 * measures of one metric come from one piece of an evaluator's code. A name without separators is its own task.
 */
import { isBookkeeping, knownMeasure } from "../../core/index.ts";

export interface MeasureParts {
  readonly task: string;
  readonly metric: string;
}

const METRICS =
  /[/._:,\- ]((?:len_norm_?|char_norm_?|byte_norm_?|norm_?)?(?:acc(?:uracy)?|f1|em|exact_match|bpb|bits_per_byte|loss|nll|ppl|perplexity|word_perplexity|byte_perplexity|mc1|mc2|brier|crossentropyloss|cross_entropy)(?:_norm|_uncond|_none)?|len_norm|pct_stereotype|likelihood_difference)$/i;

/** "piqa/acc" → piqa, acc; "eval/downstream/piqa_val_len_norm" → …/piqa_val, len_norm; else the last part by "/" or ".". */
export function measureParts(measure: string): MeasureParts {
  // Filters of newer lm-evaluation-harness files: "acc,none".
  const name = measure.replace(/,[\w-]+$/, "");
  const known = METRICS.exec(name);
  if (known !== null && known.index > 0)
    return { task: lastPart(name.slice(0, known.index)), metric: known[1].toLowerCase() };
  const cut = Math.max(name.lastIndexOf("/"), name.lastIndexOf("."));
  if (cut <= 0) return { task: name, metric: name };
  return { task: name.slice(0, cut), metric: name.slice(cut + 1) };
}

/** Tasks of different folders ("downstream/piqa", "downstream_bpb/piqa") are one. */
function lastPart(task: string): string {
  return task.slice(task.lastIndexOf("/") + 1);
}

const SCHEDULES =
  /(^|[/._\- ])(lr|learning_?rate|epochs?|(num_)?(input_)?tokens?(_seen)?|flops?|flos|total_?flo(p)?s|time|steps?|iter(ation)?s?|secs?|seconds|runtime|momentum|beta\d?|weight_?decay|batch_?size|warmup|samples_per_second|steps_per_second|examples)([/._\- ]|$)/i;

/** Answers given before: a function of the name alone, asked for every series by every check. */
const schedules = new Map<string, boolean>();

/** A setting or a counter rather than something measured: equal in runs of one configuration, and says nothing of weights. */
export function isSchedule(measure: string): boolean {
  let known = schedules.get(measure);
  if (known === undefined) {
    const { family } = knownMeasure(measure);
    known = (family === undefined || family === "optimization") && (SCHEDULES.test(measure) || isBookkeeping(measure));
    schedules.set(measure, known);
  }
  return known;
}

const SHARES_OF_ITEMS =
  /(?:^|[/._:,\- ])(?:acc(?:uracy)?(?:_norm)?|len_norm|exact_match|em|pct_\w+|mc1|(?:win|error|success)_?rate)(?:,[\w-]+)?$/i;

/** A share of right answers (or the like) among items, by its name: its standard error follows from the share and their number. */
export function isShareOfItems(measure: string): boolean {
  return SHARES_OF_ITEMS.test(measure);
}

/** Measures by task, in the order of their first appearance. */
export function byTask(measures: Iterable<string>): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const measure of measures) {
    const { task } = measureParts(measure);
    const group = groups.get(task);
    if (group === undefined) groups.set(task, [measure]);
    else group.push(measure);
  }
  return groups;
}
