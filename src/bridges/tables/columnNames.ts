/**
 * @file What columns are called that steps, runs, measures and errors stand in. Rules by name only; what the values say is
 * decided in tableShape.ts. Names are compared without case, with " ", "-" and "." as "_"; where a name has "/" its last part
 * counts too (`trainer/global_step`, `throughput/total_tokens`).
 */

/** Best first. Not numbers of rows, not shares of a run. */
const STEPS = [
  "step",
  "_step",
  "global_step",
  "globalstep",
  "steps",
  "train_step",
  "training_step",
  "training_steps",
  "iter",
  "iteration",
  "iterations",
  "iters",
  "it",
  "update",
  "updates",
  "num_updates",
  "n_updates",
  "timestep",
  "timesteps",
  "total_timesteps",
  "num_timesteps",
  "env_steps",
  "env_step",
  "batch",
  "batches",
  "checkpoint",
  "ckpt",
  "tokens",
  "total_tokens",
  "num_tokens",
  "n_tokens",
  "tokens_seen",
  "num_input_tokens_seen",
  "consumed_tokens",
  "samples_seen",
  "examples_seen",
  "consumed_samples",
  "train_size",
  "training_set_size",
  "n_train",
  "num_train",
  "anchor",
  "anchors",
  "epoch",
  "epochs",
];
const TIMES = ["timestamp", "_timestamp", "wall_time", "walltime", "wall_ms", "wallms", "datetime", "date", "time"];
const RUN =
  /^(?:run(?:_?(?:id|name|uuid|idx|index|no|number|key))?|exp(?:eriment)?(?:_?(?:id|name|no))?|trial(?:_?(?:id|name|no))?|(?:.+_)?seed|model(?:_?(?:id|name|size))?|learner|algo(?:rithm)?|env(?:ironment)?(?:_?(?:id|name))?|log_?(?:path|file|dir|folder)|segment|fold|replicate|repeat|job(?:_?id)?|variant|arm|config(?:uration)?(?:_?(?:id|name))?|name|id|group|optimizer|dataset)$/;
const MEASURE =
  /^(?:measure|metric|metric_?name|measure_?name|task|task_?name|tag|variable|quantity|benchmark|key|eval_?name|split|subset|domain|partition|phase|mode|stage|(?:val|valid|validation|eval|test)_?(?:set|data|dataset|split|domain|corpus))$/;
/** Say the same as the step does, in words, or are about the row and not the run. */
const LABEL =
  /^(?:checkpoint|ckpt|revision|commit|hash|sha|git_.*|message|msg|note|notes|comment|text|status|host|hostname|user|level|date|datetime|time|timestamp|created|created_at|updated_at)$/;
const VALUE = /^(?:value|val|metric_?value|measurement|y)$/;
const ERROR = /^(?:stderr|std_?err|se|sem|standard_?error|value_?(?:stderr|se))$/;
const ITEMS =
  /^(?:n|n_?(?:items|samples|examples|episodes|docs|eval)|num_?(?:items|samples|examples|episodes|docs)|count|effective_?n|sample_?(?:size|len|count)|items)$/;
/** An index without a name that pandas writes first. */
const ROW_NUMBER = /^(?:unnamed:?_?0|column_1|index|)$/;

export function plainName(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[\s.-]+/g, "_");
}

/** Lower is better; undefined: no name of a step. */
export function stepRank(name: string): number | undefined {
  const plain = plainName(name);
  const [whole, last] = [STEPS.indexOf(plain), STEPS.indexOf(plain.slice(plain.lastIndexOf("/") + 1))];
  if (whole !== -1) return whole * 2;
  return last === -1 ? undefined : last * 2 + 1;
}

export const isEpochName = (name: string): boolean => plainName(name) === "epoch";
export const isTimeName = (name: string): boolean => TIMES.includes(plainName(name));
export const isRunName = (name: string): boolean => RUN.test(plainName(name));
export const isMeasureName = (name: string): boolean => MEASURE.test(plainName(name));
export const isLabelName = (name: string): boolean => LABEL.test(plainName(name));
export const isValueName = (name: string): boolean => VALUE.test(plainName(name));
export const isErrorName = (name: string): boolean => ERROR.test(plainName(name));
export const isItemsName = (name: string): boolean => ITEMS.test(plainName(name));
export const isRowNumberName = (name: string): boolean => ROW_NUMBER.test(plainName(name));

/** What a column of splits says, whatever it is called. */
export const isSplit = (value: string): boolean =>
  /^(?:train(?:ing)?|val(?:id(?:ation)?)?|dev|test(?:ing)?|eval(?:uation)?|holdout|ood)$/i.test(value);

/** The column that this one is the standard error of, among `names`. */
export function maybeErrorOf(name: string, names: ReadonlySet<string>): string | undefined {
  const match = /^(.+?)[_. -](?:std_?err(?:or)?|stderr|se|sem|standard_?error)(,[^,]*)?$/i.exec(name);
  const before = /^(?:std_?err|stderr|se|sem)[_. -](.+)$/i.exec(name);
  for (const base of [match && `${match[1]}${match[2] ?? ""}`, before?.[1]]) if (base && names.has(base)) return base;
  return undefined;
}

/** The column that this one is the standard deviation over items of, among `names`: `sd_x` or `x_std` of `x` or `mean_x`. */
export function maybeDeviationOf(name: string, names: ReadonlySet<string>): string | undefined {
  const base = /^(?:sd|std|stdev)[_. -](.+)$/i.exec(name)?.[1] ?? /^(.+)[_. -](?:sd|std|stdev)$/i.exec(name)?.[1];
  if (base === undefined) return undefined;
  return [base, `mean_${base}`, `${base}_mean`].find((candidate) => names.has(candidate));
}

/** wandb's exports give the least and the greatest of what a chart's point stands for. */
export function isExtremeOf(name: string, names: ReadonlySet<string>): boolean {
  const base = /^(.+)__(?:MIN|MAX)$/.exec(name)?.[1];
  return base !== undefined && names.has(base);
}
