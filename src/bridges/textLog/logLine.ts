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
  /** Where the line states one; also among the values. */
  readonly epoch?: number;
  readonly values: readonly (readonly [name: string, value: number])[];
}

const NUMBER = String.raw`[+-]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|nan|NaN|inf|Infinity)`;
const UNIT = `(?:ms|us|µs|secs?|s|min|h|%|[kKMGB](?![A-Za-z]))`;
const END = String.raw`(?=$|[\s,;|()\[\]])`;
const KEY = String.raw`[A-Za-z_][\w./@#-]*(?: [A-Za-z_][\w./@#-]*){0,5}(?: ?\((?:ms|s|sec|%)\))?`;
const PAIR = new RegExp(String.raw`(${KEY})\s*[:=]\s*(${NUMBER})\s?(${UNIT})?${END}`, "g");
const STEP_NAME = "global[ _]step|train[ _]step|step|iteration|iter|it|update";
const STEP = new RegExp(
  String.raw`(?:^|[\s,;|])(${STEP_NAME}|s)(\s*[:=#]\s*\[?\s*|\s+\[?\s*|\[\s*)(\d{1,15})(?:\s*/\s*(\d{1,15}))?(?=$|[\s,;|:\])])`,
  "i",
);
/** `Epoch [1/5], `, `epoch 3 | `, `Epoch: [0]`. */
const EPOCH = /(?:^|[\s,;|])epoch\s{0,3}[:=#]?\s{0,3}\[?\s{0,3}(\d{1,9}(?:\.\d{1,9})?)(?:\s{0,3}\/\s{0,3}\d{1,9})?\]?/i;
/** Right behind an epoch in brackets: the step within it. */
const IN_EPOCH = /^\s{0,3}\[\s{0,9}(\d{1,15})\s{0,3}\/\s{0,3}(\d{1,15})\]/;
const BARE_PAIR = new RegExp(String.raw`^(${KEY})\s+(${NUMBER})\s?(${UNIT})?\s*(?:\(.*\))?$`);
const VALUE_FIRST = new RegExp(String.raw`^(${NUMBER})\s*(${UNIT}|tok(?:ens)?/s(?:ec)?|it/s)\s*([\w ]{0,30})$`);
/** Dates, levels, names of loggers and processes. */
const PREFIX =
  /^(?:\s|\[[^\]]{1,80}\]|\d{4}[-/]\d{2}[-/]\d{2}|\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?|T(?=\d)|Z|[-|:,](?=\s)|(?:INFO|DEBUG|WARNING|root|__main__)\b|[\w.]{1,60}(?= - (?:INFO|DEBUG|WARNING))|rank ?\d+:?)+/i;
const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*[A-Za-z]`, "g");
const LINE_CHARACTERS_AT_MOST = 4096;

/** undefined: no step, or nothing measured. */
export function maybeLogLine(line: string): LogLine | undefined {
  if (line.length > LINE_CHARACTERS_AT_MOST || !/\d/.test(line)) return undefined;
  const { text, epoch, inEpoch } = withoutEpoch(withoutPrefix(line));
  const step = inEpoch ?? maybeStep(text);
  if (step === undefined) return undefined;
  const [before, after] = [text.slice(0, step.start), text.slice(step.end)];
  // What stands before the step must itself be pairs, from the line's start on.
  if (/[^\s,;|\]]/.test(before) && !startsWithPair(before)) return undefined;
  const values = [...valuesIn(before), ...valuesIn(after.replace(/^\s*[\]:|,-]+/, ""))];
  const isLlmC = step.name === "s";
  if (values.length === 0 || (isLlmC && !values.some(([name]) => LLM_C.has(name)))) return undefined;
  const named = isLlmC ? values.map(([name, value]): [string, number] => [LLM_C.get(name) ?? name, value]) : values;
  return {
    step: step.step,
    ...(step.total !== undefined && { totalSteps: step.total }),
    ...(epoch !== undefined && { epoch }),
    values: epoch === undefined ? named : [["epoch", epoch], ...named],
  };
}

interface StatedStep {
  readonly name: string;
  readonly step: number;
  readonly total?: number;
  /** In the text. */
  readonly start: number;
  readonly end: number;
}

function maybeStep(text: string): StatedStep | undefined {
  const found = STEP.exec(text);
  if (found === null) return undefined;
  const [whole, name, , step, total] = found;
  const { index: start } = found;
  return {
    name,
    step: Number(step),
    ...(total !== undefined && { total: Number(total) }),
    start,
    end: start + whole.length,
  };
}

function withoutEpoch(text: string): { text: string; epoch?: number; inEpoch?: StatedStep } {
  const found = EPOCH.exec(text);
  if (found === null) return { text };
  const [before, after] = [text.slice(0, found.index), text.slice(found.index + found[0].length)];
  const epoch = Number(found[1]);
  const bracket = IN_EPOCH.exec(after);
  if (bracket === null) return { text: `${before} ${after.replace(/^\s*[:,|]/, "")}`, epoch };
  const inEpoch = {
    name: "step",
    step: Number(bracket[1]),
    total: Number(bracket[2]),
    start: before.length,
    end: before.length,
  };
  return { text: before + after.slice(bracket[0].length), epoch, inEpoch };
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
  for (const field of fieldsIn(text)) {
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

/** Between tabs, several spaces only align the numbers. */
function fieldsIn(text: string): string[] {
  if (text.includes("\t")) return text.split(/[\t|;]|,(?!\d{3}(?!\d))/).map((field) => field.replace(/\s+/g, " "));
  return text.replace(/([:=])\s+/g, "$1 ").split(/,(?!\d{3}(?!\d))|[|;]|\s{2,}|\s-\s/);
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
