/**
 * @file What is known of a measure from its name alone, and what its values add.
 *
 * Inferred, and on what ground:
 * - kind (direction, family, and unit and range where the word implies them) from the last word that names one: "loss",
 *   "perplexity", "acc_norm", "learning_rate" …: measureNames/kinds.ts, which also lists the words that forbid a reading;
 * - chance level, and the families bias, safety, robustness, from the task where the name has a well-known one:
 *   measureNames/tasks.ts; on accuracies only, since it says nothing of a loss;
 * - family robustness from "worst", "group", "robust…", "ood", "corrupt…", an attack's name; memorization from "canary", "memoriz…":
 *   then the direction is neutral, because a low loss on a canary is not a good model;
 * - a scale (0–1 or 0–100) of accuracies and other shares only from the values, or from lm-evaluation-harness's and OLMo's own
 *   metric names, which are always 0–1.
 * A name that says nothing gives an empty object. Standard errors, gaps, ratios and weights of a measure are not the measure.
 */
import type { MeasureSpec } from "./measure.ts";
import {
  BOOKKEEPING,
  FORBIDDEN_AFTER,
  FORBIDDEN_ANYWHERE_BEFORE,
  FORBIDDEN_BEFORE,
  MEASURE_KINDS,
  type MeasureKind,
  PARAMETER,
  SOFT_KINDS,
} from "./measureNames/kinds.ts";
import { KNOWN_TASKS, type KnownTask } from "./measureNames/tasks.ts";

const ROBUSTNESS =
  /_(?:worst|worst_?group|group_?\w*|robust\w*|ood|corrupt\w*|pgd|fgsm|auto_?attack|adv|adversarial)(?=_)/;
const MEMORIZATION = /_(?:canary|canaries|memori[sz]\w*|verbatim|membership)(?=_)/;
const PERCENT = /_(?:percent|percentage|pct)(?=_)/;
/** Metric names of one tool whose scale is fixed, after a task or under the tool's prefix. */
const ALWAYS_A_SHARE =
  /\/(?:acc|acc_norm|acc_mutual_info|exact_match)(?:,[\w-]+)?$|downstream\w*\/\w+_(?:acc|len_norm)$/;

/** @throws nothing; an unknown name gives {}. */
export function knownMeasure(name: string): Partial<MeasureSpec> {
  return readName(name).spec;
}

/**
 * What the name says, checked against the values: a share gets its scale from them (all of them in 0…1: a share; else all in
 * 0…100: percent, with chance in percent), and a range that they leave is dropped. A series in percent that never
 * passes 1 would be read as a share. Non-finite values are not looked at; with none finite the name alone counts.
 */
export function specFor(name: string, values: ArrayLike<number>): Partial<MeasureSpec> {
  const { spec, isShare } = readName(name);
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  if (low > high) return spec;
  const { range, chance, unit, ...rest } = spec;
  if (!isShare) return fits(range, low, high) ? spec : { ...rest, ...defined({ chance, unit }) };
  if (low < 0 || high > 100) return rest;
  const isPercent = high > 1 || PERCENT.test(wordsOf(name));
  return {
    ...rest,
    unit: isPercent ? "percent" : "share",
    range: [0, isPercent ? 100 : 1],
    ...(chance === undefined ? {} : { chance: isPercent ? chance * 100 : chance }),
  };
}

/** True where the name is of a clock, a counter, a size or a speed of the job rather than of the model: "epoch", "eval_runtime". */
export function isBookkeeping(name: string): boolean {
  return Object.keys(readName(name).spec).length === 0 && BOOKKEEPING.test(wordsOf(name));
}

function readName(name: string): { spec: Partial<MeasureSpec>; isShare: boolean } {
  const words = wordsOf(name);
  const task = KNOWN_TASKS.find(({ pattern }) => pattern.test(plainWordsOf(name)));
  const kind = kindOf(words, wordsOf(name.slice(name.lastIndexOf("/") + 1)).length);
  if (kind === undefined)
    return { spec: task?.family === undefined ? {} : familyOnly(words, task.family), isShare: false };
  const isShare = kind.isShare === true;
  const family = familyOf(words, kind, task);
  const chance = chanceOf(kind, task);
  const spec: Partial<MeasureSpec> = {
    ...kind.spec,
    ...(family === undefined ? {} : { family }),
    ...(family === "memorization" && kind.spec.family !== "memorization" ? { direction: "neutral" } : {}),
    ...(chance === undefined ? {} : { chance }),
    ...(isShare && ALWAYS_A_SHARE.test(name) && task !== undefined ? { unit: "share", range: [0, 1] } : {}),
  };
  return { spec, isShare };
}

/** `lastLength`: of the words after the last slash; what stands before them (a task's name) cannot forbid. */
function kindOf(words: string, lastLength: number): MeasureKind | undefined {
  const kinds = words.includes("_downstream_soft_") ? [...MEASURE_KINDS, ...SOFT_KINDS] : MEASURE_KINDS;
  let best: { kind: MeasureKind; start: number; end: number } | undefined;
  for (const kind of kinds)
    for (const match of words.matchAll(kind.pattern)) {
      const start = match.index;
      const end = start + match[0].length;
      if (best === undefined || end > best.end || (end === best.end && start < best.start)) best = { kind, start, end };
    }
  if (best === undefined) return undefined;
  const { kind, start, end } = best;
  const isOfParameter = kind.spec.family === "optimization";
  const after = words.slice(end).split("_");
  if (after.some((word) => FORBIDDEN_AFTER.test(word) && !(isOfParameter && PARAMETER.test(word)))) return undefined;
  const before = words.slice(Math.min(words.length - lastLength, start), start);
  if (FORBIDDEN_ANYWHERE_BEFORE.test(before)) return undefined;
  return FORBIDDEN_BEFORE.test(before.split("_").at(-2) ?? "") ? undefined : kind;
}

function familyOf(words: string, { spec, isShare }: MeasureKind, task?: KnownTask): MeasureSpec["family"] | undefined {
  const { family } = spec;
  if (family === "optimization" || family === "mechanism") return family;
  if (MEMORIZATION.test(words)) return "memorization";
  if (family !== "capability" && family !== "loss") return family ?? task?.family;
  const isRight = isShare === true && family === "capability";
  if (ROBUSTNESS.test(words) && (isRight || /_worst_?group_/.test(words))) return "robustness";
  return isRight ? (task?.family ?? family) : family;
}

/** A well-known task's measure of an unknown kind: a standard error is not one. */
function familyOnly(words: string, family: MeasureSpec["family"]): Partial<MeasureSpec> {
  return words.split("_").some((word) => FORBIDDEN_AFTER.test(word)) ? {} : { family };
}

function chanceOf({ spec, chance }: MeasureKind, task?: KnownTask): number | undefined {
  if (chance === undefined || task?.chance === undefined) return spec.chance;
  return chance === "share" ? task.chance : task.chance > 0 ? Math.log(task.chance) : undefined;
}

function fits(range: MeasureSpec["range"] | undefined, low: number, high: number): boolean {
  return range === undefined || (low >= (range[0] ?? low) && high <= (range[1] ?? high));
}

function defined(fields: Partial<MeasureSpec>): Partial<MeasureSpec> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** "eval/CrossEntropyLoss" → "_eval_cross_entropy_loss_". */
function wordsOf(name: string): string {
  return plainWordsOf(name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2"));
}

function plainWordsOf(name: string): string {
  return `_${name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")}_`;
}
