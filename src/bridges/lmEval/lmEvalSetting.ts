/**
 * @file What one file of lm-evaluation-harness says of the model, its checkpoint and the way it was evaluated.
 *
 * The step is taken from what the evaluator itself loaded, then from names: revision, path of the weights, iteration of a
 * NeoX configuration, file name, folder, and last a bare number at the end of the file's name. `steps` holds all that were
 * said, so that disagreement can be reported; the first is the one to use.
 */
import type { EvaluationContext, Json } from "../../core/index.ts";
import { isJsonObject } from "../jsonFile.ts";
import { maybeBareNumber, maybeStepInFolders, maybeStepInName, withoutStep } from "../stepNames.ts";

export interface StatedStep {
  readonly source: string;
  readonly step: number;
}

export interface EvaluationSetting {
  /** Without its step; undefined: not stated. */
  readonly model?: string;
  readonly revision?: string;
  readonly shots?: number;
  readonly limit?: number;
  readonly steps: readonly StatedStep[];
  /** Epoch milliseconds of the evaluation; NaN: not stated. */
  readonly wallMs: number;
  /** What the points of this file have in common. */
  readonly shared: EvaluationContext;
  /** Flat. */
  readonly configuration: Readonly<Record<string, Json>>;
}

type Fields = Readonly<Record<string, unknown>>;

export function settingOf(document: Fields, relative: string): EvaluationSetting {
  const config = isJsonObject(document.config) ? document.config : {};
  const args = argumentsOf(config.model_args ?? document.model_args);
  const weights =
    text(args.pretrained) ?? text(args.load) ?? text(args.save) ?? text(document.model_name) ?? text(config.model_name);
  const revision = text(args.revision) ?? text(config.model_revision);
  const model = weights === undefined ? undefined : modelOf(weights);
  const shots = number(config.num_fewshot);
  const limit = number(config.limit);
  const date = number(document.date);
  return {
    ...(model !== undefined && { model }),
    ...(revision !== undefined && { revision }),
    ...(shots !== undefined && { shots }),
    ...(limit !== undefined && { limit }),
    steps: stepsOf({
      revision,
      weights: [weights, text(args.peft), text(args.delta)],
      iteration: args.iteration,
      relative,
    }),
    wallMs: date === undefined ? Number.NaN : date * 1000,
    shared: sharedContext({ document, config, model, revision, limit }),
    configuration: configurationOf(config, args),
  };
}

/** Without its step, which may be a folder of digits: `out/run7/1000`. */
function modelOf(weights: string): string {
  const path = maybeStepInName(weights) === undefined ? weights.replace(NUMBERED_FOLDER, "") : withoutStep(weights);
  return path.replace(/\/+$/, "") || weights;
}

const NUMBERED_FOLDER = /\/\d{1,15}\/*$/;

/** `key=value,key=value`, or what is an object already (NeoX: the whole training configuration). */
function argumentsOf(value: unknown): Fields {
  if (isJsonObject(value)) return value;
  if (typeof value !== "string") return {};
  const pairs = value.split(",").flatMap((pair): [string, string][] => {
    const equals = pair.indexOf("=");
    return equals < 1 ? [] : [[pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()]];
  });
  return Object.fromEntries(pairs);
}

interface StepEvidence {
  readonly revision: string | undefined;
  readonly weights: readonly (string | undefined)[];
  readonly iteration: unknown;
  readonly relative: string;
}

function stepsOf({ revision, weights, iteration, relative }: StepEvidence): StatedStep[] {
  const name = relative.slice(relative.lastIndexOf("/") + 1);
  const candidates: [string, number | undefined][] = [
    ["revision", revision === undefined ? undefined : (maybeStepInName(revision) ?? maybeDigits(revision))],
    ...weights.map((path): [string, number | undefined] => [
      "path of the weights",
      path === undefined ? undefined : (maybeStepInName(path) ?? maybeDigits(NUMBERED_FOLDER.exec(path)?.[0] ?? "")),
    ]),
    ["iteration of the configuration", number(iteration)],
    ["file name", maybeStepInName(name)],
    ["folder", maybeStepInFolders(relative)],
  ];
  const steps = candidates.flatMap(([source, step]) => (step === undefined ? [] : [{ source, step }]));
  const bare = steps.length === 0 ? maybeBareNumber(name) : undefined;
  return bare === undefined ? steps : [{ source: "number at the end of the file name", step: bare }];
}

/** A name that is nothing but a number. */
function maybeDigits(name: string): number | undefined {
  const digits = /^\/?(\d{1,15})\/*$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

interface ContextParts {
  readonly document: Fields;
  readonly config: Fields;
  readonly model: string | undefined;
  readonly revision: string | undefined;
  readonly limit: number | undefined;
}

function sharedContext({ document, config, model, revision, limit }: ContextParts): EvaluationContext {
  const version = text(document.lm_eval_version) ?? text(document.git_hash);
  const prompt = text(document.chat_template_sha) ?? text(document.system_instruction_sha);
  const details = plain({
    backend: config.model,
    batchSize: config.batch_size,
    bootstrapIterations: config.bootstrap_iters,
    dtype: config.model_dtype,
    seed: config.seed ?? config.random_seed,
    fewshotSeed: config.fewshot_seed,
    gitHash: document.git_hash,
    transformersVersion: document.transformers_version,
    fewshotAsMultiturn: document.fewshot_as_multiturn,
    systemInstruction: document.system_instruction_sha,
  });
  return {
    evaluator: isPromptsource(document) ? "bigscience/lm-evaluation-harness" : "lm-evaluation-harness",
    ...(version !== undefined && { evaluatorVersion: version }),
    ...(prompt !== undefined && { prompt }),
    ...(limit !== undefined && { limit }),
    ...(model !== undefined && { model }),
    ...(revision !== undefined && { revision }),
    ...(Object.keys(details).length > 0 && { details }),
  };
}

function isPromptsource({ results, table_results: table }: Fields): boolean {
  return Array.isArray(results) || isJsonObject(table);
}

/** Of the evaluator and of the model, without what changes from checkpoint to checkpoint and the text of files. */
function configurationOf(config: Fields, args: Fields): Record<string, Json> {
  const { model_args: _, model_revision: __, model_sha: ___, ...rest } = config;
  const { iteration, revision, config_files, ...stable } = args;
  const flat = new Map<string, Json>();
  flatten(rest, "", flat);
  flatten(stable, "model_args", flat);
  return Object.fromEntries(flat);
}

function flatten(value: unknown, name: string, into: Map<string, Json>, depth = 0): void {
  if (isJsonObject(value) && depth < 6)
    for (const [key, member] of Object.entries(value))
      flatten(member, name === "" ? key : `${name}.${key}`, into, depth + 1);
  else if (value !== null && value !== undefined) into.set(name, value as Json);
}

function plain(values: Fields): Record<string, Json> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, Json] => entry[1] != null));
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
