/**
 * @file One line of a training log as a step and its numbers.
 *
 * Reads what training programs print, whatever the separators: `step:125/6200 val_loss:6.1 train_time:37ms`,
 * `iter 10: loss 2.3, time 33.1ms, mfu 5.00%`, `step 10/19560 | loss 7.6 (+nanz)| 120.34 ms | 45.6% bf16 MFU | 1234 tok/s`,
 * `loss=2.3 step=10`, `iteration 100/ 5000 | lm loss: 6.9E+00 | elapsed time per iteration (ms): 30.5 |`.
 *
 * The first pair must open the line (behind a date, a level, a logger's name), and the step must be digits: so a program's own
 * source code, which modern logs begin with, gives no points. A line without a step or without another number is none.
 * Durations are in milliseconds and carry `_ms`, shares in percent carry `_percent`. NaN and inf are values.
 */

export interface LogLine {
  readonly step: number;
  /** The number after the slash; undefined: not stated. */
  readonly totalSteps?: number;
  readonly values: readonly (readonly [name: string, value: number])[];
}

const NUMBER = String.raw`[+-]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|nan|NaN|inf|Infinity)`;
const UNIT = `(?:ms|us|µs|secs?|s|min|h|%|[kKMGB](?![A-Za-z]))`;
const END = String.raw`(?=$|[\s,;|()\[\]])`;
const KEY = String.raw`[A-Za-z_][\w./@#-]*(?: [A-Za-z_][\w./@#-]*){0,5}(?: ?\((?:ms|s|sec|%)\))?`;
const PAIR = new RegExp(String.raw`(${KEY})\s*[:=]\s*(${NUMBER})\s?(${UNIT})?${END}`, "g");
const STEP_NAME = "global[ _]step|train[ _]step|step|iteration|iter|it|update";
const STEP = new RegExp(
  String.raw`(?:^|[\s,;|])(${STEP_NAME}|s)(\s*[:=#]\s*|\s+)(\d{1,15})(?:\s*/\s*(\d{1,15}))?(?=$|[\s,;|:\])])`,
  "i",
);
const BARE_PAIR = new RegExp(String.raw`^(${KEY})\s+(${NUMBER})\s?(${UNIT})?\s*(?:\(.*\))?$`);
const VALUE_FIRST = new RegExp(String.raw`^(${NUMBER})\s*(${UNIT}|tok(?:ens)?/s(?:ec)?|it/s)\s*([\w ]{0,30})$`);
/** Dates, levels, names of loggers and processes. */
const PREFIX =
  /^(?:\s|\[[^\]]{1,80}\]|\d{4}[-/]\d{2}[-/]\d{2}|\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?|T(?=\d)|Z|[-|:,](?=\s)|(?:INFO|DEBUG|WARNING|root|__main__)\b|rank ?\d+:?)+/i;
const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*[A-Za-z]`, "g");
const LINE_CHARACTERS_AT_MOST = 4096;

/** undefined: no step, or nothing measured. */
export function maybeLogLine(line: string): LogLine | undefined {
  if (line.length > LINE_CHARACTERS_AT_MOST || !/\d/.test(line)) return undefined;
  const text = withoutPrefix(line);
  const step = STEP.exec(text);
  if (step === null) return undefined;
  const [before, after] = [text.slice(0, step.index), text.slice(step.index + step[0].length)];
  // What stands before the step must itself be pairs, from the line's start on.
  if (before.trim() !== "" && !startsWithPair(before)) return undefined;
  const values = [...valuesIn(before), ...valuesIn(after.replace(/^\s*[:|,-]/, ""))];
  if (values.length === 0 || (step[1] === "s" && !values.some(([name]) => LLM_C.has(name)))) return undefined;
  return {
    step: Number(step[3]),
    ...(step[4] !== undefined && { totalSteps: Number(step[4]) }),
    values: values.map(([name, value]) => [step[1] === "s" ? (LLM_C.get(name) ?? name) : name, value]),
  };
}

/** What llm.c's main.log calls them. */
const LLM_C = new Map([
  ["tel", "val_loss"],
  ["trl", "train_loss"],
  ["eval", "eval_accuracy"],
]);

/** llm.c prints these between its step lines, without a step: they belong to the step printed last. */
export function maybeStepless(line: string): readonly [name: string, value: number] | undefined {
  const loss = new RegExp(`^val loss (${NUMBER})$`).exec(line);
  if (loss !== null) return ["val_loss", numberOf(loss[1])];
  const accuracy = new RegExp(String.raw`^HellaSwag: \d+/\d+ = (${NUMBER})$`).exec(line);
  return accuracy === null ? undefined : ["hellaswag_accuracy", numberOf(accuracy[1])];
}

function withoutPrefix(line: string): string {
  const shown = line.slice(line.lastIndexOf("\r") + 1).replace(ESCAPES, "");
  return shown.replace(PREFIX, "");
}

function startsWithPair(text: string): boolean {
  const [first] = text.matchAll(PAIR);
  return first !== undefined && text.slice(0, first.index).trim() === "";
}

function valuesIn(text: string): [string, number][] {
  const values: [string, number][] = [];
  for (const field of text.replace(/([:=])\s+/g, "$1 ").split(/,(?!\d{3}(?!\d))|[|;]|\s{2,}|\s-\s/)) {
    const trimmed = field.trim();
    if (trimmed === "") continue;
    const pairs = [...trimmed.matchAll(PAIR)];
    for (const [, key, number, unit] of pairs) values.push(named(key, numberOf(number), unit));
    if (pairs.length > 0) continue;
    const bare = BARE_PAIR.exec(trimmed);
    if (bare !== null) values.push(named(bare[1], numberOf(bare[2]), bare[3]));
    else {
      const first = VALUE_FIRST.exec(trimmed);
      if (first !== null) values.push(namedByUnit(numberOf(first[1]), first[2], first[3].trim()));
    }
  }
  return values;
}

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1e3,
  sec: 1e3,
  secs: 1e3,
  min: 6e4,
  h: 3.6e6,
};
const FACTORS: Readonly<Record<string, number>> = { k: 1e3, K: 1e3, M: 1e6, G: 1e9, B: 1e9 };

function named(key: string, value: number, unit: string | undefined): [string, number] {
  const stated = /^(.*?) ?\((ms|s|sec|%)\)$/.exec(key);
  const [name, ofUnit] = stated === null ? [key, unit] : [stated[1], stated[2]];
  const plain = name.trim().replace(/\s+/g, "_");
  if (ofUnit === undefined) return [plain, value];
  if (ofUnit === "%") return [`${plain}_percent`, value];
  if (ofUnit in FACTORS) return [plain, value * FACTORS[ofUnit]];
  return [plain.endsWith("_ms") ? plain : `${plain}_ms`, value * MS_PER_UNIT[ofUnit]];
}

function namedByUnit(value: number, unit: string, words: string): [string, number] {
  if (unit.startsWith("tok")) return ["tokens_per_second", value];
  if (unit === "it/s") return ["iterations_per_second", value];
  return named(unit === "%" ? words.split(" ").at(-1)!.toLowerCase() || "share" : words || "time", value, unit);
}

function numberOf(text: string): number {
  const plain = text.replaceAll(",", "");
  if (/nan$/i.test(plain)) return Number.NaN;
  if (/inf(inity)?$/i.test(plain)) return plain.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(plain);
}
